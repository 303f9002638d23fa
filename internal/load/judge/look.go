package judge

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/drydock-dev/drydock/internal/traces"
)

// pending is a subject on its way to a verdict.
type pending struct {
	Subject
	due   time.Time
	retry time.Duration // until the next look
	looks int
	trace traces.Trace // of the newest look
	err   error        // of the newest look
}

func (p *pending) unjudged(err error) Verdict {
	return Verdict{Subject: p.Subject, State: Unjudged, Trace: p.trace, Err: err}
}

// look is one question to the store: subjects whose requests followed one another, or one
// subject alone.
type look []*pending

const (
	// maxLook bounds the answer to one question, about 4 KB for each trace.
	maxLook = 200
	// dense is how many of the traces in an answer must be wanted, one in so many. Below
	// that, asking for each by its id is cheaper.
	dense = 4
	// others is room in an answer for traces of somebody else's requests in the same stretch of time.
	others = 50
)

// group makes questions of the subjects that are due.
func group(due []*pending) []look {
	slices.SortFunc(due, func(a, b *pending) int { return cmp.Compare(a.N, b.N) })
	var looks []look
	for len(due) > 0 {
		size := 1
		for size < len(due) && due[size].N-due[0].N < min(maxLook, dense*(size+1)) {
			size++
		}
		looks = append(looks, due[:size:size])
		due = due[size:]
	}
	return looks
}

func flatten(looks []look) []*pending { return slices.Concat(looks...) }

// ask asks the store and gives every subject what was found of it.
func (l look) ask(ctx context.Context, store Store) {
	if len(l) == 1 {
		l[0].trace, l[0].err = store.ByID(ctx, l[0].TraceID)
		return
	}
	from, to := l[0].Start, l[0].End
	for _, p := range l {
		if p.Start.Before(from) {
			from = p.Start
		}
		if p.End.After(to) {
			to = p.End
		}
	}
	found, err := store.Between(ctx, from, to, l[len(l)-1].N-l[0].N+1+others)
	if err != nil && !errors.Is(err, traces.ErrNotFound) {
		for _, p := range l {
			p.err = err
		}
		return
	}
	byID := make(map[string]traces.Trace, len(found))
	for _, trace := range found {
		byID[trace.ID] = trace
	}
	for _, p := range l {
		trace, ok := byID[p.TraceID]
		switch {
		case ok:
			p.trace, p.err = trace, nil
		case p.looks == 0:
			p.err = traces.ErrNotFound
		default:
			// Clocks may differ so much that the trace lies outside the stretch that was asked for.
			p.trace, p.err = store.ByID(ctx, p.TraceID)
		}
	}
}
