package nodeimage

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// newBuilder has a recipe of these packages and nothing else.
func newBuilder(t *testing.T, packages string) *Builder {
	t.Helper()
	b := &Builder{Root: t.TempDir(), Cache: t.TempDir(), Progress: t.Output()}
	if err := os.MkdirAll(b.recipe(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(b.recipe(), "packages.txt"), []byte(packages), 0o600); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPackages(t *testing.T) {
	got, err := newBuilder(t, "# what for\nsystemd  iptables # both\n\n  jq\n").packages()
	if want := []string{"systemd", "iptables", "jq"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestBaseKeyFollowsThePackages(t *testing.T) {
	key := func(packages string) string {
		key, err := newBuilder(t, packages).baseKey()
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	if key("systemd jq") != key("systemd\njq # a remark") {
		t.Error("the same packages, another key")
	}
	if key("systemd jq") == key("systemd curl") {
		t.Error("other packages, the same key")
	}
}

func TestLockClearsWhatAKilledRunLeft(t *testing.T) {
	b := newBuilder(t, "")
	whole := filepath.Join(b.Cache, "node-1.tar")
	partial := filepath.Join(b.Cache, "node-2.tar.partial")
	for _, path := range []string{whole, partial, filepath.Join(b.workplaces(), "node-3", "etc", "passwd")} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := b.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err := os.Stat(whole); err != nil {
		t.Errorf("what was whole is gone: %v", err)
	}
	for _, path := range []string{partial, b.workplaces()} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s is still there", path)
		}
	}
}
