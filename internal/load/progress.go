package load

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

const (
	barWidth      = 30
	barInterval   = 100 * time.Millisecond
	lineInterval  = 5 * time.Second
	clearLine     = "\r\x1b[K"
	unknownLength = -1
)

// showProgress shows how far the run is until the returned function is called: one line
// that changes on a terminal, a line now and then in a log.
func (r *run) showProgress() (stop func()) {
	if r.options.Progress == nil {
		return func() {}
	}
	interval := lineInterval
	if r.options.Terminal {
		interval = barInterval
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	fmt.Fprintf(r.options.Progress, "Loading %s (%s)\n", r.options.System.Target, r.options.System.Where)
	wg.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				r.printProgress()
			case <-done:
				if r.options.Terminal {
					fmt.Fprint(r.options.Progress, clearLine)
				}
				return
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}

func (r *run) printProgress() {
	answers, bad, judged, broken := r.collector.Counts()
	var line strings.Builder
	if part := r.part(answers, judged); r.options.Terminal && part != unknownLength {
		filled := int(part * barWidth)
		fmt.Fprintf(&line, "%s%s %3.0f%%  ", strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), part*100)
	}
	fmt.Fprintf(&line, "%d answers", answers)
	if bad > 0 {
		fmt.Fprintf(&line, " (%d not from greeter)", bad)
	}
	if r.options.System.TraceAPI != None {
		fmt.Fprintf(&line, ", %d traces judged", judged)
		if broken > 0 {
			fmt.Fprintf(&line, " (%d incomplete)", broken)
		}
		if !r.sending.Load() {
			line.WriteString(", waiting for late spans")
		}
	}
	if r.options.Terminal {
		fmt.Fprint(r.options.Progress, clearLine+line.String())
		return
	}
	fmt.Fprintln(r.options.Progress, line.String())
}

// part is how much of the run is done, from 0 to 1: half of a judged run is the judging.
func (r *run) part(answers, judged int) float64 {
	sent := 0.0
	switch o := r.options; {
	case !r.sending.Load():
		sent = 1
	case o.Requests > 0:
		sent = float64(answers) / float64(o.Requests)
	case o.Duration > 0:
		sent = min(float64(time.Since(r.collector.Started()))/float64(o.Duration), 1)
	default:
		return unknownLength
	}
	if r.options.System.TraceAPI == None || answers == 0 {
		return sent
	}
	return min(sent*(0.5+0.5*float64(judged)/float64(answers)), 1)
}
