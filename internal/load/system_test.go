package load_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/load"
)

// part is a server that answers one path.
func part(t *testing.T, path, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != path {
			http.NotFound(w, r)
			return
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestLocate(t *testing.T) {
	const nothing = "http://127.0.0.1:1"
	comms := part(t, "/health", `{"status":"healthy","service":"comms","version":"1a2b"}`)
	for _, c := range []struct {
		name  string
		there load.Addresses
		given load.System
		where string // in words, or
		say   string // what the error says
	}{
		{"make run", load.Addresses{Comms: comms, Dapr: part(t, "/v1.0/healthz/outbound", "")}, load.System{}, "the processes of `make run`, comms 1a2b", ""},
		{"kind", load.Addresses{Comms: comms, Dapr: nothing}, load.System{}, "the kind cluster, comms 1a2b", ""},
		{"given", load.Addresses{Comms: nothing, Dapr: nothing}, load.System{Target: "https://example.com/greet"}, "the system behind the given URL", ""},
		{"nothing", load.Addresses{Comms: nothing, Dapr: nothing}, load.System{}, "", "make cluster deploy"},
		{"somebody else", load.Addresses{Comms: part(t, "/health", `{"service":"other"}`), Dapr: nothing}, load.System{}, "", "is not comms"},
		{"somebody who knows no health", load.Addresses{Comms: part(t, "/", ""), Dapr: nothing}, load.System{}, "", "404"},
		{"no URL", load.Addresses{Comms: comms, Dapr: nothing}, load.System{Target: "127.0.0.1:8080"}, "", "is not a URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.there.Jaeger, c.there.OTLP = "http://jaeger", "http://otlp"
			s, err := load.Locate(t.Context(), c.there, c.given)
			if (err != nil) != (c.say != "") || err != nil && !strings.Contains(err.Error(), c.say) {
				t.Fatalf("error %v, want %q in it", err, c.say)
			}
			if err != nil {
				return
			}
			if s.Where != c.where || s.TraceAPI != "http://jaeger" || s.OTLP != "http://otlp" || !strings.HasSuffix(s.Target, "/greet") {
				t.Errorf("%+v, want it to be %s", s, c.where)
			}
		})
	}
}
