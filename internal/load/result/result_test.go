package result

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/judge"
	"github.com/drydock-dev/drydock/internal/traces"
)

func TestQuantiles(t *testing.T) {
	values := make([]float32, 200)
	for i := range values {
		values[i] = float32(200 - i)
	}
	if got, want := quantiles(values), (Quantiles{Count: 200, Mean: 100.5, P50: 100, P95: 190, P99: 198, Max: 200}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got, want := quantiles([]float32{7}), (Quantiles{Count: 1, Mean: 7, P50: 7, P95: 7, P99: 7, Max: 7}); got != want {
		t.Errorf("of one value: %+v", got)
	}
	if got := quantiles(nil); got != (Quantiles{}) {
		t.Errorf("of no value: %+v", got)
	}
}

func TestHistogramCountsEveryValueOnce(t *testing.T) {
	for _, values := range [][]float32{{1}, {3, 3, 3}, {0, 0.5, 1, 2, 900}, {1, 1.0001}} {
		sum, edge := 0, 0.0
		for i, b := range histogram(values) {
			sum += b.Count
			if b.To < b.From || i > 0 && b.From != edge {
				t.Errorf("%v: bar %d is %+v", values, i, b)
			}
			edge = b.To
		}
		if sum != len(values) {
			t.Errorf("%v: %d are counted", values, sum)
		}
	}
}

// collect makes a run of one request every 10 ms, whose kinds the function gives.
func collect(n int, kind func(int) attack.Kind) *Collector {
	c := NewCollector(true)
	for i := range n {
		c.Answer(attack.Answer{N: i, Kind: kind(i), Start: c.started.Add(time.Duration(i) * 10 * time.Millisecond), Latency: time.Duration(i+1) * time.Microsecond})
		c.Verdict(judge.Verdict{
			Subject: judge.Subject{N: i, TraceID: fmt.Sprintf("%032x", i+1), Kind: kind(i)},
			State:   judge.Complete,
			Trace:   traces.Build([]traces.Span{{TraceID: "t", ID: "1", Service: Service, Name: "x", Start: c.started}})[0],
		})
	}
	return c
}

func greeter(int) attack.Kind { return attack.Greeter }

func TestEpisodes(t *testing.T) {
	c := collect(1000, func(i int) attack.Kind {
		switch {
		case i >= 100 && i < 150, i >= 900:
			return attack.Fallback
		case i == 120:
			return attack.Timeout
		}
		return attack.Greeter
	})
	episodes := c.episodes()
	if len(episodes) != 2 {
		t.Fatalf("%+v", episodes)
	}
	if e := episodes[0]; e.What != "fallback" || e.Count != 50 || e.From != 1 || e.To < 1.49 || e.To > 1.5 {
		t.Errorf("the first is %+v", e)
	}
	if e := episodes[1]; e.Count != 100 || e.From != 9 {
		t.Errorf("the second is %+v", e)
	}
}

func TestTimelineHoldsEveryRequest(t *testing.T) {
	for _, n := range []int{1, 7, 100, 5000, 20000} {
		c := collect(n, greeter)
		points := c.timeline(time.Duration(n) * 10 * time.Millisecond)
		sum := 0
		for _, p := range points {
			sum += p.Requests
		}
		if sum != n || len(points) > maxPoints {
			t.Errorf("%d of %d requests in %d points", sum, n, len(points))
		}
	}
}

func TestSample(t *testing.T) {
	small := collect(100, greeter).Finish(Run{}, 0, nil).Sample
	if len(small.Traces) != 100 || small.How != "" {
		t.Errorf("%d traces of 100, %q", len(small.Traces), small.How)
	}
	big := collect(20000, func(i int) attack.Kind {
		if i%20 == 0 {
			return attack.Fallback
		}
		return attack.Greeter
	}).Finish(Run{}, 0, nil)
	bad, slow, last := 0, 0, -1
	for _, trace := range big.Sample.Traces {
		if !trace.Good() {
			bad++
		} else if trace.N >= 20000-60 {
			slow++
		}
		if trace.N <= last {
			t.Fatalf("request %d comes after %d", trace.N, last)
		}
		last = trace.N
	}
	if n := len(big.Sample.Traces); bad != maxBad || slow < maxSlow || n < maxBad+maxRandom || n > maxBad+maxRandom+maxSlow {
		t.Errorf("%d traces, %d bad, %d of the slowest", n, bad, slow)
	}
	if !strings.Contains(big.Sample.How, "300, drawn at random, of the 1000 with an error") {
		t.Errorf("it says %q", big.Sample.How)
	}
	if big.Answers["fallback"] != 1000 || big.Latency.Count != 20000 || big.Operations[0].Count != 20000 {
		t.Errorf("totals are of the sample: %v, %+v", big.Answers, big.Latency)
	}
}

func TestFailOn(t *testing.T) {
	r := Result{
		Run:          Run{Requests: 200, Achieved: 99.5},
		Answers:      map[string]int{"greeter": 190, "fallback": 4, "5xx": 6},
		Traces:       Traces{Complete: 198, Incomplete: 1, Missing: 1, Roots: 199},
		Latency:      Quantiles{P50: 1.5, P99: 250},
		SidecarShare: 0.4,
	}
	for _, c := range []struct {
		text   string
		failed string
	}{
		{"", ""},
		{"fallback>4, p99>250ms , sidecars>40%", ""},
		{"fallback>3", "fallback>3 (it is 4)"},
		{"fallback>1%", "fallback>1% (it is 2%)"},
		{"fallback>2%", ""},
		{"incomplete>1", "incomplete>1 (it is 2)"},
		{"missing>=1", "missing>=1 (it is 1)"},
		{"errors!=0", "errors!=0 (it is 6)"},
		{"5xx==6", "5xx==6 (it is 6)"},
		{"complete<100%", "complete<100% (it is 99%)"},
		{"roots<200", "roots<200 (it is 199)"},
		{"p50<=1500us", "p50<=1500us (it is 1.5ms)"},
		{"rate<100", "rate<100 (it is 99.5)"},
		{"sidecars>=40%", "sidecars>=40% (it is 40%)"},
		{DefaultFailOn, "incomplete>0 (it is 2); fallback>0 (it is 4); errors>0 (it is 6)"},
	} {
		f, err := ParseFailOn(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		f.Judge(&r)
		if got := strings.Join(r.Verdict.Failed, "; "); got != c.failed || r.Verdict.OK != (c.failed == "") {
			t.Errorf("%q fails by %q, want %q", c.text, got, c.failed)
		}
	}
}

func TestFailOnErrors(t *testing.T) {
	for text, say := range map[string]string{
		"fallback":         "no comparison",
		"fallbacks>0":      `no figure "fallbacks"`,
		"interrupted>0":    "no figure",
		"p99>250":          "like 250ms",
		"p99>5%":           "like 250ms",
		"sidecars>0.5":     "like 60%",
		"rate<50%":         "no number",
		"errors>many":      "no number",
		"errors>0,p99>1kg": "like 250ms",
	} {
		if _, err := ParseFailOn(text); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: error %v, want %q in it", text, err, say)
		}
	}
}

func TestNothingWasSent(t *testing.T) {
	f, err := ParseFailOn(DefaultFailOn)
	if err != nil {
		t.Fatal(err)
	}
	r := NewCollector(true).Finish(Run{}, 0, nil)
	f.Judge(&r)
	if r.Verdict.OK {
		t.Error("a run without a request passed")
	}
}
