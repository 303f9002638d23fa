package load_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/shape"
	"github.com/drydock-dev/drydock/test/goldentraces"
)

const requests = 60

func options(t testing.TB, s *system) load.Options {
	t.Helper()
	expected, err := shape.Parse("greet", goldentraces.LoadGreet)
	if err != nil {
		t.Fatal(err)
	}
	failOn, err := result.ParseFailOn(result.DefaultFailOn)
	if err != nil {
		t.Fatal(err)
	}
	return load.Options{
		System: s.address(), Requests: requests, Concurrency: 10, Timeout: 5 * time.Second,
		Shape: expected, Settle: 10 * time.Millisecond, Deadline: 10 * time.Second, FailOn: failOn,
	}
}

func run(t testing.TB, o load.Options) result.Result {
	t.Helper()
	r, err := load.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// want compares the figures that a case names.
func want(t *testing.T, r result.Result, figures map[string]int) {
	t.Helper()
	got := map[string]int{
		"requests": r.Run.Requests, "roots": r.Traces.Roots, "complete": r.Traces.Complete, "incomplete": r.Traces.Incomplete,
		"missing": r.Traces.Missing, "unjudged": r.Traces.Unjudged, "skewed": r.Traces.Skewed, "lost": r.Traces.Lost,
	}
	for kind, n := range r.Answers {
		got[kind] = n
	}
	for name, n := range figures {
		if got[name] != n {
			t.Errorf("%d %s, want %d", got[name], name, n)
		}
	}
	if t.Failed() {
		var text strings.Builder
		r.WriteText(&text) //nolint:errcheck // to memory
		t.Log(text.String())
	}
}

func TestEverythingIsWell(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.late = 100 * time.Millisecond // the judge waits for late spans
	r := run(t, options(t, s))
	want(t, r, map[string]int{"requests": requests, "greeter": requests, "roots": requests, "complete": requests})
	if !r.Verdict.OK || len(r.Notes) > 0 || len(r.Differences) > 0 || len(r.Episodes) > 0 {
		t.Errorf("verdict %+v, notes %q, differences %v, episodes %v", r.Verdict, r.Notes, r.Differences, r.Episodes)
	}
	if len(r.Sample.Traces) != requests || len(r.Sample.Traces[0].Spans) != 3 || !r.Sample.Traces[0].Good() {
		t.Errorf("%d traces in the sample, the first is %+v", len(r.Sample.Traces), r.Sample.Traces[0])
	}
	counted := map[string]int{}
	for _, operation := range r.Operations {
		counted[operation.Service] += operation.Count
	}
	if want := map[string]int{"load": requests, "comms": requests, "greeter": requests}; !maps.Equal(counted, want) {
		t.Errorf("operations %+v, want %v", r.Operations, want)
	}
}

func TestComponentsAddUp(t *testing.T) {
	t.Parallel()
	for name, timing := range map[string]string{
		"with Server-Timing":    "comms;dur=0.15, dapr;dur=0.12, greeter;dur=0.01",
		"without Server-Timing": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t)
			s.timing = timing
			r := run(t, options(t, s))
			sum, share := 0.0, 0.0
			for _, c := range r.Components {
				sum += c.Mean
				share += c.Share
				if told := timing != "" || c.Name != "comms sidecar" && c.Name != "greeter handler"; c.Told != told {
					t.Errorf("%s: told %v, want %v", c.Name, c.Told, told)
				}
			}
			if sum < r.Latency.Mean*0.9 || sum > r.Latency.Mean*1.1 || share < 0.999 || share > 1.001 {
				t.Errorf("components add up to %.3f ms of %.3f and to a share of %.3f", sum, r.Latency.Mean, share)
			}
			if timing != "" && (r.Components[5].P50 != 0.01 || r.Components[4].P50 != 0.05 || r.Components[2].P50 != 0.02) {
				t.Errorf("greeter handler %v, greeter sidecar %v, comms sidecar %v", r.Components[5].P50, r.Components[4].P50, r.Components[2].P50)
			}
		})
	}
}

