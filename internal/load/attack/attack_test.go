package attack

import (
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/tracecontext"
)

func TestIDs(t *testing.T) {
	a, b := NewIDs(), NewIDs()
	seen := map[string]bool{}
	for _, ids := range []IDs{a, b, {high: 1, low: ^uint64(0), span: ^uint64(0)}} {
		for n := range 1000 {
			id := ids.TraceHex(n)
			if seen[id] || seen[string(ids.Span(n))] || len(id) != 32 || !strings.HasPrefix(id, ids.Run()) {
				t.Fatalf("request %d has trace id %s in run %s", n, id, ids.Run())
			}
			seen[id], seen[string(ids.Span(n))] = true, true
			if _, err := tracecontext.ParseTraceparent(ids.Traceparent(n)); err != nil {
				t.Fatalf("%s: %v", ids.Traceparent(n), err)
			}
		}
	}
}

func TestSnippet(t *testing.T) {
	long := snippet([]byte("  two\n lines" + strings.Repeat("é", 200)))
	if !strings.HasPrefix(long, "two linesé") || !strings.HasSuffix(long, "é…") || len(long) > 130 {
		t.Errorf("%q", long)
	}
}
