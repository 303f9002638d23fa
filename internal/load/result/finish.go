package result

import (
	"fmt"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/judge"
)

// Finish adds everything up. run is what the caller knows of it; lost and lostCause are the
// root spans that their receiver did not take, and why.
func (c *Collector) Finish(run Run, lost int, lostCause error) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	var length time.Duration
	for i := range c.records {
		length = max(length, c.records[i].start+c.records[i].latency)
	}
	run.Started, run.Seconds = c.started, round(length.Seconds())
	answered := 0
	answers := map[string]int{}
	for kind, n := range c.answers {
		answers[attack.Kind(kind).String()] = n
		answered += n
	}
	run.Requests = answered
	if length > 0 {
		run.Achieved = round(float64(answered) / length.Seconds())
	}
	r := Result{
		Version: Version, Run: run, Answers: answers, Verdict: Verdict{Failed: []string{}},
		Traces: Traces{
			Judged: c.judged, Roots: c.roots, Complete: c.states[judge.Complete], Incomplete: c.states[judge.Incomplete],
			Missing: c.states[judge.Missing], Unjudged: c.states[judge.Unjudged], Skewed: c.skewed, Lost: lost,
		},
		Operations: c.sortedOperations(), Differences: c.sortedDifferences(), Episodes: c.episodes(),
		Timeline: c.timeline(length), Sample: c.sample.result(), Cost: c.cost(answered),
	}
	latencies := c.latencies()
	r.Latency = quantiles(latencies) // sorts them
	r.Histogram = histogram(latencies)
	r.Components, r.SidecarShare = c.components()
	r.Notes = c.notes(r, lostCause)
	return r
}

// notes are the sentences that keep a reader from wrong conclusions.
func (c *Collector) notes(r Result, lostCause error) []string {
	notes := []string{}
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if r.Run.Interrupted {
		add("The run was interrupted: this is what was done until then.")
	}
	if !c.judged {
		add("No trace store was asked, so no trace was judged.")
	}
	if r.Traces.Lost > 0 {
		add("%d of the load's own root spans did not reach the Collector: %v. Traces without their root are incomplete because of that.", r.Traces.Lost, lostCause)
	}
	if broken := r.Traces.Incomplete + r.Traces.Missing; broken > 0 && r.Traces.Lost == 0 {
		add("%d of %d traces lack spans or have others than expected, and the Collector took all root spans: what is missing was lost on its way to the store, or never made. Look at the Collector's and the sidecars' logs.", broken, r.Run.Requests)
	}
	if r.Traces.Unjudged > 0 && c.unjudged != nil {
		add("%d traces could not be judged: %v.", r.Traces.Unjudged, c.unjudged)
	}
	if c.skewed > 0 {
		add("Clocks differ: %d traces have a span that begins outside its parent, by up to %.1f ms. Time by component is computed from durations and not affected; waterfalls show such spans where their own clock puts them.", c.skewed, millis(c.worst))
	}
	if behind := 1 - r.Run.Achieved/r.Run.Rate; r.Run.Rate > 0 && behind > 0.05 && !r.Run.Interrupted {
		add("The load fell behind: %.0f requests/s were asked for and %.0f were sent. Either the target is that slow (at most %d requests were under way: raise --concurrency), or this machine is that busy.", r.Run.Rate, r.Run.Achieved, r.Run.Concurrency)
	}
	if r.Run.HeldSeconds > 0 {
		add("The load waited %.1f s for the trace store: it can keep only so many traces, and each must be judged before it is dropped.", r.Run.HeldSeconds)
	}
	return notes
}
