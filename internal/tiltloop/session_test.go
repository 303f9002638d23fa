package tiltloop

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/process"
)

// partEnv makes the test binary one of the processes of a session, on the checkout that is its argument.
const partEnv = "TILTLOOP_TEST_PART"

func TestMain(m *testing.M) {
	switch os.Getenv(partEnv) {
	case "run":
		process.Main(func(ctx context.Context, args []string, _ func(string) string, _ io.Writer) error {
			return Run(ctx, args[0], sessionPart(ctx, "tilt", args[0]))
		})
	case "stop":
		process.Main(func(ctx context.Context, args []string, _ func(string) string, stdout io.Writer) error {
			return Stop(ctx, args[0], stdout)
		})
	case "tilt":
		os.Exit(fakeTilt(os.Args[1]))
	default:
		os.Exit(m.Run())
	}
}

func sessionPart(ctx context.Context, name, root string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], root)
	cmd.Env = append(os.Environ(), partEnv+"="+name)
	return cmd
}

// fakeTilt has what matters here of Tilt: a command that it serves, in a process group of its own, which it ends in order after one signal and leaves
// behind at a second one.
func fakeTilt(root string) (code int) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	served := exec.CommandContext(context.Background(), "sleep", "600")
	served.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := served.Start(); err != nil {
		return 3
	}
	if err := os.WriteFile(servedFile(root), []byte(strconv.Itoa(served.Process.Pid)+"\n"), 0o644); err != nil {
		return 3
	}
	<-signals
	select {
	case <-signals:
		return 1
	case <-time.After(200 * time.Millisecond):
	}
	_ = served.Process.Kill()
	_ = served.Wait()
	return 0
}

func servedFile(root string) string { return filepath.Join(root, "served") }

// startSession starts a session with the fake Tilt, in a process group of its own as a terminal's job is. served is what Tilt serves.
func startSession(t *testing.T, root string) (session *exec.Cmd, served int) {
	t.Helper()
	session = sessionPart(t.Context(), "run", root)
	session.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := session.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-session.Process.Pid, syscall.SIGKILL) })
	until(t, "command that Tilt serves", func() bool {
		text, err := os.ReadFile(servedFile(root))
		line, whole := strings.CutSuffix(string(text), "\n")
		if err != nil || !whole {
			return false
		}
		served, err = strconv.Atoi(line)
		return err == nil
	})
	t.Cleanup(func() {
		if alive(served) {
			_ = syscall.Kill(served, syscall.SIGKILL)
		}
	})
	return session, served
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestStop(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	if err := Stop(t.Context(), root, io.Discard); err != nil {
		t.Fatalf("nothing runs: %v", err)
	}
	session, served := startSession(t, root)
	if err := Run(t.Context(), root, exec.CommandContext(t.Context(), "true")); err == nil || !strings.Contains(err.Error(), "a Tilt of this checkout is running") {
		t.Errorf("a second one: %v", err)
	}
	var told strings.Builder
	if err := Stop(t.Context(), root, &told); err != nil || !strings.Contains(told.String(), "ended") {
		t.Errorf("%q %v", told.String(), err)
	}
	if alive(served) {
		t.Error("what Tilt served still runs")
	}
	if err := session.Wait(); err != nil {
		t.Errorf("who was stopped by intent failed: %v", err)
	}
	if err := Run(t.Context(), root, exec.CommandContext(t.Context(), "true")); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestCtrlCLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for range 3 {
		session, served := startSession(t, t.TempDir())
		if err := syscall.Kill(-session.Process.Pid, syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if err := session.Wait(); err != nil {
			t.Error(err)
		}
		if alive(served) {
			t.Error("what Tilt served still runs")
		}
	}
}

func TestInterruptOfTheSessionAloneReachesTilt(t *testing.T) {
	t.Parallel()
	session, served := startSession(t, t.TempDir())
	if err := session.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := session.Wait(); err != nil {
		t.Error(err)
	}
	if alive(served) {
		t.Error("what Tilt served still runs")
	}
}

func TestStopSignalsWhoRunsTiltAndNobodyElse(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	bystander := exec.CommandContext(t.Context(), "sleep", "600")
	if err := bystander.Start(); err != nil {
		t.Fatal(err)
	}
	startSession(t, root)
	write(t, root, filepath.Join(Dir, "session"), strconv.Itoa(bystander.Process.Pid))
	if err := Stop(t.Context(), root, io.Discard); err != nil {
		t.Error(err)
	}
	// The first signal that arrives tells whether there was another one before.
	if err := bystander.Process.Kill(); err != nil {
		t.Error(err)
	}
	if err := bystander.Wait(); err == nil || err.Error() != "signal: killed" {
		t.Errorf("a process that runs no Tilt ended with %v", err)
	}
}

func TestStopsAtTheSameTime(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	session, served := startSession(t, root)
	stops := []*exec.Cmd{sessionPart(t.Context(), "stop", root), sessionPart(t.Context(), "stop", root)}
	for _, stop := range stops {
		if err := stop.Start(); err != nil {
			t.Fatal(err)
		}
	}
	for _, stop := range stops {
		if err := stop.Wait(); err != nil {
			t.Error(err)
		}
	}
	if alive(served) {
		t.Error("what Tilt served still runs")
	}
	if err := session.Wait(); err != nil {
		t.Errorf("the session did not end in order: %v", err)
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
