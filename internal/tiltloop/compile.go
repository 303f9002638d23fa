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
	return compileAnd(ctx, forNodes(build), progress, func() {})
}

// forNodes is the build for the cluster's nodes, of the processor that it names.
func forNodes(build servicebuild.Build) servicebuild.Build {
	build.OS, build.Loop = "linux", true
	return build
}

// compileAnd calls installed as soon as there is a new binary; until that returns, nobody else can compile the service.
func compileAnd(ctx context.Context, build servicebuild.Build, progress io.Writer, installed func()) error {
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
		if last, err = compile(ctx, build, mark, installed); err != nil {
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
func compile(ctx context.Context, build servicebuild.Build, mark string, installed func()) (Outcome, error) {
	outcome := Outcome{Fingerprint: mark, Began: time.Now()}
	if last, err := LastOutcome(build.Root, build.Service); err == nil {
		outcome.Imports = last.Imports
	}
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
	} else if !outcome.Same {
		installed()
	}
	// Behind the binary, whose way into the pod does not wait for it. A failure to list them is told unless the compiler has told of it.
	if err := outcome.noteSources(ctx, build); err != nil && (outcome.Problem == "" || ctx.Err() != nil) {
		return outcome, err
	}
	// Last, so that whatever is cut short before is done again.
	return outcome, outcome.write(build)
}

// noteSources finds out what the service is made of now, if that may be something else than before.
func (o *Outcome) noteSources(ctx context.Context, build servicebuild.Build) error {
	before, err := notedSources(build.Root, build.Service)
	if err != nil {
		return err
	}
	now, err := imports(build.Root, before)
	if err != nil || now == o.Imports {
		return err
	}
	var kept []string
	if o.Problem != "" {
		// A file that does not parse hides what it imports, which is to be as well known as before when the file is mended.
		kept = before.folders()
	}
	if _, err := noteSources(ctx, build, kept...); err != nil {
		return err
	}
	o.Imports = now
	return nil
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
