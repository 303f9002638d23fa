package result

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/load/judge"
	"github.com/drydock-dev/drydock/internal/traces"
)

// Service is the service.name of the load's own spans.
const Service = "load"

type operationKey struct{ service, kind, name string }

// operation is all spans of one kind: their durations in milliseconds, and the failed ones.
type operation struct {
	durations []float32
	errors    int
}

func (c *Collector) operation(span *traces.Span) {
	key := operationKey{span.Service, span.Kind, span.Name}
	o := c.operations[key]
	if o == nil {
		o = &operation{}
		c.operations[key] = o
	}
	o.durations = append(o.durations, float32(millis(span.Duration)))
	if span.Error != "" {
		o.errors++
	}
}

type differenceKey struct{ text, answer string }

// Bounds of what is kept of broken traces.
const (
	maxDifferences = 200
	maxExamples    = 5
)

func (c *Collector) difference(v judge.Verdict) {
	key := differenceKey{v.Difference, v.Kind.String()}
	d := c.differences[key]
	if d == nil {
		if len(c.differences) >= maxDifferences {
			key = differenceKey{"other differences", key.answer}
			d = c.differences[key]
		}
		if d == nil {
			d = &Difference{Text: key.text, Answer: key.answer}
			c.differences[key] = d
		}
	}
	d.Count++
	if len(d.Example) < maxExamples {
		d.Example = append(d.Example, v.TraceID)
	}
}

func (c *Collector) sortedDifferences() []Difference {
	sorted := make([]Difference, 0, len(c.differences))
	for _, d := range c.differences {
		sorted = append(sorted, *d)
	}
	slices.SortFunc(sorted, func(a, b Difference) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return strings.Compare(a.Text, b.Text)
	})
	return sorted
}

func (c *Collector) sortedOperations() []Operation {
	sorted := make([]Operation, 0, len(c.operations))
	for key, o := range c.operations {
		sorted = append(sorted, Operation{
			Service: key.service, Kind: key.kind, Name: key.name, Errors: o.errors, Quantiles: quantiles(o.durations),
		})
	}
	// From the outside in: what takes longer stands further out.
	slices.SortFunc(sorted, func(a, b Operation) int {
		if a.P50 != b.P50 {
			if a.P50 > b.P50 {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Service+a.Name, b.Service+b.Name)
	})
	return sorted
}

// hasRoot reports whether the load's own span is at the top.
func hasRoot(trace traces.Trace) bool {
	return slices.ContainsFunc(trace.Roots, func(s *traces.Span) bool { return s.Service == Service && s.ParentID == "" })
}

// cause is what the innermost failed span says, which is nearest to what went wrong.
func cause(trace traces.Trace) string {
	deepest, text := -1, ""
	for depth, span := range trace.All() {
		if span.Error != "" && depth > deepest {
			deepest, text = depth, fmt.Sprintf("%s %s %s: %s", span.Service, span.Kind, span.Name, span.Error)
		}
	}
	return text
}

// skewTolerance is how far a span may lie outside its parent without a word: a sidecar may
// end its span a moment after it has sent the answer.
const skewTolerance = time.Millisecond

// skewOf is the most that any span begins before its parent. Ends say nothing: a parent may
// give up before its child does.
func skewOf(trace traces.Trace) time.Duration {
	var worst time.Duration
	for _, span := range trace.All() {
		for _, child := range span.Children {
			worst = max(worst, span.Start.Sub(child.Start), child.Start.Sub(span.Start.Add(span.Duration)))
		}
	}
	return worst
}

// compact is the form of a trace in reports.
func compact(trace traces.Trace) []Span {
	if len(trace.Roots) == 0 {
		return nil
	}
	begin := trace.Roots[0].Start
	var spans []Span
	for depth, s := range trace.All() {
		spans = append(spans, Span{
			Service: s.Service, Kind: s.Kind, Name: s.Name, ID: s.ID, Depth: depth,
			Start: millis(s.Start.Sub(begin)), Duration: millis(s.Duration), Error: s.Error, Attributes: s.Attributes,
		})
	}
	return spans
}
