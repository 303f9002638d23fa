package selfhost

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
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

// part is one child process; it may have been ended and started again.
type part struct {
	spec spec
	out  *lineWriter

	mu   sync.Mutex
	life *life // nil before the first start
}

// life is one process of a part, from its start to its end.
type life struct {
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process has ended
	asked  atomic.Bool   // its end was asked for, so it is no failure
}

func (l *life) running() bool {
	if l == nil {
		return false
	}
	select {
	case <-l.exited:
		return false
	default:
		return true
	}
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
	if p.life.running() {
		return fmt.Errorf("%s %w", p.spec.name, errRunning)
	}
	cmd := exec.CommandContext(context.Background(), p.spec.path, p.spec.args...) // it outlives the start's context
	cmd.Env = p.spec.env
	cmd.Stdout, cmd.Stderr = p.out, p.out
	cmd.SysProcAttr = childAttributes(group)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", p.spec.name, err)
	}
	l := &life{cmd: cmd, exited: make(chan struct{})}
	p.life = l
	go func() {
		cmd.Wait() //nolint:errcheck // ProcessState tells the same
		close(l.exited)
		if !l.asked.Load() {
			died(&ExitError{Part: p.spec.name, State: cmd.ProcessState.String(), Last: p.out.last()})
		}
	}()
	return nil
}

// signal sends sig as an end that is asked for and returns the channel that closes
// at the end; a part that does not run gives a closed one.
func (p *part) signal(sig syscall.Signal) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.life.running() {
		done := make(chan struct{})
		close(done)
		return done
	}
	p.life.asked.Store(true)
	p.life.cmd.Process.Signal(sig) //nolint:errcheck // it fails only when the process has just ended
	return p.life.exited
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
	if p.life == nil || p.life.running() {
		return -1
	}
	return p.life.cmd.ProcessState.ExitCode()
}

// pid is the process id, 0 when the part does not run.
func (p *part) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.life.running() {
		return 0
	}
	return p.life.cmd.Process.Pid
}
