package toolchain

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/gofrs/flock"
)

func TestPrune(t *testing.T) {
	b, _ := checkout(t, helloEntry, helloModule)
	current, err := b.Path(t.Context(), "hello", Target{})
	if err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(b.Cache, "tools", "hello-000000000000")
	write(t, filepath.Join(old, "hello"), "12345")
	busy := filepath.Join(b.Cache, "tools", "hello-111111111111")
	write(t, filepath.Join(busy, "hello.partial"), "")
	lock := flock.New(filepath.Join(busy, "lock"))
	if err := lock.Lock(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Unlock() }()

	removed, freed, err := b.Prune()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(removed, []string{old}) || freed != 5 {
		t.Errorf("removed %v, freed %d bytes; want %s and 5", removed, freed, old)
	}
	if !isFile(current) || !isFile(filepath.Join(busy, "hello.partial")) {
		t.Error("it removed what is in use")
	}
	if removed, _, err := b.Prune(); err != nil || len(removed) > 0 {
		t.Errorf("a second run removed %v, %v; want nothing", removed, err)
	}
}
