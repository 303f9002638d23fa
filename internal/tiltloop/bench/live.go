package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/drydock-dev/drydock/internal/tiltloop"
)

// quiet is how long the machine rests between two edits, so that what Tilt still does for one does not count for the next.
const quiet = 2 * time.Second

// live measures an edit with Tilt running.
func (b *bench) live(ctx context.Context, where target) (Edit, error) {
	select {
	case <-ctx.Done():
		return Edit{}, ctx.Err()
	case <-time.After(quiet):
	}
	binary := filepath.Join(b.rig.Root, tiltloop.Binary(where.services[0]))
	before, err := os.Stat(binary)
	if err != nil {
		return Edit{}, err
	}
	begin, word, err := b.save(where)
	if err != nil {
		return Edit{}, err
	}
	// No answer can show the edit before there is a binary; asking would only keep the compiler from its work.
	if err := changed(ctx, binary, before); err != nil {
		return Edit{}, err
	}
	end, err := b.seen(ctx, where, word)
	if err != nil {
		return Edit{}, err
	}
	steps, err := b.steps(ctx, where.services[0], begin, end)
	return Edit{Where: where.name, Took: end.Sub(begin), Steps: steps}, err
}

// changed waits until the file is another one.
func changed(ctx context.Context, path string, before os.FileInfo) error {
	ctx, cancel := context.WithTimeoutCause(ctx, editPatience, fmt.Errorf("no new %s within %s", path, editPatience))
	defer cancel()
	for {
		if now, err := os.Stat(path); err == nil && !os.SameFile(before, now) {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// steps tells where the time went, from the notes of the compiler and of the pod's supervisor. Cluster and host read the same clock.
func (b *bench) steps(ctx context.Context, service string, begin, end time.Time) ([]Step, error) {
	binary, err := os.Stat(filepath.Join(b.rig.Root, tiltloop.Binary(service)))
	if err != nil {
		return nil, err
	}
	replaced, serving, err := b.supervised(ctx, service)
	if err != nil {
		return nil, err
	}
	outcome, err := tiltloop.LastOutcome(b.rig.Root, service)
	if err != nil {
		return nil, err
	}
	var steps []Step
	last := begin
	for _, step := range []struct {
		name string
		end  time.Time
	}{
		{"noticed", outcome.Began},
		{"compiled", binary.ModTime()},
		{"copied", replaced},
		{"restarted", serving},
		{"answered", end},
	} {
		// Notes of the compiler are of its last run, which may have been one more that found nothing to do.
		took := max(0, step.end.Sub(last))
		steps = append(steps, Step{step.name, took})
		last = last.Add(took)
	}
	return steps, nil
}

// supervised reads when the pod's supervisor last saw a new binary, and when that one served.
func (b *bench) supervised(ctx context.Context, service string) (replaced, serving time.Time, err error) {
	out, err := b.rig.Kube.Run(ctx, nil, "logs", "deployment/"+service, "--container", service, "--namespace", namespace, "--since=30s")
	if err != nil {
		return replaced, serving, err
	}
	for line := range bytes.Lines(out) {
		var record struct {
			Time time.Time
			Part string
			Msg  string
		}
		if json.Unmarshal(line, &record) != nil || record.Part != "supervisor" {
			continue
		}
		switch record.Msg {
		case "replaced":
			replaced = record.Time
		case "serving":
			serving = record.Time
		}
	}
	return replaced, serving, nil
}
