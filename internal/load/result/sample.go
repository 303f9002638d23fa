package result

import (
	"cmp"
	"container/heap"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/load/judge"
)

// How many traces a report shows in full. A browser lists and filters a thousand rows
// without delay, and they make a file of about a megabyte.
const (
	maxBad    = 300 // broken traces and failed requests, at random when there are more
	maxSlow   = 50  // the slowest good ones
	maxRandom = 650 // any good ones, at random when there are more
)

// sampler keeps the traces that a reader may want to see, in bounded memory.
type sampler struct {
	bad, random       []Trace
	badSeen, goodSeen int
	slow              slowest
}

// offer takes a request's trace into the sample, or not.
func (s *sampler) offer(r *record, v judge.Verdict, skew time.Duration) {
	// The trace is built last, for those that are kept: most are not.
	build := func() Trace {
		t := Trace{
			N: v.N, ID: v.TraceID, Start: millis(r.start), Latency: millis(r.latency),
			Answer: r.kind.String(), Status: int(r.status), Error: r.error,
			State: v.State.String(), Difference: v.Difference, Spans: compact(v.Trace),
		}
		if skew > skewTolerance {
			t.Skew = millis(skew)
		}
		return t
	}
	if Bad(r.kind) || v.State != judge.Complete {
		s.badSeen++
		reservoir(&s.bad, maxBad, s.badSeen, build)
		return
	}
	s.goodSeen++
	reservoir(&s.random, maxRandom, s.goodSeen, build)
	if len(s.slow) < maxSlow {
		heap.Push(&s.slow, build())
	} else if millis(r.latency) > s.slow[0].Latency {
		s.slow[0] = build()
		heap.Fix(&s.slow, 0)
	}
}

// reservoir keeps room of the seen traces, each with the same chance (algorithm R).
func reservoir(kept *[]Trace, room, seen int, build func() Trace) {
	if len(*kept) < room {
		*kept = append(*kept, build())
		return
	}
	if i := rand.IntN(seen); i < room {
		(*kept)[i] = build()
	}
}

// result is the sample in the order of the requests, each once, with a word on how it was taken.
func (s *sampler) result() Sample {
	all := append([]Trace{}, slices.Concat(s.bad, s.random, s.slow)...)
	slices.SortFunc(all, func(a, b Trace) int { return cmp.Compare(a.N, b.N) })
	all = slices.CompactFunc(all, func(a, b Trace) bool { return a.N == b.N })
	sample := Sample{Traces: all}
	if seen := s.badSeen + s.goodSeen; len(all) < seen {
		broken := "All"
		if len(s.bad) < s.badSeen {
			broken = fmt.Sprintf("%d, drawn at random,", len(s.bad))
		}
		which := fmt.Sprintf("the %d slowest and %d drawn at random", len(s.slow), len(s.random))
		if s.badSeen > 0 {
			which = fmt.Sprintf("%s of the %d with an error or an incomplete trace, and of the others %s", broken, s.badSeen, which)
		}
		sample.How = fmt.Sprintf("%d of %d traces are shown: %s. Totals, quantiles and charts are of all requests.", len(all), seen, strings.ToLower(which[:1])+which[1:])
	}
	return sample
}

// slowest is a heap of traces, the fastest of them on top.
type slowest []Trace

func (h slowest) Len() int           { return len(h) }
func (h slowest) Less(i, j int) bool { return h[i].Latency < h[j].Latency }
func (h slowest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *slowest) Push(x any) { *h = append(*h, x.(Trace)) }

// Pop implements heap.Interface.
func (h *slowest) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}
