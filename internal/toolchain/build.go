package toolchain

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockRetry = 200 * time.Millisecond
	// heartbeat is how often a build tells that it is alive.
	heartbeat = 15 * time.Second
	// stopDelay is what the go command gets to end its compilers after an interrupt.
	stopDelay = 10 * time.Second
)

// build makes the tool at path. Of several processes that want the same one, one builds
// and the others wait for it.
func (b *Builder) build(ctx context.Context, tool Tool, t Target, path string) error {
	if err := tool.buildable(t); err != nil {
		return err
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := b.lock(ctx, tool, filepath.Join(dir, "lock"))
	if err != nil {
		return err
	}
	defer unlock()
	if isFile(path) {
		return nil
	}

	// The lock makes these names ours; what an earlier, killed build left is replaced.
	partial, source := path+".partial", filepath.Join(dir, "source")
	if err := os.RemoveAll(source); err != nil {
		return err
	}
	defer os.RemoveAll(source)
	defer os.Remove(partial)

	start := time.Now()
	first := ""
	if tool.Note != "" {
		first = " (" + tool.Note + " the first time)"
	}
	b.tell("building %s for %s%s ...", tool, t, first)
	from := b.moduleDir(tool)
	if len(tool.Copy) > 0 {
		if err := b.copyModule(ctx, tool, source); err != nil {
			return err
		}
		from = source
	}
	if err := b.compile(ctx, tool, t, from, partial); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	b.tell("building %s for %s ... done in %s", tool, t, time.Since(start).Round(time.Second))
	return nil
}

// buildable tells early what a cgo build would say late and less clearly.
func (t Tool) buildable(target Target) error {
	if !t.CGO {
		return nil
	}
	if target.resolved() != (Target{}).resolved() {
		return fmt.Errorf("it needs cgo, so it can be built for this machine only (%s)", Target{})
	}
	for _, compiler := range []string{os.Getenv("CC"), "gcc", "clang", "cc"} {
		if _, err := exec.LookPath(compiler); err == nil {
			return nil
		}
	}
	return errors.New("it needs a C compiler and none is on the PATH: install gcc and g++")
}

func (b *Builder) lock(ctx context.Context, tool Tool, path string) (unlock func(), err error) {
	lock := flock.New(path)
	locked, err := lock.TryLock()
	if err == nil && !locked {
		b.tell("waiting for another process that builds %s", tool)
		_, err = lock.TryLockContext(ctx, lockRetry)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return func() { _ = lock.Unlock() }, nil
}

// compile runs the go command in the folder from, and tells what it is at.
func (b *Builder) compile(ctx context.Context, tool Tool, t Target, from, out string) error {
	args, err := tool.buildArgs()
	if err != nil {
		return err
	}
	output := new(compilerOutput)
	cmd := exec.CommandContext(ctx, "go", append(args, "-o", out, tool.Package)...)
	cmd.Dir = from
	cmd.Env = tool.environment(t)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopDelay

	stopTelling := b.tellEvery(heartbeat, func() string { return fmt.Sprintf("building %s: %s", tool, output.progress()) })
	err = cmd.Run()
	stopTelling()
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return &CompileError{Err: err, Output: output.messages(), Fix: fixFor(output.messages())}
	default:
		return nil
	}
}

// tell writes one line of progress in one call, so that lines of several builds stay whole.
func (b *Builder) tell(format string, args ...any) {
	if b.Progress != nil {
		fmt.Fprintf(b.Progress, format+"\n", args...)
	}
}

// tellEvery tells what line returns until the returned function is called.
func (b *Builder) tellEvery(interval time.Duration, line func() string) (stop func()) {
	ticker := time.NewTicker(interval)
	done := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-ticker.C:
				b.tell("%s", line())
			case <-done:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-stopped
	}
}
