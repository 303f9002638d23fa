package selfhost

import (
	"context"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/logbuffer"
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
type logBuffer struct{ logbuffer.Buffer }

// since is what has been logged after the first n bytes, its end when it is long.
func (l *logBuffer) since(n int) string {
	const most = 8 << 10
	text := l.String()
	return text[max(n, len(text)-most):]
}

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
