package daprgreeter_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/tracecontext"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
)

// The contract of the port greeting.Greeter, which each adapter must keep: over
// a fake sidecar (fake_test.go) and over real ones (sidecar_test.go). A case
// sets how greeter answers and says what the core must be told.

const (
	sidecarToken = "sidecar-token"
	traceparent  = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

// rig is an adapter that calls the greeter answer through sidecars. Its own
// answer is replaced by each case.
type rig struct {
	greeter greeting.Greeter
	answer  *switchboard
	// wholeProblem says whether a rejection's detail of any length arrives: over
	// gRPC a sidecar hands on 63 bytes of greeter's answer.
	wholeProblem bool
	// dropsTracestate says that the sidecar hands on no tracestate: from gRPC to
	// HTTP it goes through a binary header that has no room for it.
	dropsTracestate bool
}

// switchboard is a greeter whose behaviour can be exchanged.
type switchboard struct {
	handler atomic.Pointer[http.HandlerFunc]
}

// is sets the behaviour from now on.
func (s *switchboard) is(handler http.HandlerFunc) { s.handler.Store(&handler) }

func (s *switchboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.URL.Path != "/greet" { // sidecars probe
		http.NotFound(w, r)
		return
	}
	(*s.handler.Load())(w, r)
}

func respond(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const good = `{"message":"Hello, Ada from greeter!","service":"greeter","timestamp":"2026-01-02T03:04:05.678Z"}`

func testContract(t *testing.T, r rig) {
	t.Run("greeting", func(t *testing.T) {
		var asked struct{ body, contentType string }
		r.answer.is(func(w http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			asked.body, asked.contentType = string(body), req.Header.Get("Content-Type")
			respond(200, "application/json", good)(w, req)
		})
		got, err := r.greeter.Greet(t.Context(), `Ada "the" Ünï`)
		want := greeting.Greeting{Message: "Hello, Ada from greeter!", Service: "greeter", MadeAt: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
		if err != nil || got != want {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
		var request map[string]string
		if err := json.Unmarshal([]byte(asked.body), &request); err != nil || len(request) != 1 || request["name"] != `Ada "the" Ünï` {
			t.Errorf("greeter was asked %s (%v)", asked.body, err)
		}
		if asked.contentType != "application/json" {
			t.Errorf("content type %q", asked.contentType)
		}
	})

	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
	}{
		{"500", respond(500, "application/problem+json", `{"title":"Internal Server Error","status":500}`)},
		{"503", respond(503, "text/plain", "busy")},
		{"no JSON", respond(200, "application/json", "<html>")},
		{"no message", respond(200, "application/json", `{"service":"greeter","timestamp":"2026-01-02T03:04:05Z"}`)},
		{"no timestamp", respond(200, "application/json", `{"message":"Hello","service":"greeter"}`)},
		{"timestamp that is none", respond(200, "application/json", `{"message":"Hello","service":"greeter","timestamp":"noon"}`)},
		{"no content", respond(204, "application/json", "")},
		{"redirect", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(http.StatusTemporaryRedirect)
		}},
		{"endless", respond(200, "application/json", `{"message":"`+strings.Repeat("x", 1<<20)+`"}`)},
		{"cut off", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		t.Run("unavailable: "+tt.name, func(t *testing.T) {
			r.answer.is(tt.handler)
			_, err := r.greeter.Greet(t.Context(), "Ada")
			var rejection *greeting.Rejection
			if !errors.Is(err, greeting.ErrUnavailable) || errors.As(err, &rejection) {
				t.Errorf("error %v, want unavailable", err)
			}
		})
	}

	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		want    greeting.Rejection
		whole   bool // fits into 63 bytes, so that its detail arrives over gRPC too
	}{
		{"400", respond(400, "application/problem+json", `{"title":"Bad Request","status":400,"detail":"no"}`), greeting.Rejection{Status: 400, Title: "Bad Request", Detail: "no"}, true},
		{"422", respond(422, "application/problem+json", `{"title":"Own Title","status":422,"detail":"`+strings.Repeat("long ", 20)+`"}`), greeting.Rejection{Status: 422, Title: "Own Title", Detail: strings.Repeat("long ", 20)}, false},
		{"404 without a problem", respond(404, "text/plain", "404 page not found"), greeting.Rejection{Status: 404, Title: "Not Found"}, true},
		{"429", respond(429, "application/problem+json", `{"title":"Too Many Requests"}`), greeting.Rejection{Status: 429, Title: "Too Many Requests"}, true},
	} {
		t.Run("rejection: "+tt.name, func(t *testing.T) {
			r.answer.is(tt.handler)
			_, err := r.greeter.Greet(t.Context(), "Ada")
			var got *greeting.Rejection
			if !errors.As(err, &got) || errors.Is(err, greeting.ErrUnavailable) {
				t.Fatalf("error %v, want a rejection", err)
			}
			want := tt.want
			if !tt.whole && !r.wholeProblem {
				want.Title, want.Detail = http.StatusText(want.Status), "" // never a piece of it
			}
			if *got != want {
				t.Errorf("got %+v, want %+v", *got, want)
			}
		})
	}

	t.Run("time limit", func(t *testing.T) {
		release := make(chan struct{})
		defer close(release)
		r.answer.is(func(_ http.ResponseWriter, req *http.Request) {
			select {
			case <-release:
			case <-req.Context().Done():
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := r.greeter.Greet(ctx, "Ada"); !errors.Is(err, greeting.ErrUnavailable) {
			t.Errorf("error %v, want unavailable", err)
		}
	})

	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		release := make(chan struct{})
		defer close(release)
		r.answer.is(func(http.ResponseWriter, *http.Request) { cancel(); <-release })
		if _, err := r.greeter.Greet(ctx, "Ada"); err == nil || ctx.Err() == nil {
			t.Errorf("error %v, context %v", err, ctx.Err())
		}
	})

	t.Run("trace context", func(t *testing.T) {
		var got http.Header
		r.answer.is(func(w http.ResponseWriter, req *http.Request) {
			got = req.Header.Clone()
			respond(200, "application/json", good)(w, req)
		})
		tc := tracecontext.New([]string{traceparent}, []string{"vendor=1"}, []string{"user=ada"})
		if _, err := r.greeter.Greet(tracecontext.NewContext(t.Context(), tc), "Ada"); err != nil {
			t.Fatal(err)
		}
		// A real sidecar puts a span of its own into the parent's place, in the same trace.
		parent, err := tracecontext.ParseTraceparent(got.Get("traceparent"))
		if err != nil || parent.TraceID() != traceparent[3:35] || !parent.Sampled() {
			t.Errorf("greeter got traceparent %q (%v)", got.Get("traceparent"), err)
		}
		tracestate := "vendor=1"
		if r.dropsTracestate {
			tracestate = ""
		}
		if got.Get("tracestate") != tracestate || got.Get("baggage") != "user=ada" {
			t.Errorf("greeter got tracestate %q, want %q, baggage %q", got.Get("tracestate"), tracestate, got.Get("baggage"))
		}
	})

	t.Run("concurrent callers", func(t *testing.T) {
		r.answer.is(func(w http.ResponseWriter, req *http.Request) {
			var request struct{ Name string }
			_ = json.NewDecoder(req.Body).Decode(&request)
			respond(200, "application/json", strings.ReplaceAll(good, "Ada", request.Name))(w, req)
		})
		errs := make(chan error)
		for i := range 50 {
			go func() {
				name := fmt.Sprintf("caller%d", i)
				got, err := r.greeter.Greet(t.Context(), name)
				if err == nil && got.Message != "Hello, "+name+" from greeter!" {
					err = fmt.Errorf("%s got %q", name, got.Message)
				}
				errs <- err
			}()
		}
		for range 50 {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}
