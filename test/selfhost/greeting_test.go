package selfhost

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// transports are comms' two ways to its sidecar; what is promised holds over both.
var transports = []string{"grpc", "http"}

// TestSystem runs every case against one system for each transport; the cases that take
// greeter away put it back.
func TestSystem(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name string
		run  func(*testing.T, *system)
	}{
		{"greeting", testGreeting},
		{"bad input", testBadInput},
		{"200 concurrent callers", testConcurrentCallers},
		{"caller's trace", testCallersTrace},
		{"no trace context", testNoTraceContext},
		{"malformed trace context", testMalformedTraceContext},
		{"unsampled", testUnsampled},
		{"through comms' own sidecar", testThroughOwnSidecar},
		{"through another sidecar", testThroughOtherSidecar},
		{"trace context reaches greeter", testTraceContextReachesGreeter},
		{"greeter answers 4xx", testGreeterRejects},
		{"greeter answers 5xx", testGreeterFails},
		{"greeter is slow", testSlowGreeter},
		{"greeter is killed and comes back", testGreeterKilled},
		{"greeter's sidecar is killed and comes back", testGreeterSidecarKilled},
		{"SIGTERM with a request in flight", testDrain},
	}
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			s := start(t, selfhost.Options{Transport: transport})
			for _, c := range cases {
				s.run(t, c.name, c.run)
			}
		})
	}
}

func testGreeting(t *testing.T, s *system) {
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada")
	if err := greet.FromGreeter(a, "Ada"); err != nil || a.Source() != "greeter" {
		t.Errorf("%v, source %q", err, a.Source())
	}
	direct := mustGreet(t, s.URL(selfhost.Greeter), "Ünï 🚢")
	if err := greet.FromGreeter(direct, "Ünï 🚢"); err != nil || direct.Source() != "" {
		t.Errorf("%v, source %q", err, direct.Source())
	}
}

func testBadInput(t *testing.T, s *system) {
	for _, part := range []string{selfhost.Comms, selfhost.Greeter} {
		for _, err := range greet.CheckRejections(t.Context(), s.URL(part)) {
			t.Errorf("%s: %v", part, err)
		}
	}
}

func testConcurrentCallers(t *testing.T, s *system) {
	const callers = 200
	errs := make(chan error, callers)
	for i := range callers {
		go func() {
			name := fmt.Sprintf("caller %d", i)
			a, err := greet.Ask(t.Context(), s.URL(selfhost.Comms), name)
			if err == nil {
				err = greet.FromGreeter(a, name)
			}
			errs <- err
		}()
	}
	for range callers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestTokens sets both API tokens, which the Go SDK is known to lose trace context over.
func TestTokens(t *testing.T) {
	t.Parallel()
	for _, transport := range transports {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			const appToken = "dapr-api-token: app-secret"
			s := start(t, selfhost.Options{Transport: transport, DaprToken: "sidecar-secret", AppToken: "app-secret"})
			comms := s.URL(selfhost.Comms)
			if a := mustGreet(t, comms, "Eve"); a.Status != http.StatusUnauthorized {
				t.Errorf("without the token: %d %s, want 401", a.Status, a.Body)
			}
			if a := mustGreet(t, comms, "Eve", "dapr-api-token: sidecar-secret"); a.Status != http.StatusUnauthorized {
				t.Errorf("with the sidecar's token: %d %s, want 401", a.Status, a.Body)
			}
			if a := mustGreet(t, s.URL(selfhost.CommsDapr)+"/v1.0/invoke/greeter/method", "Eve"); a.Status != http.StatusUnauthorized {
				t.Errorf("sidecar without its token: %d %s, want 401", a.Status, a.Body)
			}
			expectTrace(t, s, goldentraces.Greet, comms, appToken)
		})
	}
}
