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

	"github.com/gofrs/flock"
)

// stopPatience is how long Tilt may take to end after a SIGTERM.
const stopPatience = 20 * time.Second

// session is locked while a Tilt of this checkout runs; its file holds the id of the process that locked it.
func session(root string) (*flock.Flock, error) {
	path := filepath.Join(root, Dir, "session")
	return flock.New(path), os.MkdirAll(filepath.Dir(path), 0o755)
}

// Run runs a Tilt until it ends or ctx does, after which it has time to end in order. One at a time in a checkout: two would replace each other's
// binaries.
func Run(ctx context.Context, root string, cmd *exec.Cmd) error {
	lock, err := session(root)
	if err != nil {
		return err
	}
	free, err := lock.TryLock()
	if err != nil {
		return err
	}
	if !free {
		return errors.New("a Tilt of this checkout is running: use it, or end it with Ctrl-C or 'go run ./cmd/tiltloop down'")
	}
	defer lock.Unlock() //nolint:errcheck // it ends with the process
	if err := os.WriteFile(lock.Path(), []byte(strconv.Itoa(os.Getpid())), 0o644); err != nil {
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
	defer lock.Unlock() //nolint:errcheck // it ends with the process
	if free, err := lock.TryLock(); free || err != nil {
		return err
	}
	text, err := os.ReadFile(lock.Path())
	if err != nil {
		return err
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return fmt.Errorf("%s does not hold a process id: %w", lock.Path(), err)
	}
	// Who holds the lock is alive, so the id is its own still.
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return fmt.Errorf("end Tilt: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, stopPatience+time.Second)
	defer cancel()
	if _, err := lock.TryLockContext(waiting, 50*time.Millisecond); err != nil {
		return fmt.Errorf("the Tilt of process %d does not end: %w", pid, err)
	}
	fmt.Fprintln(progress, "ended the running Tilt")
	return nil
}
