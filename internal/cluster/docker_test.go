package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTooFewWatchers(t *testing.T) {
	t.Parallel()
	limit := filepath.Join(t.TempDir(), "max_user_instances")
	if warning := tooFewWatchers(limit, 1); warning != "" {
		t.Errorf("without a limit: %s", warning)
	}
	if err := os.WriteFile(limit, []byte("128\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if warning := tooFewWatchers(limit, 1); warning != "" {
		t.Errorf("one node: %s", warning)
	}
	if warning := tooFewWatchers(limit, 3); !strings.Contains(warning, "allows 128 inotify instances, which 3 nodes may use up") || !strings.Contains(warning, "sysctl") {
		t.Errorf("three nodes: %q", warning)
	}
}
