//go:build linux

package supervisor

import (
	"context"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// child is a process of the service.
type child struct {
	pid     int
	address string // where it listens, on loopback
	started time.Time
	stopped bool          // it was asked to end
	done    chan struct{} // closed when it has ended
}

// launch starts the binary, to listen on the port. The process is not waited for with package os: PID 1 waits for every process, in one place.
func launch(wrap []string, binary string, args []string, port int) (*child, error) {
	command := append(append(append([]string{}, wrap...), binary), args...)
	started := time.Now()
	pid, err := syscall.ForkExec(command[0], command, &syscall.ProcAttr{
		Env:   environment(port),
		Files: []uintptr{0, 1, 2},
	})
	if err != nil {
		return nil, err
	}
	return &child{
		pid: pid, address: loopback(port), started: started, done: make(chan struct{}),
	}, nil
}

// environment is the pod's, with another address and without a delay at shutdown: see [Config.ShutdownDelay].
func environment(port int) []string {
	var env []string
	for _, entry := range os.Environ() {
		switch name, _, _ := strings.Cut(entry, "="); name {
		case "HOST", "PORT", "SHUTDOWN_DELAY":
		default:
			env = append(env, entry)
		}
	}
	return append(env, "HOST=127.0.0.1", "PORT="+strconv.Itoa(port), "SHUTDOWN_DELAY=0s")
}

// await reports on listening when the process accepts connections, on overdue when that takes too long.
func (c *child) await(ctx context.Context, listening, overdue chan<- *child) {
	late := time.After(listenPatience)
	for {
		// On loopback a dial is answered or refused at once.
		if connection, err := net.Dial("tcp", c.address); err == nil { //nolint:noctx // see above
			connection.Close()
			select {
			case listening <- c:
			case <-ctx.Done():
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-c.done:
			return
		case <-late:
			go c.expect(ctx, 0, overdue)
		case <-time.After(time.Millisecond):
		}
	}
}

// expect reports the process on overdue unless it has ended within the time.
func (c *child) expect(ctx context.Context, within time.Duration, overdue chan<- *child) {
	select {
	case <-ctx.Done():
		return
	case <-c.done:
		return
	case <-time.After(within):
	}
	select {
	case overdue <- c:
	case <-ctx.Done():
	}
}

// gone reports whether the process has ended. A nil child has.
func (c *child) gone() bool {
	if c == nil {
		return true
	}
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// signal sends a signal. The process may have ended, but nobody else has its id before it is reaped, which the caller does.
func (c *child) signal(s syscall.Signal) {
	if !c.gone() {
		_ = syscall.Kill(c.pid, s)
	}
}

// exitCode is what a shell would call it: the code, or 128 and the signal's number.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return "by signal " + strconv.Itoa(int(status.Signal())) + " (" + status.Signal().String() + ")"
	}
	return fmt.Sprintf("with exit code %d", status.ExitStatus())
}
