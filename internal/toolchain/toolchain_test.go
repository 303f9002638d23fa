package toolchain

import (
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestPathBuildsOnceAndRuns(t *testing.T) {
	b, progress := checkout(t, helloEntry, helloModule)
	path, err := b.Path(t.Context(), "hello", Target{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), path).CombinedOutput()
	if err != nil || string(out) != "1.34.4 1.34" {
		t.Errorf("the program said %q, %v; want its version through the linker flags", out, err)
	}
	again, err := b.Path(t.Context(), "hello", Target{})
	if err != nil || again != path {
		t.Errorf("second Path = %s, %v; want %s", again, err, path)
	}
	if got := progress.builds(); got != 1 {
		t.Errorf("%d builds, want 1:\n%s", got, progress)
	}
	if built, err := b.Built("hello", Target{}); err != nil || built != path {
		t.Errorf("Built = %q, %v; want %s", built, err, path)
	}
}

func TestPathForAnotherPlatform(t *testing.T) {
	b, _ := checkout(t, helloEntry, helloModule)
	for _, tt := range []struct {
		target Target
		want   elf.Machine
	}{
		{Target{"linux", "arm64"}, elf.EM_AARCH64},
		{Target{"linux", "amd64"}, elf.EM_X86_64},
	} {
		path, err := b.Path(t.Context(), "hello", tt.target)
		if err != nil {
			t.Fatal(err)
		}
		file, err := elf.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if file.Machine != tt.want {
			t.Errorf("%s: the program is for %s, want %s", tt.target, file.Machine, tt.want)
		}
		if file.Section(".symtab") != nil {
			t.Errorf("%s: the program is not stripped", tt.target)
		}
		file.Close()
	}
}

func TestUsersGoSettingsDoNotReachTheBuild(t *testing.T) {
	b, _ := checkout(t, helloEntry, helloModule)
	write(t, filepath.Join(b.Root, "go.work"), "go 1.26\n\nuse ./nowhere\n")
	t.Setenv("GOFLAGS", "-mod=vendor")
	t.Setenv("GOOS", "plan9")
	if _, err := b.Path(t.Context(), "hello", Target{}); err != nil {
		t.Error(err)
	}
}

func TestSeveralWantTheSame(t *testing.T) {
	first, progress := checkout(t, helloEntry, helloModule)
	var wg sync.WaitGroup
	for range 4 {
		// A Builder each, as in separate processes.
		b := &Builder{Root: first.Root, Cache: first.Cache, Progress: progress}
		wg.Go(func() {
			if _, err := b.Path(t.Context(), "hello", Target{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := progress.builds(); got != 1 {
		t.Errorf("%d builds, want 1:\n%s", got, progress)
	}
}

func TestFailureSaysWhyAndLeavesNothing(t *testing.T) {
	files := map[string]string{
		"hello/go.mod":  helloModule["hello/go.mod"],
		"hello/main.go": "package main\n\nfunc main() { undefinedHere() }\n",
	}
	b, _ := checkout(t, helloEntry, files)
	_, err := b.Path(t.Context(), "hello", Target{})
	var failure *CompileError
	if !errors.As(err, &failure) {
		t.Fatalf("Path: %v, want a CompileError", err)
	}
	for _, want := range []string{"hello 1.34.4", "undefined: undefinedHere", "fix: "} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if left := programs(t, b.Cache); len(left) > 0 {
		t.Errorf("a failed build left %v", left)
	}
}

// A go command that never ends stands in for a long build.
func TestCancelStopsTheBuild(t *testing.T) {
	bin, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	write(t, filepath.Join(bin, "go"), `#!/bin/sh
case $1 in
env) echo go1.26 ;;
build) touch `+started+`; exec sleep 600 ;;
esac
`)
	if err := os.Chmod(filepath.Join(bin, "go"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))

	b, _ := checkout(t, helloEntry, helloModule)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.Path(ctx, "hello", Target{})
		ended <- err
	}()
	waitFor(t, func() bool { return isFile(started) })
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Path: %v, want context canceled", err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the build goes on after its context was canceled")
	}
	if left := programs(t, b.Cache); len(left) > 0 {
		t.Errorf("a canceled build left %v", left)
	}
}

func TestCGOToolIsForThisMachineOnly(t *testing.T) {
	b, _ := checkout(t, helloEntry+"    cgo: true\n", helloModule)
	if _, err := b.Path(t.Context(), "hello", Target{"linux", "mips64"}); err == nil || !strings.Contains(err.Error(), "cgo") {
		t.Errorf("Path: %v, want an error that names cgo", err)
	}
}

// programs are the files in the cache that somebody could take for a program.
func programs(t *testing.T, cache string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cache, "tools", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		if filepath.Base(file) != "lock" {
			found = append(found, file)
		}
	}
	return found
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited 30 s in vain")
		}
	}
}