func TestBadAnswersAreCountedByKind(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.behave = func(n int64, w http.ResponseWriter, r *http.Request) bool {
		switch n % 10 {
		case 1:
			w.Header().Set("X-Greeting-Source", "fallback")
			s.record(n, r.Header.Get("Traceparent"), time.Now())
			answer(w, http.StatusOK, `{"message":"Hello, Benjamen1 (from fallback)!","service":"comms","error":"greeter_service_unavailable"}`)
		case 2:
			answer(w, http.StatusUnprocessableEntity, `{"title":"T","status":422,"detail":"of greeter"}`)
		case 3:
			answer(w, http.StatusInternalServerError, `boom`)
		case 4:
			answer(w, http.StatusOK, `{"message":"Hello, somebody else!","service":"greeter"}`)
		case 5:
			answer(w, http.StatusOK, `<html>`)
		case 6:
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		case 7:
			panic(http.ErrAbortHandler) // the connection breaks
		case 8:
			<-r.Context().Done()
		default:
			return false
		}
		return true
	}
	o := options(t, s)
	o.Timeout = 300 * time.Millisecond
	o.Requests = 9 // each case once
	o.Concurrency = 1
	r := run(t, o)
	want(t, r, map[string]int{"requests": 9, "greeter": 1, "4xx": 1, "5xx": 1, "timeout": 1, "unreachable": 1, "fallback": 1, "unexpected": 3, "roots": 9, "complete": 9})
	if r.Verdict.OK {
		t.Error("the run passed")
	}
	for _, part := range []string{"fallback>0 (it is 1)", "errors>0 (it is 7)"} {
		if !slices.Contains(r.Verdict.Failed, part) {
			t.Errorf("failed %q, want it to hold %q", r.Verdict.Failed, part)
		}
	}
	var whats []string
	for _, e := range r.Episodes {
		whats = append(whats, e.What)
	}
	slices.Sort(whats)
	if got := strings.Join(whats, " "); got != "4xx 5xx fallback timeout unexpected unreachable" {
		t.Errorf("episodes of %s", got)
	}
}

func TestAFaultIsNamed(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.spans = func(n int64, spans []span) []span {
		switch n {
		case 20, 21, 22: // greeter's sidecar lost its span
			return spans[:1]
		case 30: // all are lost
			return nil
		}
		return spans
	}
	o := options(t, s)
	o.Deadline = time.Second
	r := run(t, o)
	want(t, r, map[string]int{"greeter": requests, "incomplete": 4, "complete": requests - 4, "roots": requests})
	if len(r.Differences) != 2 || r.Differences[0].Count != 3 || !strings.Contains(r.Differences[0].Text, "-     greeter server CallLocal/greeter/greet") {
		t.Errorf("differences %+v", r.Differences)
	}
	if text := r.Differences[1].Text; !strings.Contains(text, "-   comms client CallLocal/greeter/greet") {
		t.Errorf("the second difference is\n%s", text)
	}
	for _, trace := range r.Sample.Traces {
		if !trace.Good() && (trace.State != "incomplete" || trace.Difference == "") {
			t.Errorf("trace %d is %s: %s", trace.N, trace.State, trace.Difference)
		}
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"60 requests / 60 greeter's answers / 60 roots / 56 complete traces", "3 traces answered by greeter are incomplete", r.Differences[0].Example[0], "FAILED: incomplete>0 (it is 4)"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("the text does not say %q:\n%s", part, text.String())
		}
	}
}

func TestAnUnexpectedSpanIsFound(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.spans = func(n int64, spans []span) []span {
		if n == 7 {
			extra := spans[1]
			extra.SpanID = "00000000000000ff"
			return append(spans, extra)
		}
		return spans
	}
	o := options(t, s)
	o.Deadline = time.Second
	r := run(t, o)
	want(t, r, map[string]int{"incomplete": 1})
	if !strings.Contains(r.Differences[0].Text, "+     greeter server") {
		t.Errorf("difference\n%s", r.Differences[0].Text)
	}
}

func TestLostRootSpans(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	o := options(t, s)
	o.Requests, o.Deadline = 40, time.Second
	// The receiver is there when the run begins, and refuses from then on.
	s.behave = func(int64, http.ResponseWriter, *http.Request) bool { s.store.refusing.Store(true); return false }
	r := run(t, o)
	want(t, r, map[string]int{"greeter": 40, "roots": 0, "complete": 0, "incomplete": 40, "lost": 40})
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "40 of the load's own root spans did not reach the Collector") {
		t.Errorf("notes %q", r.Notes)
	}
	if !strings.Contains(r.Differences[0].Text, "its parent is missing") {
		t.Errorf("difference\n%s", r.Differences[0].Text)
	}
}

func TestTheStoreGoesAway(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	o := options(t, s)
	o.Rate, o.Deadline = 100, time.Second
	s.behave = func(n int64, _ http.ResponseWriter, _ *http.Request) bool {
		if n == requests/2 {
			s.store.away.Store(true)
		}
		return false
	}
	r := run(t, o)
	want(t, r, map[string]int{"greeter": requests, "incomplete": 0, "missing": 0})
	if r.Traces.Unjudged == 0 || r.Traces.Unjudged+r.Traces.Complete != requests || r.Verdict.OK {
		t.Errorf("%d unjudged and %d complete of %d, verdict %+v", r.Traces.Unjudged, r.Traces.Complete, requests, r.Verdict)
	}
	if len(r.Notes) == 0 || !strings.Contains(r.Notes[0], "could not be judged: jaeger answered 503") {
		t.Errorf("notes %q", r.Notes)
	}
}

func TestTheStoreComesBack(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	o := options(t, s)
	s.behave = func(n int64, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 1 {
			s.store.away.Store(true)
			time.AfterFunc(time.Second, func() { s.store.away.Store(false) })
		}
		return false
	}
	want(t, run(t, o), map[string]int{"complete": requests, "unjudged": 0})
}

