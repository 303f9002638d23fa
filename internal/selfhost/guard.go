package selfhost

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// guardName is argv[0] of the guard process; no user can pass it by accident.
const guardName = "drydock-selfhost-guard"

// guardDirEnv names the folder that the guard removes before it ends.
const guardDirEnv = "DRYDOCK_GUARD_DIR"

// Every program that imports this package can be its own guard, test binaries too:
// no program has to remember to ask for it.
func init() {
	if len(os.Args) > 0 && os.Args[0] == guardName {
		runGuard(os.Stdin, os.Getenv(guardDirEnv))
	}
}

// guard is a small process that outlives us by a moment. It leads the process group
// that all children are started in and holds the read end of a pipe that only we write
// to. However we die, the pipe closes, and the guard kills the group: nothing has to
// be recorded, so no child can be forgotten between its start and its record.
// It needs nothing but POSIX process groups, so it works on Linux and macOS alike.
type guard struct {
	cmd      *exec.Cmd
	pipe     io.Closer
	released atomic.Bool
	ended    chan struct{}
}

// startGuard starts the guard in a process group of its own, out of reach of a
// terminal's Ctrl-C. dir is removed by the guard at the end. died hears of an end
// that was not asked for.
func startGuard(dir string, died func(error)) (*guard, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find own binary for the guard process: %w", err)
	}
	cmd := exec.CommandContext(context.Background(), self) // it lives longer than any context of ours
	cmd.Args = []string{guardName}
	cmd.Env = []string{guardDirEnv + "=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("guard process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("guard process: %w", err)
	}
	g := &guard{cmd: cmd, pipe: pipe, ended: make(chan struct{})}
	go func() {
		err := cmd.Wait()
		close(g.ended)
		if !g.released.Load() {
			died(fmt.Errorf("the guard process, without which children could be left behind, ended: %w", err))
		}
	}()
	return g, nil
}

// group is the process group that children join.
func (g *guard) group() int { return g.cmd.Process.Pid }

// release lets the guard kill what is left of the group, remove the folder and end.
func (g *guard) release() {
	g.released.Store(true)
	g.pipe.Close()
	<-g.ended
}

// runGuard is the guard's whole life; it never returns.
func runGuard(pipe io.Reader, dir string) {
	// Only the pipe ends the guard: a signal to the group must not leave children alone.
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	io.Copy(io.Discard, pipe) //nolint:errcheck // an error means the same as the end of the pipe
	if dir != "" {
		os.RemoveAll(dir)
	}
	syscall.Kill(0, syscall.SIGKILL) //nolint:errcheck // 0 is our own group, ourselves included
	os.Exit(0)
}
