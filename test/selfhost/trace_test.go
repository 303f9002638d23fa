package selfhost

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// settle is how long a trace must stay as it should be: every sidecar has sent its spans
// by then, also those that should not be there.
const settle = 4 * selfhost.SpanDelay

func jaeger(s *system) *traces.Client {
	return traces.NewClient(s.URL(selfhost.Jaeger))
}

// expectTrace greets url as a traced caller and expects greeter's answer and exactly the
// tree want in the caller's trace, with the caller's span on top.
func expectTrace(t *testing.T, s *system, want, url string, headers ...string) {
	t.Helper()
	c := greet.NewCaller()
	a := mustGreet(t, url, "Ada", append(headers, c.Traceparent("01"))...)
	if err := greet.FromGreeter(a, "Ada"); err != nil {
		t.Fatal(err)
	}
	expectTree(t, s, want, c)
}

func expectTree(t *testing.T, s *system, want string, c greet.Caller) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	trace, err := jaeger(s).WaitGolden(ctx, c.TraceID, want, c.SpanID, settle)
	if err != nil {
		t.Fatal(err)
	}
	if root := trace.Roots[0]; root.ParentID != c.SpanID {
		t.Errorf("the topmost span's parent is %q, want the caller's span %s", root.ParentID, c.SpanID)
	}
}

func testCallersTrace(t *testing.T, s *system) {
	expectTrace(t, s, goldentraces.Greet, s.URL(selfhost.Comms))
}

func testThroughOwnSidecar(t *testing.T, s *system) {
	expectTrace(t, s, goldentraces.GreetOwnSidecar, s.URL(selfhost.CommsDapr)+"/v1.0/invoke/comms/method")
}

func testThroughOtherSidecar(t *testing.T, s *system) {
	expectTrace(t, s, goldentraces.GreetOtherSidecar, s.URL(selfhost.GreeterDapr)+"/v1.0/invoke/comms/method")
}

func testNoTraceContext(t *testing.T, s *system) {
	expectOneNewTrace(t, s)
}

func testMalformedTraceContext(t *testing.T, s *system) {
	c := greet.NewCaller()
	expectOneNewTrace(t, s, fmt.Sprintf("traceparent: 00-%s-%s-xx", c.TraceID, c.SpanID))
	if _, err := jaeger(s).ByID(t.Context(), c.TraceID); !errors.Is(err, traces.ErrNotFound) {
		t.Errorf("error %v for the malformed header's trace id, want that there is no such trace", err)
	}
}

// expectOneNewTrace greets comms and expects exactly one trace since, whole and with a
// root of its own.
func expectOneNewTrace(t *testing.T, s *system, headers ...string) {
	t.Helper()
	begin := time.Now()
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada", headers...)
	if err := greet.FromGreeter(a, "Ada"); err != nil {
		t.Fatal(err)
	}
	var newest traces.Trace
	eventually(t, func() (err error) {
		newest, err = jaeger(s).Newest(t.Context(), begin)
		return err
	})
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	if _, err := jaeger(s).WaitGolden(ctx, newest.ID, goldentraces.Greet, "", settle); err != nil {
		t.Fatal(err)
	}
	all, err := jaeger(s).Since(t.Context(), begin, 100)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Errorf("%d traces of one request, want 1", len(all))
	}
}

// testUnsampled sends an unsampled request and then a sampled one: when the second one's
// spans have arrived and nothing more comes, the first one's never will.
func testUnsampled(t *testing.T, s *system) {
	unsampled := greet.NewCaller()
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada", unsampled.Traceparent("00"))
	if err := greet.FromGreeter(a, "Ada"); err != nil {
		t.Fatal(err)
	}
	expectTrace(t, s, goldentraces.Greet, s.URL(selfhost.Comms))
	if trace, err := jaeger(s).ByID(t.Context(), unsampled.TraceID); !errors.Is(err, traces.ErrNotFound) {
		t.Errorf("error %v for an unsampled trace, want that there is none; got\n%s", err, trace.Golden())
	}
}

func testTraceContextReachesGreeter(t *testing.T, s *system) {
	var got http.Header
	replaceGreeter(t, s, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Clone()
		greeting(w)
	})
	c := greet.NewCaller()
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada", c.Traceparent("01"), "tracestate: vendor=1", "baggage: user=ada")
	if a.Source() != "greeter" {
		t.Fatalf("%d %s from %q", a.Status, a.Body, a.Source())
	}
	var trace, span, flags string
	if _, err := fmt.Sscanf(got.Get("Traceparent"), "00-%32s-%16s-%2s", &trace, &span, &flags); err != nil || trace != c.TraceID || span == c.SpanID || flags != "01" {
		t.Errorf("greeter got traceparent %q, want a sidecar's span in trace %s", got.Get("Traceparent"), c.TraceID)
	}
	tracestate := "vendor=1"
	if s.transport == "grpc" {
		// Dapr 1.18 reads it from gRPC metadata and drops it (pkg/diagnostics/grpc_tracing.go
		// throws the result of WithTraceState away). When this fails, Dapr was mended.
		tracestate = ""
	}
	if got.Get("Tracestate") != tracestate || got.Get("Baggage") != "user=ada" {
		t.Errorf("greeter got tracestate %q and baggage %q", got.Get("Tracestate"), got.Get("Baggage"))
	}
}
