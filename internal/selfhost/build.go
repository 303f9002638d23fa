package selfhost

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/drydock-dev/drydock/internal/servicebuild"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Binaries are the paths of the programs that a system runs.
type Binaries struct {
	Comms, Greeter, Daprd, Jaeger string
}

// Build returns all binaries of the checkout that the working directory is in, and
// builds those that are missing or out of date. progress hears of long work.
func Build(ctx context.Context, progress io.Writer) (Binaries, error) {
	var b Binaries
	return b, b.build(ctx, true, progress)
}

// build fills in what is empty; Jaeger only when it is wanted.
func (b *Binaries) build(ctx context.Context, jaeger bool, progress io.Writer) error {
	if b.Comms != "" && b.Greeter != "" && b.Daprd != "" && (b.Jaeger != "" || !jaeger) {
		return nil
	}
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	if b.Comms == "" || b.Greeter == "" {
		dir, err := buildServices(ctx, root, progress)
		if err != nil {
			return err
		}
		b.Comms, b.Greeter = filepath.Join(dir, Comms), filepath.Join(dir, Greeter)
	}
	tools := toolchain.New(root, progress)
	if b.Daprd == "" {
		if b.Daprd, err = tools.Path(ctx, "daprd", toolchain.Target{}); err != nil {
			return err
		}
	}
	if b.Jaeger == "" && jaeger {
		if b.Jaeger, err = tools.Path(ctx, "jaeger", toolchain.Target{}); err != nil {
			return err
		}
	}
	return nil
}

// buildServices builds both services as they are released and returns the folder of
// the binaries, one for each checkout. The go command decides what is out of date.
func buildServices(ctx context.Context, root string, progress io.Writer) (string, error) {
	dir := filepath.Join(toolchain.CacheDir(), "services", fmt.Sprintf("%x", sha256.Sum256([]byte(root)))[:12])
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	// Nothing to say when all is up to date, which takes a moment.
	slow := time.AfterFunc(2*time.Second, func() {
		fmt.Fprintln(progress, "building comms and greeter (up to a minute the first time) ...")
	})
	defer slow.Stop()
	for _, service := range []string{Comms, Greeter} {
		build := servicebuild.Build{Root: root, Service: service}
		if err := build.To(ctx, filepath.Join(dir, service)); err != nil {
			return "", err
		}
	}
	return dir, nil
}

// lock keeps two processes from writing the same binaries at once.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		file.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { file.Close() }, nil // closing releases the lock
}
