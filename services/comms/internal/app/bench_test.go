package app

import (
	"context"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/comms/internal/httpapi"
)

type instantGreeter struct{}

func (instantGreeter) Greet(context.Context, string) (greeting.Greeting, error) {
	return greeting.Greeting{Message: "Hello, Ada from greeter!", Service: "greeter", MadeAt: time.Unix(1, 0)}, nil
}

// nowhere is a response writer that costs nothing itself.
type nowhere struct{ header http.Header }

func (n nowhere) Header() http.Header         { return n.header }
func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (n nowhere) WriteHeader(int)             {}

// BenchmarkGreet measures what comms itself costs per request: routing, decoding,
// the core, encoding and the log line, without a network.
func BenchmarkGreet(b *testing.B) {
	var settings httpserver.Settings
	settings.Bind(flag.NewFlagSet("bench", flag.ContinueOnError))
	log := settings.Logger(io.Discard, greeting.Service)
	server := httpserver.New(settings, greeting.Service, log)
	httpapi.Register(server.Engine, greeting.New(instantGreeter{}, time.Second), log)
	body := strings.NewReader("")
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "/greet", body)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	b.ReportAllocs()
	for b.Loop() {
		body.Reset(`{"name":"Ada"}`)
		w := nowhere{header: http.Header{}}
		server.Engine.ServeHTTP(w, r)
	}
}
