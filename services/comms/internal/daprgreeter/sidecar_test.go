package daprgreeter_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/services/comms/internal/daprgreeter"
)

// TestContractOnRealSidecars runs the contract over two daprd processes, with
// the token that the fake sidecar asks for too.
func TestContractOnRealSidecars(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts sidecars; run without -short")
	}
	answer := &switchboard{}
	greeter, comms := serve(t, answer), serve(t, http.NotFoundHandler()) // a sidecar is healthy once its app listens

	system, err := selfhost.Start(t.Context(), selfhost.Options{
		Ports:     selfhost.Ports{Greeter: greeter, Comms: comms},
		External:  []string{selfhost.Comms, selfhost.Greeter},
		DaprToken: sidecarToken,
		Progress:  t.Output(),
		Logs:      t.Output(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	at := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

	overHTTP := daprgreeter.NewHTTP(at(system.Ports().CommsDaprHTTP), "greeter", sidecarToken)
	t.Cleanup(func() { _ = overHTTP.Close() })
	overSDK, err := daprgreeter.NewSDK(at(system.Ports().CommsDaprGRPC), "greeter", sidecarToken)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = overSDK.Close() })

	t.Run("HTTP", func(t *testing.T) { testContract(t, rig{greeter: overHTTP, answer: answer, wholeProblem: true}) })
	t.Run("SDK", func(t *testing.T) { testContract(t, rig{greeter: overSDK, answer: answer, dropsTracestate: true}) })
}

// serve answers on a free port until the test ends, and returns the port.
func serve(t *testing.T, handler http.Handler) int {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).Port
}
