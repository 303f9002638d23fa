package tiltloop

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// sessionEnv makes the test binary a process that runs a Tilt, which is `sleep`, on the checkout that it names.
const sessionEnv = "TILTLOOP_TEST_SESSION"

func TestMain(m *testing.M) {
	root := os.Getenv(sessionEnv)
	if root == "" {
		os.Exit(m.Run())
	}
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if err := Run(ctx, root, exec.CommandContext(ctx, "sleep", "600")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func TestStop(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := Stop(t.Context(), root, io.Discard); err != nil {
		t.Fatalf("nothing runs: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	running := exec.CommandContext(t.Context(), self)
	running.Env = append(os.Environ(), sessionEnv+"="+root)
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "session of the process", func() bool {
		text, err := os.ReadFile(filepath.Join(root, Dir, "session"))
		return err == nil && string(text) == strconv.Itoa(running.Process.Pid)
	})
	if err := Run(t.Context(), root, exec.CommandContext(t.Context(), "true")); err == nil || !strings.Contains(err.Error(), "a Tilt of this checkout is running") {
		t.Errorf("a second one: %v", err)
	}
	var told strings.Builder
	if err := Stop(t.Context(), root, &told); err != nil || !strings.Contains(told.String(), "ended") {
		t.Errorf("%q %v", told.String(), err)
	}
	if err := running.Wait(); err != nil {
		t.Errorf("who was stopped by intent failed: %v", err)
	}
	if err := Run(t.Context(), root, exec.CommandContext(t.Context(), "true")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAtLeast(t *testing.T) {
	t.Parallel()
	for printed, want := range map[string]bool{
		"v0.33.21, built from-source":  true,
		"v0.36.0, built 2026-01-12\n":  true,
		"v0.33.20, built 2025-01-01\n": false,
		"v0.9.1, built 2020-01-01":     false,
		"not tilt at all":              false,
		"":                             false,
	} {
		if got := atLeast(printed, "v0.33.21"); got != want {
			t.Errorf("%q: %t", printed, got)
		}
	}
}
