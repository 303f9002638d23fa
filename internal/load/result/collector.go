package result

import (
	"sync"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/breakdown"
	"github.com/drydock-dev/drydock/internal/load/judge"
)

// Collector takes in answers and verdicts while the run goes on. It keeps a few dozen
// bytes for each request, so that totals and quantiles are exact, and whole traces of a
// sample only.
type Collector struct {
	started   time.Time
	cpuBefore time.Duration // processor time used before the run

	mu      sync.Mutex
	records []record // by request number
	answers [attack.Kinds]int
	states  [judge.States]int
	roots   int
	skewed  int
	worst   time.Duration // skew

	operations  map[operationKey]*operation
	differences map[differenceKey]*Difference
	sample      sampler
	judged      bool
	exact       bool // Server-Timing was there
	firstWhole  int  // number of the first request whose trace was complete, -1 for none
	unjudged    error
}

// record is what is kept of every request.
type record struct {
	start    time.Duration // after the run's start
	latency  time.Duration
	kind     attack.Kind
	state    judge.State
	seen     bool // answered
	measured bool // parts is filled in
	parts    [breakdown.Components]float32
	error    string
	status   int16
}

// NewCollector returns a Collector of a run that starts now.
func NewCollector(judged bool) *Collector {
	cpu, _ := Usage()
	return &Collector{
		started: time.Now(), cpuBefore: cpu, judged: judged, firstWhole: -1,
		operations:  map[operationKey]*operation{},
		differences: map[differenceKey]*Difference{},
	}
}

// Started is when the run started.
func (c *Collector) Started() time.Time { return c.started }

// Answer takes in an answer. A request's answer must come before its verdict.
func (c *Collector) Answer(a attack.Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.records) <= a.N {
		c.records = append(c.records, record{state: judge.Unjudged})
	}
	c.records[a.N] = record{
		start: a.Start.Sub(c.started), latency: a.Latency, kind: a.Kind, seen: true,
		error: a.Error, status: int16(a.Status), state: judge.Unjudged,
	}
	c.answers[a.Kind]++
}

// Verdict takes in what was found of a request's trace.
func (c *Collector) Verdict(v judge.Verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := &c.records[v.N]
	r.state = v.State
	if r.error == "" && Bad(r.kind) {
		r.error = cause(v.Trace) // a fallback is polite and does not tell
	}
	c.states[v.State]++
	skew := skewOf(v.Trace)
	if skew > skewTolerance {
		c.skewed++
		c.worst = max(c.worst, skew)
	}
	if hasRoot(v.Trace) {
		c.roots++
	}
	for _, span := range v.Trace.All() {
		c.operation(span)
	}
	switch v.State {
	case judge.Complete:
		if c.firstWhole < 0 || v.N < c.firstWhole {
			c.firstWhole = v.N
		}
	case judge.Incomplete, judge.Missing:
		c.difference(v)
	case judge.Unjudged:
		c.unjudged = v.Err
	}
	// The parts of a greeting: a fallback took a different way and would blur them.
	if v.State == judge.Complete && r.kind == attack.Greeter {
		if parts, exact, ok := breakdown.Of(v.Trace); ok {
			r.measured, c.exact = true, exact
			for i, part := range parts {
				r.parts[i] = float32(millis(part))
			}
		}
	}
	c.sample.offer(r, v, skew)
}

// Counts are the answers and the verdicts so far.
func (c *Collector) Counts() (answers, bad, judged, broken int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind, n := range c.answers {
		answers += n
		if Bad(attack.Kind(kind)) {
			bad += n
		}
	}
	for _, n := range c.states {
		judged += n
	}
	return answers, bad, judged, c.states[judge.Incomplete] + c.states[judge.Missing]
}

// FirstComplete is the number of the first request whose trace was found complete, -1 for none.
func (c *Collector) FirstComplete() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.firstWhole
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
