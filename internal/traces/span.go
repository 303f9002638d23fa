// Package traces reads traces back from Jaeger, builds span trees and compares them
// with expected ones, so that a test can say "this request makes exactly this tree".
package traces

import (
	"cmp"
	"slices"
	"time"
)

// Span is one span with its place in the tree.
type Span struct {
	TraceID, ID, ParentID string // lower-case hex; ParentID empty for a root
	Service               string // resource attribute service.name
	Name                  string
	Kind                  string // "client", "server", "producer", "consumer", "internal"
	Start                 time.Time
	Duration              time.Duration
	Error                 string // status message of a failed span, "error" when it has none
	Attributes            map[string]string

	Children []*Span // by start time
}

// Trace is all stored spans of one trace id as a tree. A whole trace has one root
// without a parent; Problems tells what is wrong with any other.
type Trace struct {
	ID    string
	Roots []*Span // spans whose parent is not stored, by start time
}

// Build makes the trees of all traces that the spans belong to, the newest first.
func Build(spans []Span) []Trace {
	type key struct{ trace, span string }
	byID := make(map[key]*Span, len(spans))
	for i := range spans {
		spans[i].Children = nil
		byID[key{spans[i].TraceID, spans[i].ID}] = &spans[i]
	}
	roots := map[string][]*Span{}
	for k, span := range byID {
		if parent, ok := byID[key{k.trace, span.ParentID}]; ok && parent != span {
			parent.Children = append(parent.Children, span)
		} else {
			roots[k.trace] = append(roots[k.trace], span)
		}
	}
	for _, span := range byID {
		slices.SortFunc(span.Children, byStart)
	}
	var traces []Trace
	for id, r := range roots {
		slices.SortFunc(r, byStart)
		traces = append(traces, Trace{ID: id, Roots: r})
	}
	slices.SortFunc(traces, func(a, b Trace) int { return byStart(b.Roots[0], a.Roots[0]) })
	return traces
}

func byStart(a, b *Span) int {
	return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID))
}

// All yields every span, parents before their children, with its depth.
func (t Trace) All() func(yield func(depth int, span *Span) bool) {
	return func(yield func(int, *Span) bool) {
		var walk func(int, []*Span) bool
		walk = func(depth int, spans []*Span) bool {
			for _, span := range spans {
				if !yield(depth, span) || !walk(depth+1, span.Children) {
					return false
				}
			}
			return true
		}
		walk(0, t.Roots)
	}
}

// Len is the number of spans.
func (t Trace) Len() int {
	n := 0
	for range t.All() {
		n++
	}
	return n
}
