// Package result adds up what became of a load's requests and their traces: exact totals
// and quantiles of all of them, a sample of whole traces, and the verdict.
package result

import (
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/breakdown"
	"github.com/drydock-dev/drydock/internal/load/judge"
)

// Version is the version of the JSON form. It changes when a field changes its meaning.
const Version = 1

// Result is the outcome of a run, also the JSON form for machines. All times are in
// milliseconds unless their name says otherwise. No list is nil: in JSON that would be null.
type Result struct {
	Version int      `json:"version"`
	Run     Run      `json:"run"`
	Verdict Verdict  `json:"verdict"`
	Notes   []string `json:"notes"` // what a reader should know: losses, skew, bounds

	Answers map[string]int `json:"answers"` // requests by kind of answer
	Traces  Traces         `json:"traces"`

	Latency      Quantiles    `json:"latency"`
	Components   []Component  `json:"components"`
	SidecarShare float64      `json:"sidecar_share"` // of the whole time, 0 to 1
	Operations   []Operation  `json:"operations"`
	Differences  []Difference `json:"differences"` // the most frequent first
	Episodes     []Episode    `json:"episodes"`

	Timeline  []Point  `json:"timeline"`
	Histogram []Bucket `json:"histogram"`
	Sample    Sample   `json:"sample"`
	Cost      Cost     `json:"cost"`
}

// Run is what was run, and when.
type Run struct {
	ID          string    `json:"id"` // what the run's trace ids begin with
	Target      string    `json:"target"`
	Where       string    `json:"where"` // in words: what system the target belongs to
	TraceAPI    string    `json:"trace_api,omitempty"`
	TraceUI     string    `json:"trace_ui,omitempty"` // where a person opens a trace: this and the trace id
	Started     time.Time `json:"started"`
	Seconds     float64   `json:"seconds"` // until the last answer
	Requests    int       `json:"requests"`
	Duration    float64   `json:"duration_seconds,omitempty"`
	Rate        float64   `json:"rate,omitempty"` // asked for, requests/s; 0 for as fast as answers come
	Achieved    float64   `json:"achieved_rate"`
	Concurrency int       `json:"concurrency"`
	Interrupted bool      `json:"interrupted,omitempty"`
	HeldSeconds float64   `json:"held_seconds,omitempty"` // the load waited for the judge
}

// Verdict is whether the run is good by the conditions that were set.
type Verdict struct {
	OK     bool     `json:"ok"`
	FailOn string   `json:"fail_on"`
	Failed []string `json:"failed"` // the conditions that hold, with the figures
}

// Traces counts traces by what became of them.
type Traces struct {
	Judged     bool `json:"judged"` // false when there was no trace store to ask
	Roots      int  `json:"roots"`  // traces with the load's own span at the top
	Complete   int  `json:"complete"`
	Incomplete int  `json:"incomplete"` // found, but not as expected
	Missing    int  `json:"missing"`    // nothing stored
	Unjudged   int  `json:"unjudged"`   // nobody could look
	Skewed     int  `json:"skewed"`     // with a span outside its parent: clocks differ
	Lost       int  `json:"lost_roots"` // root spans that the receiver did not take
}

// Quantiles of all requests, by the nearest rank.
type Quantiles struct {
	Count int     `json:"count"`
	Mean  float64 `json:"mean"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// Component is what one component of the system took of greeter's greetings.
type Component struct {
	Name       string  `json:"name"`
	Definition string  `json:"definition"`
	Sidecar    bool    `json:"sidecar"`
	Told       bool    `json:"told"` // false when the spans cannot tell it from its neighbour
	Share      float64 `json:"share"`
	Quantiles
}

// Operation is all spans of one service, kind and name.
type Operation struct {
	Service string `json:"service"`
	Kind    string `json:"kind"`
	Name    string `json:"name"`
	Errors  int    `json:"errors"`
	Quantiles
}

// Difference is one way in which traces are not as expected.
type Difference struct {
	Text    string   `json:"text"`
	Count   int      `json:"count"`
	Answer  string   `json:"answer"`
	Example []string `json:"examples"` // trace ids
}

// Episode is a stretch of the run in which something went wrong again and again.
type Episode struct {
	What  string  `json:"what"`
	Count int     `json:"count"`
	From  float64 `json:"from_seconds"` // after the start
	To    float64 `json:"to_seconds"`
	Error string  `json:"error,omitempty"` // one of them
}

// Point is one stretch of the run.
type Point struct {
	Seconds    float64                       `json:"s"` // after the start
	Requests   int                           `json:"n"`
	Bad        int                           `json:"bad"`
	Incomplete int                           `json:"incomplete"`
	P50        float64                       `json:"p50"`
	P99        float64                       `json:"p99"`
	Mean       [breakdown.Components]float64 `json:"mean"` // of each component
}

// Bucket is one bar of the latency distribution.
type Bucket struct {
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Count int     `json:"count"`
}

// Sample is the traces that a report shows in full. The totals are of all traces.
type Sample struct {
	How    string  `json:"how"` // in words, empty when all traces are there
	Traces []Trace `json:"traces"`
}

// Trace is one request with its spans.
type Trace struct {
	N          int     `json:"n"`
	ID         string  `json:"id"`
	Start      float64 `json:"start"` // after the run's start
	Latency    float64 `json:"ms"`
	Answer     string  `json:"answer"`
	Status     int     `json:"status,omitempty"`
	Error      string  `json:"error,omitempty"`
	State      string  `json:"state"`
	Difference string  `json:"difference,omitempty"`
	Skew       float64 `json:"skew,omitempty"` // the most that a span lies outside its parent
	Spans      []Span  `json:"spans,omitempty"`
}

// Span is one span, parents before their children.
type Span struct {
	Service    string            `json:"service"`
	Kind       string            `json:"kind"`
	Name       string            `json:"name"`
	ID         string            `json:"id"`
	Depth      int               `json:"depth"`
	Start      float64           `json:"start"` // after the trace's first root
	Duration   float64           `json:"ms"`
	Error      string            `json:"error,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Cost is what the run cost the machine that the load ran on.
type Cost struct {
	CPUSeconds float64 `json:"cpu_seconds"`
	Cores      float64 `json:"cores"`        // processor time by wall time
	PeakBytes  int64   `json:"peak_memory"`  // most memory resident, bytes
	CPUMicros  float64 `json:"cpu_us_per_n"` // for each request
}

// Bad reports whether a kind of answer is not the greeting that was asked for.
func Bad(kind attack.Kind) bool { return kind != attack.Greeter && kind != attack.Interrupted }

// Good reports whether a request and its trace are both as they should be.
func (t Trace) Good() bool {
	return t.Answer == attack.Greeter.String() && t.State == judge.Complete.String()
}
