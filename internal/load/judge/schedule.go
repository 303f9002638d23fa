package judge

import (
	"container/heap"
	"slices"
	"time"
)

// schedule says when to look at which trace. It learns how late the spans of this system
// are: a look that comes too early costs the store and us as much as one in time. (A
// sidecar holds spans back for 100 ms in `make run`, for 5 s by OpenTelemetry's default.)
type schedule struct {
	queue   queue
	settle  time.Duration
	delay   time.Duration // from a request's end to the first look, at least settle
	slowest time.Duration // the longest that the first look is put off

	paused time.Time // until when nobody looks, after the store did not answer
	cause  error     // why it did not
}

func newSchedule(settle, deadline time.Duration) *schedule {
	return &schedule{settle: settle, delay: settle, slowest: max(deadline/2, settle)}
}

// Len is the number of subjects that wait.
func (s *schedule) Len() int { return len(s.queue) }

// Too early one time in about 25 is the balance between these two.
const (
	later   = 1.05
	earlier = 0.998
)

// The second look comes after firstRetry, each next one after twice the time.
const firstRetry = 250 * time.Millisecond

func (s *schedule) add(subject Subject) {
	heap.Push(&s.queue, &pending{Subject: subject, due: subject.End.Add(s.delay), retry: firstRetry})
}

// again has a subject looked at once more, the last time when its deadline has come.
func (s *schedule) again(p *pending, deadline time.Duration) {
	p.due = time.Now().Add(p.retry)
	if last := p.End.Add(deadline); p.due.After(last) {
		p.due = last
	}
	p.retry *= 2
	heap.Push(&s.queue, p)
}

// pause keeps everybody from looking for a while, because the store did not answer.
func (s *schedule) pause(p *pending) {
	s.paused, s.cause = time.Now().Add(storeDown), p.err
	p.due = s.paused
	heap.Push(&s.queue, p)
}

func (s *schedule) down() bool { return time.Now().Before(s.paused) }

// takeDue takes out those that are due.
func (s *schedule) takeDue(now time.Time) []*pending {
	var due []*pending
	for len(s.queue) > 0 && !now.Before(s.paused) && !now.Before(s.queue[0].due) {
		due = append(due, heap.Pop(&s.queue).(*pending))
	}
	return due
}

// takeOver takes out those for whom it is too late: while the store is down, their turn to
// be looked at may never come.
func (s *schedule) takeOver(deadline time.Duration) []*pending {
	var over []*pending
	s.queue = slices.DeleteFunc(s.queue, func(p *pending) bool {
		late := time.Since(p.End) >= deadline
		if late {
			over = append(over, p)
		}
		return late
	})
	heap.Init(&s.queue)
	return over
}

// all takes out everything.
func (s *schedule) all() []*pending {
	all := s.queue
	s.queue = nil
	return all
}

// learn moves the delay by the first look at each trace.
func (s *schedule) learn(p *pending, complete bool) {
	if p.looks++; p.looks > 1 {
		return
	}
	factor := later
	if complete {
		factor = earlier
	}
	s.delay = min(max(time.Duration(float64(s.delay)*factor), s.settle), s.slowest)
}

// queue is a heap of pending looks, the one that is due first on top.
type queue []*pending

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *queue) Push(p any) { *q = append(*q, p.(*pending)) }

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	old := *q
	last := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	return last
}
