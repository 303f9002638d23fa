package judge

import (
	"fmt"
	"testing"
	"time"
)

func subjects(numbers ...int) []*pending {
	var list []*pending
	for _, n := range numbers {
		list = append(list, &pending{Subject: Subject{N: n}})
	}
	return list
}

func TestGroup(t *testing.T) {
	row := func(from, to int) (numbers []int) {
		for n := from; n < to; n++ {
			numbers = append(numbers, n)
		}
		return numbers
	}
	for _, c := range []struct {
		name    string
		numbers []int
		want    string // sizes of the questions
	}{
		{"none", nil, "[]"},
		{"one", []int{5}, "[1]"},
		{"neighbours, in any order", []int{3, 1, 2}, "[3]"},
		{"far apart", []int{0, 100, 200}, "[1 1 1]"},
		{"every third", []int{0, 3, 6, 9}, "[4]"},
		{"a long row is cut", row(0, 2*maxLook+1), fmt.Sprintf("[%d %d 1]", maxLook, maxLook)},
	} {
		t.Run(c.name, func(t *testing.T) {
			sizes := []int{}
			for _, l := range group(subjects(c.numbers...)) {
				sizes = append(sizes, len(l))
			}
			if got := fmt.Sprint(sizes); got != c.want {
				t.Errorf("questions of %s, want %s", got, c.want)
			}
		})
	}
}

func TestScheduleLearnsHowLateSpansAre(t *testing.T) {
	const settle, late = 100 * time.Millisecond, 3 * time.Second
	s := newSchedule(settle, 15*time.Second)
	early := 0
	for range 2000 {
		complete := s.delay >= late
		if !complete {
			early++
		}
		s.learn(&pending{}, complete)
	}
	if s.delay < late*9/10 || s.delay > late*12/10 || early > 300 {
		t.Errorf("looks come after %v, %d of 2000 too early; want about %v", s.delay, early, late)
	}
	for range 10000 { // nothing is late any more
		s.learn(&pending{}, true)
	}
	if s.delay != settle {
		t.Errorf("looks come after %v, want %v", s.delay, settle)
	}
	for range 10000 { // nothing is ever complete
		s.learn(&pending{}, false)
	}
	if s.delay != 15*time.Second/2 {
		t.Errorf("looks come after %v, want half of the deadline", s.delay)
	}
}

func TestTheLastLookIsAtTheDeadline(t *testing.T) {
	s := newSchedule(0, time.Minute)
	end := time.Now()
	p := &pending{Subject: Subject{End: end}, retry: time.Hour}
	s.again(p, time.Second)
	if !p.due.Equal(end.Add(time.Second)) {
		t.Errorf("the next look is %v after the request, want 1s", p.due.Sub(end))
	}
	if due := s.takeDue(end); len(due) != 0 {
		t.Error("it is due at once")
	}
	if due := s.takeDue(end.Add(time.Second)); len(due) != 1 {
		t.Error("it is not due at the deadline")
	}
}
