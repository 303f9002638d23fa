package traces

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/test/goldentraces"
)

const (
	recordedID = "0af7651916cd43dd8448eb211c800003"
	callerID   = "b7ad6b7169203331"
)

// fakeJaeger answers with a recorded trace, and as Jaeger does for an unknown one; the
// first misses requests find nothing, as while spans are still on their way.
func fakeJaeger(t *testing.T, misses int32) (*Client, *atomic.Int32) {
	t.Helper()
	recorded, err := os.ReadFile("testdata/greet-other-sidecar.json")
	if err != nil {
		t.Fatal(err)
	}
	asked := &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := r.URL.Path == "/api/v3/traces" || r.URL.Path == "/api/v3/traces/"+recordedID
		if n := asked.Add(1); !known || n <= misses {
			http.Error(w, `{"error":{"httpCode":404,"message":"No traces found"}}`, http.StatusNotFound)
			return
		}
		w.Write(recorded) //nolint:errcheck // the client would see it
	}))
	t.Cleanup(server.Close)
	return NewClient(server.URL + "/"), asked
}

func TestRecordedTrace(t *testing.T) {
	client, _ := fakeJaeger(t, 0)
	trace, err := client.ByID(t.Context(), recordedID)
	if err != nil {
		t.Fatal(err)
	}
	if difference := Compare(goldentraces.GreetOtherSidecar, trace); difference != "" {
		t.Error(difference)
	}
	if problems := trace.Problems(callerID); len(problems) > 0 {
		t.Errorf("problems %v in a whole trace", problems)
	}
	root := trace.Roots[0]
	if got, want := root.Duration, 4628687*time.Nanosecond; got != want {
		t.Errorf("root takes %v, want %v", got, want)
	}
	if got := root.Attributes["dapr.status_code"]; got != "200" {
		t.Errorf("dapr.status_code is %q, want 200", got)
	}
	if got := trace.Len(); got != 4 {
		t.Errorf("%d spans, want 4", got)
	}
	newest, err := client.Newest(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || newest.ID != recordedID {
		t.Errorf("newest is %q, %v", newest.ID, err)
	}
}

func TestNoSuchTrace(t *testing.T) {
	client, _ := fakeJaeger(t, 0)
	if _, err := client.ByID(t.Context(), strings.Repeat("1", 32)); !errors.Is(err, ErrNotFound) {
		t.Errorf("error %v, want ErrNotFound", err)
	}
}

func TestBadAnswers(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"not JSON":     func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"server error": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "boom", http.StatusInternalServerError) },
		"bad time": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"result":{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			_, err := NewClient(server.URL).ByID(t.Context(), recordedID)
			if err == nil || errors.Is(err, ErrNotFound) {
				t.Errorf("error %v, want one that is not ErrNotFound", err)
			}
		})
	}
}

func TestWaitForLateSpans(t *testing.T) {
	client, asked := fakeJaeger(t, 2)
	if _, err := client.WaitGolden(t.Context(), recordedID, goldentraces.GreetOtherSidecar, callerID, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if n := asked.Load(); n < 4 { // two misses, one hit, one more for the settle time
		t.Errorf("asked %d times, want at least 4", n)
	}
}

func TestWaitTellsTheDifference(t *testing.T) {
	client, _ := fakeJaeger(t, 0)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := client.WaitGolden(ctx, recordedID, goldentraces.Greet, callerID, 0)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "+ greeter client CallLocal/comms/greet") {
		t.Errorf("error %q, want the end of the time and the unexpected span", err)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct {
		name  string
		spans []Span
		want  []string
	}{
		{"whole", []Span{{ID: "a"}, {ID: "b", ParentID: "a"}}, nil},
		{"known caller", []Span{{ID: "a", ParentID: "caller"}}, nil},
		{"missing parent", []Span{{ID: "a", ParentID: "x", Service: "s", Kind: "client", Name: "n"}}, []string{"s client n: its parent x is missing"}},
		{"two roots", []Span{{ID: "a", Name: "n"}, {ID: "b", Name: "m"}}, []string{"2 roots:   n;   m"}},
		{"own parent", []Span{{ID: "a", ParentID: "a"}}, []string{"  : its parent a is missing"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Build(c.spans)[0].Problems("caller")
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	trace := Build([]Span{
		{ID: "1", Service: "comms", Kind: "client", Name: "greet", Start: at(1)},
		{ID: "3", ParentID: "1", Service: "b", Kind: "server", Name: "x", Start: at(2)},
		{ID: "2", ParentID: "1", Service: "a", Kind: "server", Name: "x", Start: at(3)},
	})[0]
	for _, c := range []struct{ name, tree, want string }{
		{"equal, in the order of the text", "# why\ncomms client greet\n  a server x\n\n  b server x\n", ""},
		{"another name", "comms client greet\n  a server y\n  b server x", "  comms client greet\n-   a server y\n+   a server x\n    b server x"},
		{"one too many", "comms client greet\n  a server x", "  comms client greet\n    a server x\n+   b server x"},
		{"one too few", "comms client greet\n  a server x\n  b server x\n  c server x", "    b server x\n-   c server x"},
		{"deeper", "comms client greet\n  a server x\n    b server x", "-     b server x\n+   b server x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Compare(c.tree, trace)
			if (c.want == "") != (got == "") || !strings.HasSuffix(got, c.want) {
				t.Errorf("got\n%s\nwant it to end with\n%s", got, c.want)
			}
		})
	}
}

func TestRender(t *testing.T) {
	client, _ := fakeJaeger(t, 0)
	trace, err := client.ByID(t.Context(), recordedID)
	if err != nil {
		t.Fatal(err)
	}
	trace.Roots[0].Children[0].Error = "refused\nhere"
	var out strings.Builder
	if err := trace.Render(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"trace " + recordedID,
		"4 spans",
		"parent " + callerID + " is not stored",
		"└─ comms  CallLocal/comms/greet            server  +1.518ms  2.981ms  ERROR refused here",
		"      └─ greeter  CallLocal/greeter/greet  server  +3.068ms  0.450ms",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
