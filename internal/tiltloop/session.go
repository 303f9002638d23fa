package tiltloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// interruptPatience is how long Tilt may take to end after a Ctrl-C before it gets a signal from us; it gives itself 2 s.
	interruptPatience = 3 * time.Second
	// stopPatience is how long Tilt may take to end after a SIGTERM before it is killed.
	stopPatience = 20 * time.Second
)

// session is a file with two parts, each of which one process at a time can claim. The locks are those of fcntl(2), because the kernel names who has one:
// an id that is written down may be another process's by the time that it is read. They end with the process, or with the file's first Close in it.
type session struct{ *os.File }

// part is the offset of a byte of the file, which need not exist.
type part int64

const (
	running  part = iota // claimed while a Tilt of the checkout runs
	stopping             // claimed while that one is being ended
)

func openSession(root string) (session, error) {
	path := filepath.Join(root, Dir, "session")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return session{}, err
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	return session{file}, err
}

// claim reports false when another process has the part.
func (s session) claim(p part) (bool, error) {
	err := syscall.FcntlFlock(s.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK, Start: int64(p), Len: 1})
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// holder is the id of the process that has the part, 0 when none has.
func (s session) holder(p part) (int, error) {
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: int64(p), Len: 1}
	if err := syscall.FcntlFlock(s.Fd(), syscall.F_GETLK, &lock); err != nil || lock.Type == syscall.F_UNLCK {
		return 0, err
	}
	if lock.Pid <= 0 {
		return 0, fmt.Errorf("the process that has locked %s cannot be seen from here: end it where it runs, in another container for one", s.Name())
	}
	return int(lock.Pid), nil
}

// Run runs a Tilt until it ends or ctx does, after which it has time to end in order. One at a time in a checkout: two would replace each other's
// binaries.
func Run(ctx context.Context, root string, cmd *exec.Cmd) error {
	s, err := openSession(root)
	if err != nil {
		return err
	}
	defer s.Close()
	free, err := s.claim(running)
	if err != nil {
		return err
	}
	if !free {
		return errors.New("a Tilt of this checkout is running: use it, or end it with Ctrl-C or 'go run ./cmd/tiltloop down'")
	}
	cmd.Cancel = func() error {
		time.AfterFunc(forbearance(ctx), func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		return nil
	}
	cmd.WaitDelay = interruptPatience + stopPatience
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was asked to end
	}
	return err
}

// forbearance is how long a Tilt is left alone after the end of ctx. A terminal sends its Ctrl-C to Tilt too, which at a second signal exits at once and
// leaves what it serves running, as that has process groups of its own.
func forbearance(ctx context.Context) time.Duration {
	// The cause that signal.NotifyContext sets names the signal.
	if cause := context.Cause(ctx); cause != nil && strings.HasPrefix(cause.Error(), os.Interrupt.String()) {
		return interruptPatience
	}
	return 0
}

// Stop ends the Tilt of this checkout, if one runs.
func Stop(ctx context.Context, root string, progress io.Writer) error {
	s, err := openSession(root)
	if err != nil {
		return err
	}
	defer s.Close()
	ctx, cancel := context.WithTimeout(ctx, interruptPatience+stopPatience+time.Second)
	defer cancel()
	// One after the other: at a second signal the session would end at once, and may not have passed the first one on.
	if err := await(ctx, func() (bool, error) { return s.claim(stopping) }); err != nil {
		return fmt.Errorf("wait for another stop: %w", err)
	}
	pid, err := s.holder(running)
	if pid == 0 || err != nil {
		return err
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end Tilt: %w", err)
	}
	ended := func() (bool, error) {
		now, err := s.holder(running)
		return now != pid, err
	}
	if err := await(ctx, ended); err != nil {
		return fmt.Errorf("the Tilt of process %d does not end: %w", pid, err)
	}
	fmt.Fprintln(progress, "ended the running Tilt")
	return nil
}

// await asks until the answer is yes.
func await(ctx context.Context, done func() (bool, error)) error {
	for {
		if yes, err := done(); yes || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
