// Package judge finds the trace of every request while the load runs, waits for spans that
// are late, and says whether it is the tree that was expected.
package judge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/shape"
	"github.com/drydock-dev/drydock/internal/traces"
)

// Store is where traces are read from; *traces.Client is one.
type Store interface {
	ByID(ctx context.Context, id string) (traces.Trace, error)
	Between(ctx context.Context, from, to time.Time, limit int) ([]traces.Trace, error)
}

// State is what became of a request's trace.
type State uint8

// The states of traces.
const (
	Complete   State = iota // exactly as expected
	Incomplete              // found, and not as expected when the time for late spans was over
	Missing                 // no span of it was stored
	Unjudged                // nobody could look: the store was away, or the run was interrupted
)

var stateNames = []string{"complete", "incomplete", "missing", "unjudged"}

// States is the number of states.
const States = int(Unjudged) + 1

// String is the state's name in reports and in --fail-on.
func (s State) String() string { return stateNames[s] }

// Subject is a request whose trace is to be judged.
type Subject struct {
	N          int
	TraceID    string
	Kind       attack.Kind
	Start, End time.Time // of the request
}

// Verdict is what was found of a subject.
type Verdict struct {
	Subject
	State      State
	Difference string       // of an incomplete trace, see shape.Difference
	Trace      traces.Trace // as far as it was found
	Err        error        // why an unjudged one could not be looked at
}

// Judge judges traces as they come in.
type Judge struct {
	Store Store
	Shape shape.Shape
	// Settle is how long after a request its trace is first looked at, so that a span which
	// does not belong there has arrived too. It should exceed the time that exporters hold
	// spans back; where they hold them longer, the judge learns to come later.
	Settle time.Duration
	// Deadline is how long after a request its last span may arrive.
	Deadline time.Duration
}

const (
	workers   = 2                      // questions to the store at once
	beat      = 250 * time.Millisecond // how often those that are due are looked at, all together
	storeDown = 500 * time.Millisecond // pause after the store did not answer
)

// Run judges all subjects until their channel is closed, and hands out each one's verdict,
// one at a time and in no order. When ctx ends, what is left is Unjudged.
func (j Judge) Run(ctx context.Context, subjects <-chan Subject, verdict func(Verdict)) {
	looks := make(chan look)
	looked := make(chan look, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for l := range looks {
				l.ask(ctx, j.Store)
				looked <- l
			}
		})
	}
	defer wg.Wait()
	defer close(looks)

	s := newSchedule(j.Settle, j.Deadline)
	var waiting []look // those that are due, for a worker to take
	underWay := 0
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for subjects != nil || s.Len() > 0 || len(waiting)+underWay > 0 {
		var next look
		var ready chan<- look // nil, which blocks, while nothing is due
		if len(waiting) > 0 {
			next, ready = waiting[0], looks
		}
		select {
		case <-ctx.Done():
			if subjects != nil {
				for subject := range subjects { // its sender ends with ctx too
					verdict(Verdict{Subject: subject, State: Unjudged, Err: ctx.Err()})
				}
			}
			for range underWay {
				waiting = append(waiting, <-looked)
			}
			for _, p := range append(s.all(), flatten(waiting)...) {
				verdict(p.unjudged(ctx.Err()))
			}
			return
		case subject, open := <-subjects:
			if !open {
				subjects = nil
				continue
			}
			s.add(subject)
		case <-ticker.C:
			if len(waiting) == 0 {
				waiting = group(s.takeDue(time.Now()))
			}
		case ready <- next:
			waiting = waiting[1:]
			underWay++
		case l := <-looked:
			underWay--
			for _, p := range l {
				if v, done := j.judge(p, s); done {
					verdict(v)
				}
			}
			if s.down() {
				for _, p := range s.takeOver(j.Deadline) {
					verdict(p.unjudged(s.cause))
				}
			}
		}
	}
}

// judge decides on a look, or has the trace looked at once more.
func (j Judge) judge(p *pending, s *schedule) (Verdict, bool) {
	over := time.Since(p.End) >= j.Deadline
	switch {
	case p.err == nil:
		difference := j.Shape.Difference(p.Kind, p.trace)
		if difference == "" {
			s.learn(p, true)
			return Verdict{Subject: p.Subject, State: Complete, Trace: p.trace}, true
		}
		if over {
			return Verdict{Subject: p.Subject, State: Incomplete, Difference: difference, Trace: p.trace}, true
		}
	case errors.Is(p.err, traces.ErrNotFound):
		if over {
			return Verdict{Subject: p.Subject, State: Missing, Difference: "no span of the trace was stored"}, true
		}
	default:
		if over {
			return p.unjudged(p.err), true
		}
		s.pause(p)
		return Verdict{}, false
	}
	s.learn(p, false)
	s.again(p, j.Deadline)
	return Verdict{}, false
}
