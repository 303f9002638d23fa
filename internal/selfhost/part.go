package selfhost

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// spec says how one part is started and when it is ready.
type spec struct {
	name  string
	path  string
	args  []string
	env   []string
	ready string        // URL that answers 2xx once the part is ready
	grace time.Duration // how long it may take to end after SIGTERM
}

// part is one child process, with the life before it when it was restarted.
type part struct {
	spec spec
	out  *lineWriter

	mu       sync.Mutex
	cmd      *exec.Cmd
	exited   chan struct{} // closed when cmd has ended
	expected bool          // the end was asked for, so it is no failure
}

// ExitError reports a part that ended by itself.
type ExitError struct {
	Part  string
	State string   // "exit status 1", "signal: killed"
	Last  []string // its newest lines of output
}

// Error implements error.
func (e *ExitError) Error() string {
	text := fmt.Sprintf("%s ended unexpectedly (%s)", e.Part, e.State)
	if len(e.Last) == 0 {
		return text + " and wrote nothing"
	}
	return text + "; its last lines:\n    " + strings.Join(e.Last, "\n    ")
}

var errRunning = errors.New("is already running")

// start starts the process in the given process group and reports its end to died,
// unless the end was asked for.
func (p *part) start(group int, died func(error)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runningLocked() {
		return fmt.Errorf("%s %w", p.spec.name, errRunning)
	}
	cmd := exec.CommandContext(context.Background(), p.spec.path, p.spec.args...) // it outlives the start's context
	cmd.Env = p.spec.env
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.SysProcAttr = childAttributes(group)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.spec.name, err)
	}
	exited := make(chan struct{})
	p.cmd, p.exited, p.expected = cmd, exited, false
	go func() {
		cmd.Wait() //nolint:errcheck // ProcessState tells the same
		close(exited)
		p.mu.Lock()
		expected := p.expected
		p.mu.Unlock()
		if !expected {
			died(&ExitError{Part: p.spec.name, State: cmd.ProcessState.String(), Last: p.out.last()})
		}
	}()
	return nil
}

func (p *part) runningLocked() bool {
	if p.cmd == nil {
		return false
	}
	select {
	case <-p.exited:
		return false
	default:
		return true
	}
}

// signal sends sig as an end that is asked for and returns the channel that closes
// at the end; a part that does not run gives a closed one.
func (p *part) signal(sig syscall.Signal) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.runningLocked() {
		done := make(chan struct{})
		close(done)
		return done
	}
	p.expected = true
	p.cmd.Process.Signal(sig) //nolint:errcheck // it fails only when the process has just ended
	return p.exited
}

// stop asks the part to end and kills it when its grace time is over. It returns
// the process's exit code, -1 when a signal ended it or it never ran.
func (p *part) stop() int {
	exited := p.signal(syscall.SIGTERM)
	select {
	case <-exited:
	case <-time.After(p.spec.grace):
		p.out.Write([]byte("did not end within " + p.spec.grace.String() + ": killed\n")) //nolint:errcheck // never fails
		<-p.signal(syscall.SIGKILL)
	}
	return p.exitCode()
}

func (p *part) exitCode() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil || p.cmd.ProcessState == nil {
		return -1
	}
	return p.cmd.ProcessState.ExitCode()
}

// pid is the process id, 0 when the part does not run.
func (p *part) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.runningLocked() {
		return 0
	}
	return p.cmd.Process.Pid
}
