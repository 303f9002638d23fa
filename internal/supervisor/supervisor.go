//go:build linux

package supervisor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// Config says what is supervised.
type Config struct {
	// Program is the service's binary in the image. It is copied into Folder once and runs from there.
	Program string
	// Args are the service's arguments.
	Args []string
	// Wrap is a command that runs the service, put before its path; a debugger, for one.
	Wrap []string
	// Exclusive stops the old process before the new one starts, for a wrapper that cannot run twice.
	Exclusive bool
	// Folder is the writable folder of the binary. Nothing outside of it is ever written.
	Folder string
	// Address is where requests come in.
	Address string
	// ShutdownDelay is how long requests are answered after a SIGTERM, as in production. Replacing the binary does not wait for it.
	ShutdownDelay time.Duration
	// Log tells what happens to the processes; what they print themselves goes to the standard streams directly.
	Log *slog.Logger
}

// Times that nobody needs to set.
const (
	firstPause  = 500 * time.Millisecond // before a crashed process is started again; doubled up to
	longestWait = 10 * time.Second
	// stable is how long a process must run to have its earlier crashes forgotten.
	stable = 10 * time.Second
	// listenPatience is how long a new process may take to listen before it counts as failed.
	listenPatience = 10 * time.Second
	// stopPatience is how long a process may take to end before it is killed; above the services' SHUTDOWN_GRACE.
	stopPatience = 15 * time.Second
)

// supervisor is the state of Run. All of it belongs to the one goroutine of Run's loop.
type supervisor struct {
	Config
	binary string
	front  *front
	ports  ports

	running map[int]*child // by process id
	newest  *child         // started last; nil before the first start, and while none runs
	serving *child         // gets the requests; may be older than newest
	pause   time.Duration  // before the next start after a crash
	exit    int            // exit code of the newest process

	// pending says that the newest binary starts as soon as the processes before it are gone.
	pending bool
	// stopping says that the pod is shutting down and nothing is started any more.
	stopping bool

	listening chan *child // sent once by a child's goroutine, when it listens
	overdue   chan *child // sent when a child has not listened for listenPatience, or not ended for stopPatience
	again     *time.Timer
}

// Run supervises until SIGTERM or SIGINT has been passed on and every process has ended. It returns the exit code of the service, as
// Kubernetes would have seen it without a supervisor.
func Run(ctx context.Context, config Config) (int, error) {
	// A process whose parent has died becomes ours, as PID 1 by nature, elsewhere by this request (prctl(2), PR_SET_CHILD_SUBREAPER).
	const setChildSubreaper = 36
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, setChildSubreaper, 1, 0); errno != 0 {
		return 1, fmt.Errorf("become the reaper of orphans: %w", errno)
	}
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2)
	defer signal.Stop(signals)
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGCHLD)
	defer signal.Stop(ended)

	binary := filepath.Join(config.Folder, filepath.Base(config.Program))
	if err := install(config.Program, binary); err != nil {
		return 1, err
	}
	// Watched before it is first started, so that no replacement is missed.
	replaced, err := watch(ctx, binary)
	if err != nil {
		return 1, err
	}
	s := &supervisor{
		Config: config, binary: binary, front: newFront(config.Log), ports: anyPorts(), running: map[int]*child{}, pause: firstPause,
		listening: make(chan *child), overdue: make(chan *child), again: time.NewTimer(time.Hour),
	}
	s.again.Stop()
	if len(config.Wrap) > 0 {
		s.front.unseen = filepath.Base(binary) + " has ended under " + filepath.Base(config.Wrap[0]) + ", which runs on: replace the binary, or restart it there"
	}
	if err := s.front.listen(ctx, config.Address); err != nil {
		return 1, err
	}
	defer s.front.close()
	return s.loop(ctx, signals, ended, replaced)
}

func (s *supervisor) loop(ctx context.Context, signals, ended <-chan os.Signal, replaced <-chan error) (int, error) {
	// Without cancelling, goroutines that report to a loop that has ended would wait forever.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var forward <-chan time.Time
	s.start(ctx)
	for {
		select {
		case received := <-signals:
			if received != syscall.SIGTERM && received != syscall.SIGINT {
				s.newest.signal(received.(syscall.Signal))
				continue
			}
			s.Log.InfoContext(ctx, "shutting down", slog.Duration("delay", s.ShutdownDelay))
			s.stopping, s.pending = true, false
			s.again.Stop()
			forward = time.After(s.ShutdownDelay)
		case <-forward:
			for _, c := range s.running {
				s.stop(ctx, c)
			}
		case <-ended:
			s.reap(ctx)
		case err := <-replaced:
			if err != nil {
				return 1, err
			}
			s.replace(ctx)
		case c := <-s.listening:
			s.promote(ctx, c)
		case c := <-s.overdue:
			s.giveUp(ctx, c)
		case <-s.again.C:
			s.start(ctx)
		case <-ctx.Done():
			return 1, ctx.Err()
		}
		if s.stopping && len(s.running) == 0 {
			return s.exit, nil
		}
	}
}

