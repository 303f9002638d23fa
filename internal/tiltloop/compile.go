package tiltloop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// Binary is where the compiled service lies, below the root.
func Binary(service string) string { return filepath.Join(Dir, service) }

// Compile makes the binary of a service be the one of its sources, for the cluster's nodes, and tells what came of it. When [Watch] has done so already,
// or is doing so, its outcome is told. The binary appears at once and whole, and stays untouched when its content would be the same; a compile error
// leaves it as it is.
func Compile(ctx context.Context, build servicebuild.Build, progress io.Writer) error {
	build.OS, build.Loop = "linux", true
	if err := os.MkdirAll(filepath.Join(build.Root, Dir), 0o755); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(build.Root, Binary(build.Service)+".lock"))
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		return err
	}
	defer lock.Unlock() //nolint:errcheck // it ends with the process

	mark, err := fingerprint(ctx, build)
	if err != nil {
		return err
	}
	last, found := lastOutcome(build)
	if !found || last.Fingerprint != mark {
		if last, err = compile(ctx, build, mark); err != nil {
			return err
		}
	}
	if last.Problem != "" {
		return errors.New(last.Problem)
	}
	same := ""
	if last.Same {
		same = ", nothing changed"
	}
	fmt.Fprintf(progress, "compiled %s in %s%s\n", build.Service, last.Ended.Sub(last.Began).Round(time.Millisecond), same)
	return nil
}

// compile runs the compiler and notes what came of it. Its error is not one of the sources.
func compile(ctx context.Context, build servicebuild.Build, mark string) (Outcome, error) {
	outcome := Outcome{Fingerprint: mark, Began: time.Now()}
	binary := filepath.Join(build.Root, Binary(build.Service))
	// Its own name, so that nobody who watches the binary sees it grow.
	partial := binary + ".partial"
	err := build.To(ctx, partial)
	if ctx.Err() != nil {
		return outcome, ctx.Err()
	}
	if err == nil {
		outcome.Same, err = put(partial, binary)
	}
	outcome.Ended = time.Now()
	if err != nil {
		outcome.Problem = err.Error()
		return outcome, outcome.write(build)
	}
	// Behind the binary, whose way into the pod does not wait for it.
	_, err = noteSources(ctx, build.Root, build.Service)
	return outcome, errors.Join(err, outcome.write(build))
}

// put gives a new binary its place, unless the old one is the same.
func put(partial, binary string) (same bool, err error) {
	content, err := os.ReadFile(partial)
	if err != nil {
		return false, err
	}
	if old, err := os.ReadFile(binary); err == nil && bytes.Equal(old, content) {
		return true, os.Remove(partial)
	}
	return false, os.Rename(partial, binary)
}