func TestClockSkewIsToldAndChangesNoFigure(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	s.spans = func(_ int64, spans []span) []span {
		for i := range spans { // the sidecars' host is three seconds ahead
			spans[i] = spans[i].at(spans[i].start.Add(3*time.Second), 100*time.Microsecond-time.Duration(i)*40*time.Microsecond)
		}
		return spans
	}
	r := run(t, options(t, s))
	want(t, r, map[string]int{"complete": requests, "skewed": requests})
	if len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "Clocks differ") {
		t.Errorf("notes %q", r.Notes)
	}
	if network := r.Components[3]; network.P50 != 0.04 {
		t.Errorf("network takes %v ms, want 0.04", network.P50)
	}
}

func TestInterruption(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	ctx, interrupt := context.WithCancel(t.Context())
	s.behave = func(n int64, _ http.ResponseWriter, _ *http.Request) bool {
		if n == 30 {
			interrupt()
		}
		return false
	}
	o := options(t, s)
	o.Requests, o.Duration, o.Rate = 0, time.Minute, 100
	begin := time.Now()
	r, err := load.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	if elapsed := time.Since(begin); elapsed > 30*time.Second {
		t.Errorf("it took %v to stop", elapsed)
	}
	if !r.Run.Interrupted || r.Run.Requests < 30 || r.Run.Requests > 60 || r.Traces.Complete != r.Run.Requests {
		t.Errorf("interrupted %v after %d requests, %d complete", r.Run.Interrupted, r.Run.Requests, r.Traces.Complete)
	}
}

func TestInterruptionWhileTheTargetHangs(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	ctx, interrupt := context.WithCancel(t.Context())
	s.behave = func(n int64, _ http.ResponseWriter, r *http.Request) bool {
		if n == 10 {
			interrupt()
		}
		<-r.Context().Done()
		return true
	}
	o := options(t, s)
	o.Timeout = time.Minute
	r, err := load.Run(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	want(t, r, map[string]int{"interrupted": 10, "greeter": 0})
}

func TestBadSurroundingsAreToldBeforeTheRun(t *testing.T) {
	t.Parallel()
	const gone = "http://127.0.0.1:1" // tcpmux, which nobody runs
	for _, c := range []struct {
		name   string
		change func(*load.Options)
		say    []string
	}{
		{"target away", func(o *load.Options) { o.System.Target = gone + "/greet" }, []string{"nothing answers at " + gone, "make run"}},
		{"trace store away", func(o *load.Options) { o.System.TraceAPI = gone }, []string{"the trace store is away", "--trace-api none"}},
		{"receiver away", func(o *load.Options) { o.System.OTLP = gone }, []string{"the OTLP receiver", "make run"}},
		{"judging without roots", func(o *load.Options) { o.System.OTLP = load.None }, []string{"--trace-api none"}},
		{"no end", func(o *load.Options) { o.Requests = 0 }, []string{"neither a number"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSystem(t)
			o := options(t, s)
			c.change(&o)
			_, err := load.Run(t.Context(), o)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.say {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if s.served.Load() > 0 {
				t.Error("requests were sent")
			}
		})
	}
}

func TestWithoutTraces(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	o := options(t, s)
	o.System.TraceAPI, o.System.OTLP = load.None, load.None
	r := run(t, o)
	want(t, r, map[string]int{"greeter": requests, "roots": 0})
	if !r.Verdict.OK || r.Traces.Judged || len(r.Notes) != 1 {
		t.Errorf("verdict %+v, traces %+v, notes %q", r.Verdict, r.Traces, r.Notes)
	}
}

func TestAnAchievedRate(t *testing.T) {
	t.Parallel()
	s := newSystem(t)
	o := options(t, s)
	o.Rate = 100
	r := run(t, o)
	// 60 requests at 100/s begin within 0.59 s; how much longer it takes is the machine's affair.
	if r.Run.Seconds < 0.58 {
		t.Errorf("%d requests at 100/s took %.2f s", r.Run.Requests, r.Run.Seconds)
	}
}

func TestFilesAreWholeOrOld(t *testing.T) {
	t.Parallel()
	r := run(t, options(t, newSystem(t)))
	folder := filepath.Join(t.TempDir(), "a", "b")
	for range 2 { // the second time over the first
		if err := load.WriteFiles(folder, &r); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got := strings.Join(names, " "); got != "report.html report.json report.txt" {
		t.Errorf("files %s", got)
	}
	text, err := os.ReadFile(filepath.Join(folder, load.JSONFile))
	if err != nil {
		t.Fatal(err)
	}
	var read result.Result
	if err := json.Unmarshal(text, &read); err != nil || read.Run.ID != r.Run.ID || read.Version != result.Version {
		t.Errorf("read back %+v, %v", read.Run, err)
	}
	if strings.Contains(string(text), ": null") {
		t.Error("a list is null in the JSON")
	}
}