// replace starts the binary that has just been put in place.
func (s *supervisor) replace(ctx context.Context) {
	if s.stopping {
		return
	}
	s.Log.InfoContext(ctx, "replaced", slog.String("binary", s.binary))
	s.pause = firstPause
	s.again.Stop()
	if s.newest != nil && (s.newest != s.serving || s.Exclusive) {
		// It never got a request, or may have none while the other is there.
		s.stop(ctx, s.newest)
	}
	if s.Exclusive && len(s.running) > 0 {
		s.front.hold()
		s.serving, s.newest, s.pending = nil, nil, true
		return
	}
	s.start(ctx)
}

// start runs the binary beside whatever runs already.
func (s *supervisor) start(ctx context.Context) {
	s.pending = false
	if s.stopping {
		return
	}
	c, err := s.launch()
	if err != nil {
		s.fail(ctx, fmt.Sprintf("does not start: %v", err))
		return
	}
	s.running[c.pid], s.newest = c, c
	if s.serving == nil {
		s.front.hold()
	}
	s.Log.InfoContext(ctx, "started", slog.Int("pid", c.pid))
	go c.await(ctx, s.listening, s.overdue)
}

func (s *supervisor) launch() (*child, error) {
	port, err := s.ports.next()
	if err != nil {
		return nil, err
	}
	return launch(s.Wrap, s.binary, s.Args, port)
}

// promote gives the requests to a process that listens, and stops the one before it.
func (s *supervisor) promote(ctx context.Context, c *child) {
	if c != s.newest || c.gone() {
		return
	}
	old := s.serving
	s.serving = c
	drained := s.front.serve(c.address)
	s.Log.InfoContext(ctx, "serving", slog.Int("pid", c.pid), slog.Duration("took", time.Since(c.started)))
	if old != nil {
		// The old process closes its port on SIGTERM: what is on its way there must have arrived.
		<-drained
		s.stop(ctx, old)
	}
}

// giveUp deals with a process that takes too long to listen or to end.
func (s *supervisor) giveUp(ctx context.Context, c *child) {
	switch {
	case c.gone():
	case c.stopped:
		s.Log.WarnContext(ctx, "killed, it did not end after SIGTERM", slog.Int("pid", c.pid), slog.Duration("waited", stopPatience))
		c.signal(syscall.SIGKILL)
	case c == s.newest && c != s.serving:
		// It goes on, and may come yet; but that the old one still answers is no longer the truth.
		s.unserve(ctx, fmt.Sprintf("does not listen on HOST and PORT, %v after its start", listenPatience))
	}
}

// reap collects every process that has ended, ours and orphans alike.
func (s *supervisor) reap(ctx context.Context) {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		c, ours := s.running[pid]
		if !ours {
			continue
		}
		delete(s.running, pid)
		close(c.done)
		if c == s.newest {
			s.exit = exitCode(status)
		}
		switch {
		case c.stopped || s.stopping:
			s.Log.InfoContext(ctx, "ended", slog.Int("pid", pid), slog.Int("code", exitCode(status)))
		case c == s.newest:
			if time.Since(c.started) > stable {
				s.pause = firstPause
			}
			s.fail(ctx, "ended "+describe(status)+" after "+time.Since(c.started).Round(time.Millisecond).String())
		case c == s.serving:
			s.Log.WarnContext(ctx, "ended while its successor starts", slog.Int("pid", pid), slog.Int("code", exitCode(status)))
			s.serving = nil
			s.front.hold()
		}
		if s.pending && len(s.running) == 0 {
			s.start(ctx)
		}
	}
}

// fail tells why there is no service and tries again later, longer each time.
func (s *supervisor) fail(ctx context.Context, reason string) {
	s.newest = nil
	s.unserve(ctx, reason)
	s.Log.InfoContext(ctx, "next attempt", slog.Duration("in", s.pause))
	s.again.Reset(s.pause)
	s.pause = min(2*s.pause, longestWait)
}

// unserve answers requests with the reason why nobody else does. A process that is older than the binary goes: what it answers would hide
// that the new one does not work.
func (s *supervisor) unserve(ctx context.Context, reason string) {
	reason = filepath.Base(s.binary) + " " + reason
	s.Log.ErrorContext(ctx, "no service", slog.String("reason", reason))
	s.front.refuse(reason)
	if s.serving != nil {
		s.stop(ctx, s.serving)
		s.serving = nil
	}
}

// stop asks a process to end and, when it does not, kills it.
func (s *supervisor) stop(ctx context.Context, c *child) {
	if c.stopped || c.gone() {
		return
	}
	c.stopped = true
	c.signal(syscall.SIGTERM)
	go c.expect(ctx, stopPatience, s.overdue)
}
