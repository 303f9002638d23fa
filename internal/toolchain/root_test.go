package toolchain

import (
	"path/filepath"
	"testing"
)

func TestRoot(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "go.mod"), "module "+ModulePath+"\n")
	write(t, filepath.Join(root, "tools", "x", "go.mod"), "module "+ModulePath+"/tools/x\n")
	t.Chdir(filepath.Join(root, "tools", "x"))
	got, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	// The temporary folder may be reached through a link.
	if want, _ := filepath.EvalSymlinks(root); got != want && got != root {
		t.Errorf("Root() = %s, want %s", got, root)
	}
	t.Chdir(t.TempDir())
	if got, err := Root(); err == nil {
		t.Errorf("Root() outside a checkout = %s, want an error", got)
	}
}

func TestCacheDir(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", "/x")
	t.Setenv("DRYDOCK_CACHE", "/y")
	if got := CacheDir(); got != "/y" {
		t.Errorf("CacheDir() = %s, want $DRYDOCK_CACHE", got)
	}
	t.Setenv("DRYDOCK_CACHE", "")
	if got := filepath.Base(CacheDir()); got != "drydock" {
		t.Errorf("CacheDir() = %s, want a folder called drydock", got)
	}
}
