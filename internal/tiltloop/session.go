package tiltloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// stopPatience is how long Tilt may take to end after a SIGTERM.
const stopPatience = 20 * time.Second

// session is a file that is locked while a Tilt of this checkout runs, and holds the id of the process that locked it.
func session(root string) (*os.File, error) {
	path := filepath.Join(root, Dir, "session")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
}

// Run runs a Tilt until it ends or ctx does, after which it has time to end in order. One at a time in a checkout: two would replace each other's
// binaries.
func Run(ctx context.Context, root string, cmd *exec.Cmd) error {
	lock, err := session(root)
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.New("a Tilt of this checkout is running: use it, or end it with Ctrl-C or 'go run ./cmd/tiltloop down'")
	}
	if err := lock.Truncate(0); err != nil {
		return err
	}
	if _, err := lock.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return err
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopPatience
	err = cmd.Run()
	if ctx.Err() != nil {
		return nil //nolint:nilerr // it was asked to end
	}
	return err
}

// Stop ends the Tilt of this checkout, if one runs.
func Stop(ctx context.Context, root string, progress io.Writer) error {
	lock, err := session(root)
	if err != nil {
		return err
	}
	defer lock.Close()
	free := func() bool { return syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil }
	if free() {
		return nil
	}
	text, err := os.ReadFile(lock.Name())
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s does not hold a process id: %w", lock.Name(), err)
	}
	// Who holds the lock is alive, so the id is its own still.
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end Tilt: %w", err)
	}
	for deadline := time.Now().Add(stopPatience + time.Second); !free(); {
		if time.Now().After(deadline) {
			return fmt.Errorf("the Tilt of process %d does not end", pid)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	fmt.Fprintln(progress, "ended the running Tilt")
	return nil
}
