package selfhost

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/test/greet"
)

// patient bounds waits as the requests are bounded.
const patient = greet.Patience

// mustGreet fails the test when there is no answer at all.
func mustGreet(t *testing.T, url, name string, headers ...string) greet.Answer {
	t.Helper()
	a, err := greet.Ask(t.Context(), url, name, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// logBuffer keeps a system's logs for the case that its test fails.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Len is how much has been logged so far.
func (l *logBuffer) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Len()
}

// since is what has been logged after the first n bytes, its end when it is long.
func (l *logBuffer) since(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const most = 8 << 10
	return string(l.buf.Bytes()[max(n, l.buf.Len()-most):])
}

func (l *logBuffer) String() string { return l.since(0) }

// eventually tries until do succeeds, and fails the test with its last error when it
// does not in time.
func eventually(t *testing.T, do func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-ticker.C:
		}
	}
}
