// Package bench measures the inner loop: the time from a saved file to the first answer that shows the edit, with live update and without, in one run
// on one cluster.
package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/servicebuild"
	"github.com/drydock-dev/drydock/internal/tiltloop"
	"github.com/drydock-dev/drydock/internal/tiltloop/rig"
)

// ClusterName is the benchmark's own cluster.
const ClusterName = "drydock-bench"

// Options say what is measured.
type Options struct {
	// Root of the repository.
	Root string
	// Edits and Naive are how often a file is edited with live update and without.
	Edits, Naive int
	// Keep leaves the cluster there.
	Keep bool
	// Mode says where images come from.
	Mode images.Mode
	// Progress gets a line for each edit.
	Progress io.Writer
}

// Report is what was measured.
type Report struct {
	// Live are the edits with live update, Naive those with image, load and rollout, Compile those that were only compiled.
	Live, Naive, Compile []Edit
}

// Run measures.
func Run(ctx context.Context, options Options) (_ *Report, err error) {
	r, err := rig.New(ctx, rig.Options{
		Root: options.Root, Name: ClusterName, Keep: options.Keep, Mode: options.Mode, Progress: options.Progress,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if removed := r.Remove(); err == nil {
			err = removed
		}
	}()
	b := &bench{Options: options, rig: r}
	report := &Report{}
	// The naive loop first: it leaves the production pods that Tilt then takes over.
	if err := b.deploy(ctx); err != nil {
		return nil, fmt.Errorf("deploy: %w", err)
	}
	if report.Naive, err = b.repeat(ctx, "naive", options.Naive, b.naive); err != nil {
		return nil, err
	}
	if report.Compile, err = b.repeat(ctx, "go build", options.Edits, b.compile); err != nil {
		return nil, err
	}
	fmt.Fprintln(options.Progress, "starting Tilt")
	tilt, err := r.Up(ctx)
	if err != nil {
		return nil, err
	}
	report.Live, err = b.repeat(ctx, "live", options.Edits, b.live)
	if stopped := tilt.Stop(); err == nil {
		err = stopped
	}
	return report, err
}

// bench is one run.
type bench struct {
	Options
	rig    *rig.Rig
	client http.Client
}

// repeat edits n times, greeter twice for each edit of the shared package, and lets the system come to rest before each. The first edit warms caches
// up and does not count.
func (b *bench) repeat(ctx context.Context, loop string, n int, measure func(context.Context, target) (Edit, error)) ([]Edit, error) {
	var edits []Edit
	for i := range n + 1 {
		where := targets[0]
		if i%3 == 0 {
			where = targets[1]
		}
		edit, err := measure(ctx, where)
		if err != nil {
			return nil, fmt.Errorf("%s, edit %d of %s: %w", loop, i, where.path, err)
		}
		if i == 0 {
			continue
		}
		fmt.Fprintf(b.Progress, "%s %d of %d: %s, %s\n", loop, i, n, edit.Took.Round(time.Millisecond), where.name)
		edits = append(edits, edit)
	}
	return edits, nil
}

// compile measures the go command alone.
func (b *bench) compile(ctx context.Context, where target) (Edit, error) {
	begin, _, err := b.save(where)
	if err != nil {
		return Edit{}, err
	}
	for _, service := range where.services {
		build := servicebuild.Build{Root: b.rig.Root, Service: service, OS: "linux", Loop: true}
		if err := build.To(ctx, b.rig.Root+"/"+tiltloop.Dir+"/bench-"+service); err != nil {
			return Edit{}, err
		}
	}
	return Edit{Where: where.name, Took: time.Since(begin)}, nil
}
