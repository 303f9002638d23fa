//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/test/greet"
)

const (
	// callers ask at the same time, half of them over connections that they keep.
	callers = 4
	// pause is between two requests of a caller: enough of them to see a gap, and few enough for a busy machine.
	pause = 100 * time.Millisecond
)

// load is callers that ask comms for greetings until stop.
type load struct {
	url   string
	begin time.Time
	end   context.CancelFunc
	wait  sync.WaitGroup

	mu    sync.Mutex
	tally tally
}

// tally is what came of a load. A fallback is a polite 200 and no success, so it is counted apart.
type tally struct {
	greeter, fallback int
	// row is how many greetings came one after the other, without anything else between.
	row int
	// fallbacks and lost are descriptions; what is lost had no answer or one that is not 2xx.
	fallbacks, lost []string
}

// startLoad waits until the load is answered by greeter.
func startLoad(ctx context.Context, t *testing.T, s *system) *load {
	t.Helper()
	s.greets(ctx, t)
	ctx, cancel := context.WithCancel(ctx)
	l := &load{url: s.comms(), begin: time.Now(), end: cancel}
	t.Cleanup(func() { l.stop() })
	for i := range callers {
		l.wait.Go(func() { l.call(ctx, i%2 == 0) })
	}
	l.until(ctx, t, "greetings under load", func(t tally) bool { return t.greeter >= 5*callers })
	return l
}

func (l *load) call(ctx context.Context, keepAlive bool) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: !keepAlive}}
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		// A request under way is not cut off by the end of the load: it would count as lost.
		asked := time.Since(l.begin)
		a, err := greet.Send(context.WithoutCancel(ctx), client, l.url, `{"name":"Ada"}`, "Content-Type: application/json")
		l.count(asked, a, err)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (l *load) count(asked time.Duration, a greet.Answer, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	what := fmt.Sprintf("asked after %.1f s, answered after %.1f s: ", asked.Seconds(), time.Since(l.begin).Seconds())
	switch {
	case err != nil:
		l.tally.row, l.tally.lost = 0, append(l.tally.lost, what+err.Error())
	case greet.FromGreeter(a, "Ada") == nil:
		l.tally.greeter++
		l.tally.row++
	case greet.FromFallback(a, "Ada") == nil:
		l.tally.row, l.tally.fallbacks = 0, append(l.tally.fallbacks, what+a.Body)
		l.tally.fallback++
	default:
		l.tally.row, l.tally.lost = 0, append(l.tally.lost, fmt.Sprintf("%s%d %s", what, a.Status, a.Body))
	}
}

func (l *load) now() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tally
}

// until waits until the tally is as wanted.
func (l *load) until(ctx context.Context, t *testing.T, what string, wanted func(tally) bool) {
	t.Helper()
	eventually(ctx, t, what, func(context.Context) error {
		if now := l.now(); !wanted(now) {
			return fmt.Errorf("so far %s", now)
		}
		return nil
	})
}

// stop ends the load and returns what came of it.
func (l *load) stop() tally {
	l.end()
	l.wait.Wait()
	return l.now()
}

func (t tally) String() string {
	return fmt.Sprintf("%d greetings, %d fallbacks, %d lost", t.greeter, t.fallback, len(t.lost))
}

// few is the first of many lines.
func few(lines []string) string { return strings.Join(lines[:min(len(lines), 5)], "\n") }

// expectNothingLost is for what must not be noticed by anybody.
func expectNothingLost(t *testing.T, got tally) {
	t.Helper()
	fmt.Fprintf(progress{}, "  under load: %s\n", got)
	if len(got.lost) > 0 {
		t.Errorf("%s; lost:\n%s", got, few(got.lost))
	}
	if got.fallback > 0 {
		t.Errorf("%s; fallbacks:\n%s", got, few(got.fallbacks))
	}
}
