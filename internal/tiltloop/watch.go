package tiltloop

import (
	"context"
	"fmt"
	"io"
	"sync"
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
			watcher, err := fsnotify.NewWatcher()
			if err != nil {
				return err
			}
			defer watcher.Close()
			if err := watch(ctx, watcher, forNodes(build), send); err != nil && ctx.Err() == nil {
				return fmt.Errorf("watch the files of %s: %w", build.Service, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// Sender gives a service's new binary a head start. It gives up when ctx ends.
type Sender func(ctx context.Context, service string)

func watch(ctx context.Context, watcher *fsnotify.Watcher, build servicebuild.Build, send Sender) error {
	if _, err := notedSources(build.Root, build.Service); err != nil {
		// Where this fails, go.mod is broken. It is watched in any case, and compiling is the next attempt.
		_, _ = noteSources(ctx, build)
	}
	watched := folders{watcher: watcher, build: build}
	if _, err := watched.follow(); err != nil {
		return err
	}
	// The compiler that runs; only its end makes room for the next one.
	compiler := newRun(build, send)
	defer compiler.end()
	changed := time.NewTimer(time.Hour)
	changed.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-watcher.Errors: //nolint:errcheck // each means the same
			// Events were lost, perhaps that of a folder in place of another.
			watched.drop(build.Root)
			changed.Reset(settle)
		case event := <-watcher.Events:
			if watched.concerns(event) {
				compiler.cancel()
				changed.Reset(settle)
			}
		case <-changed.C:
			// What a folder that is new here held before it was watched, the compiler sees.
			if _, err := watched.follow(); err != nil {
				return err
			}
			if !compiler.start(ctx) {
				changed.Reset(settle)
			}
		case <-compiler.done:
			compiler.running = false
			more, err := watched.follow()
			if err != nil {
				return err
			}
			if more {
				// It may have changed since the compiler read it.
				changed.Reset(settle)
			}
		}
	}
}

// run is at most one compilation of a service at a time, and the way of its binary into the pod.
type run struct {
	build   servicebuild.Build
	send    Sender
	running bool
	cancel  context.CancelFunc
	done    chan struct{} // gets a value at the end of each
	// overtake ends the sending of the binary before.
	overtake func()
	work     sync.WaitGroup
}

func newRun(build servicebuild.Build, send Sender) *run {
	return &run{build: build, send: send, cancel: func() {}, overtake: func() {}, done: make(chan struct{}, 1)}
}

// start reports false while the one before has not ended.
func (r *run) start(ctx context.Context) bool {
	if r.running {
		return false
	}
	r.running = true
	compiling, cancel := context.WithCancel(ctx)
	r.cancel = cancel
	r.work.Go(func() {
		// What came of it, Compile tells when Tilt calls it.
		_ = compileAnd(compiling, r.build, io.Discard, func() { r.ship(ctx) })
		r.done <- struct{}{}
	})
	return true
}

// ship begins to send the new binary, and waits for no receiver: Tilt's Compile waits for the end of this one. The binary before must not arrive any more,
// for it could come behind a newer one that Tilt has copied.
func (r *run) ship(ctx context.Context) {
	r.overtake()
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	r.overtake = func() {
		cancel()
		<-ended
	}
	r.work.Go(func() {
		defer close(ended)
		defer cancel()
		r.send(ctx, r.build.Service)
	})
}

// end waits for both; the context that they were started with has ended or the compiler is of no use any more.
func (r *run) end() {
	r.cancel()
	r.work.Wait()
}
