package selfhost

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// lookUp finds a value in rendered YAML, by a YAML path such as $.spec.tracing.
func lookUp(t *testing.T, rendered []byte, path string) string {
	t.Helper()
	p, err := yaml.PathString(path)
	if err != nil {
		t.Fatal(err)
	}
	var value string
	if err := p.Read(strings.NewReader(string(rendered)), &value); err != nil {
		t.Fatalf("%s: %v in\n%s", path, err, rendered)
	}
	return value
}

func TestDaprConfiguration(t *testing.T) {
	const odd = `/tmp/with space/"quote".db`
	for _, c := range []struct{ name, otlp, rate string }{
		{"traced", "127.0.0.1:4318", "1"},
		{"not traced", "", "0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rendered, err := renderDapr(c.otlp, odd)
			if err != nil {
				t.Fatal(err)
			}
			if got := lookUp(t, rendered, "$.spec.tracing.samplingRate"); got != c.rate {
				t.Errorf("sampling rate %q, want %q", got, c.rate)
			}
			if got := lookUp(t, rendered, "$.spec.nameResolution.configuration.connectionString"); got != odd {
				t.Errorf("connection string %q, want %q", got, odd)
			}
			if c.otlp != "" {
				if got := lookUp(t, rendered, "$.spec.tracing.otel.endpointAddress"); got != c.otlp {
					t.Errorf("endpoint %q, want %q", got, c.otlp)
				}
			} else if strings.Contains(string(rendered), "otel") {
				t.Errorf("spans have somewhere to go:\n%s", rendered)
			}
		})
	}
}

func TestEverythingListensOnLoopback(t *testing.T) {
	rendered, err := renderJaeger(DefaultPorts())
	if err != nil {
		t.Fatal(err)
	}
	endpoints := 0
	for line := range strings.Lines(string(rendered)) {
		if address, ok := strings.CutPrefix(strings.TrimSpace(line), "endpoint: "); ok {
			endpoints++
			host, _, err := net.SplitHostPort(address)
			if err != nil || !net.ParseIP(host).IsLoopback() {
				t.Errorf("jaeger listens on %s", address)
			}
		}
	}
	if endpoints != 3 {
		t.Errorf("jaeger has %d endpoints, want its query over HTTP and gRPC, and OTLP", endpoints)
	}
	args := sidecar{}.args()
	for _, name := range []string{"--dapr-listen-addresses", "--dapr-internal-grpc-listen-address"} {
		if i := slices.Index(args, name); i < 0 || args[i+1] != loopback {
			t.Errorf("daprd's %s is not %s in %q", name, loopback, args)
		}
	}
}

func TestPortsAreResolved(t *testing.T) {
	var ports Ports
	reserved, err := ports.resolve(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer reserved.release()
	seen := map[int]bool{}
	for _, s := range ports.Settings() {
		if *s.Port < 1024 || *s.Port > 32767 || seen[*s.Port] {
			t.Errorf("%s got port %d of %v", s.Name, *s.Port, ports)
		}
		seen[*s.Port] = true
	}
}

func TestPortOfAnExternalPartMayBeInUse(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", loopback+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ports := Ports{Greeter: listener.Addr().(*net.TCPAddr).Port}
	if _, err := ports.resolve(t.Context(), nil); err == nil {
		t.Error("a port in use was accepted for a part of ours")
	}
	reserved, err := ports.resolve(t.Context(), []string{Greeter})
	if err != nil {
		t.Fatal(err)
	}
	reserved.release()
}

func TestReservedPortsAreNotGivenTwice(t *testing.T) {
	t.Setenv("DRYDOCK_CACHE", t.TempDir()) // no other system of this machine has a block here
	first, err := reserve(firstFree)
	if err != nil || first == nil {
		t.Fatal(first, err)
	}
	if second, err := reserve(firstFree); err != nil || second != nil {
		t.Errorf("reserved twice: %v, %v", second, err)
	}
	first.release()
	again, err := reserve(firstFree)
	if err != nil || again == nil {
		t.Fatalf("not to be had after its release: %v, %v", again, err)
	}
	again.release()
}
