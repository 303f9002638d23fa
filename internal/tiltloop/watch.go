package tiltloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// settle is how long nothing may change before a service is compiled: an editor saves a file in several steps.
const settle = 15 * time.Millisecond

// Watch compiles each service as soon as its files change and sends the binary ahead into its pod, until ctx ends. Tilt does both too, and tells what came
// of it; but each time it waits 200 ms for further changes, which cannot be set. By then there is nothing left to do.
func Watch(ctx context.Context, builds []servicebuild.Build, send Sender) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, build := range builds {
		group.Go(func() error {
			if err := watch(ctx, build, send); err != nil && ctx.Err() == nil {
				return fmt.Errorf("watch the files of %s: %w", build.Service, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// Sender gives a service's new binary a head start.
type Sender func(service string)

func watch(ctx context.Context, build servicebuild.Build, send Sender) error {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return err
	}
	defer watcher.Close()
	if err := follow(ctx, watcher, build); err != nil {
		return err
	}
	// The compiler that runs; only its end makes room for the next one.
	compiler := newRun(build, send)
	defer compiler.cancel()
	changed := time.NewTimer(time.Hour)
	changed.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-watcher.Errors:
			return err
		case event := <-watcher.Events:
			if concerns(build, event) {
				compiler.cancel()
				changed.Reset(settle)
			}
		case <-changed.C:
			if !compiler.start(ctx) {
				changed.Reset(settle)
			}
		case <-compiler.done:
			compiler.running = false
			if err := follow(ctx, watcher, build); err != nil {
				return err
			}
		}
	}
}

// run is at most one compilation of a service at a time.
type run struct {
	build   servicebuild.Build
	send    Sender
	running bool
	cancel  context.CancelFunc
	done    chan struct{} // gets a value at the end of each
}

func newRun(build servicebuild.Build, send Sender) *run {
	return &run{build: build, send: send, cancel: func() {}, done: make(chan struct{}, 1)}
}

// start reports false while the one before has not ended.
func (r *run) start(ctx context.Context) bool {
	if r.running {
		return false
	}
	r.running = true
	ctx, r.cancel = context.WithCancel(ctx)
	go func() {
		// What came of it, Compile tells when Tilt calls it.
		_ = compileAnd(ctx, r.build, io.Discard, func() { r.send(r.build.Service) })
		r.done <- struct{}{}
	}()
	return true
}

// concerns reports whether an event is about a file that the service is made of.
func concerns(build servicebuild.Build, event fsnotify.Event) bool {
	if !event.Has(fsnotify.Write) && !event.Has(fsnotify.Create) && !event.Has(fsnotify.Remove) && !event.Has(fsnotify.Rename) {
		return false
	}
	name := filepath.Base(event.Name)
	if filepath.Dir(event.Name) == filepath.Clean(build.Root) {
		return name == "go.mod" || name == "go.sum"
	}
	return matters(name)
}

// follow watches the folders that the service is made of now, and the root for go.mod and go.sum.
func follow(ctx context.Context, watcher *fsnotify.Watcher, build servicebuild.Build) error {
	sources, err := notedSources(build.Root, build.Service)
	if err != nil {
		if sources, err = noteSources(ctx, build.Root, build.Service); err != nil {
			return err
		}
	}
	wanted := []string{filepath.Clean(build.Root)}
	for _, path := range sources.Paths {
		if path != "go.mod" && path != "go.sum" {
			wanted = append(wanted, filepath.Join(build.Root, path))
		}
	}
	present := watcher.WatchList()
	for _, folder := range wanted {
		if !slices.Contains(present, folder) {
			if err := watcher.Add(folder); err != nil {
				return err
			}
		}
	}
	for _, folder := range present {
		if !slices.Contains(wanted, folder) {
			if err := watcher.Remove(folder); err != nil && !errors.Is(err, fsnotify.ErrNonExistentWatch) {
				return err
			}
		}
	}
	return nil
}
