// Package rig is what measuring and testing the inner loop need: a cluster of its own, a copy of the checkout to edit, and a Tilt that runs on both,
// away from the developer's files and cluster.
package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/images"
)

// Options say what the rig is made of.
type Options struct {
	// Root is the checkout that is copied.
	Root string
	// Name of the cluster, "drydock-<word>".
	Name string
	// Keep uses the cluster of the last time, and leaves it there for the next. The copy always goes.
	Keep bool
	// Mode says where images come from.
	Mode images.Mode
	// Progress gets a line for each step.
	Progress io.Writer
}

// Rig is a cluster and a copy of the checkout.
type Rig struct {
	Cluster *cluster.Cluster
	Kube    *kube.Client
	// Root is the copy.
	Root string
	// Comms and Traces are addresses on this machine.
	Comms, Traces string

	options Options
	dir     string
	release func()
}

// New makes the cluster and the copy. What there is when it fails, it takes away.
func New(ctx context.Context, options Options) (_ *Rig, err error) {
	r := &Rig{options: options}
	if r.release, err = cluster.Claim(options.Name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Remove())
		}
	}()
	if r.dir, err = os.MkdirTemp("", options.Name+"-"); err != nil {
		return nil, err
	}
	r.Root = filepath.Join(r.dir, "checkout")
	if err := copyCheckout(ctx, options.Root, r.Root); err != nil {
		return nil, fmt.Errorf("copy the checkout: %w", err)
	}
	// What kubectl and Tilt keep about a cluster belongs to it, not to the developer's home.
	for name, value := range r.environment() {
		if err := os.Setenv(name, value); err != nil {
			return nil, err
		}
	}
	if !options.Keep {
		if err := cluster.Down(ctx, r.where()); err != nil {
			return nil, err
		}
	}
	if r.Cluster, err = cluster.Up(ctx, r.where()); err != nil {
		return nil, err
	}
	r.Comms = fmt.Sprintf("http://127.0.0.1:%d", r.Cluster.Ports.Comms)
	r.Traces = fmt.Sprintf("http://127.0.0.1:%d", r.Cluster.Ports.Traces)
	r.Kube, err = kube.New(ctx, r.Cluster)
	return r, err
}

func (r *Rig) environment() map[string]string {
	return map[string]string{"KUBECACHEDIR": filepath.Join(r.dir, "kube-cache"), "TILT_DEV_DIR": filepath.Join(r.dir, "tilt")}
}

func (r *Rig) where() cluster.Options {
	return cluster.Options{
		Root: r.options.Root, Name: r.options.Name, Kubeconfig: filepath.Join(r.dir, "kubeconfig"), Mode: r.options.Mode, Progress: r.options.Progress,
	}
}

// Remove takes the copy away, and the cluster unless it is to be kept.
func (r *Rig) Remove() error {
	defer r.release()
	if r.dir == "" {
		return nil
	}
	var err error
	if !r.options.Keep {
		err = cluster.Down(context.Background(), r.where())
	}
	for name := range r.environment() {
		err = errors.Join(err, os.Unsetenv(name))
	}
	return errors.Join(err, os.RemoveAll(r.dir))
}

// Edit replaces old, which must be there exactly once, in a file of the copy, as an editor that saves does.
func (r *Rig) Edit(path, old, with string) error {
	full := filepath.Join(r.Root, path)
	content, err := os.ReadFile(full)
	if err != nil {
		return err
	}
	if n := strings.Count(string(content), old); n != 1 {
		return fmt.Errorf("%s has %q %d times, want it once", path, old, n)
	}
	return os.WriteFile(full, []byte(strings.Replace(string(content), old, with, 1)), 0o644)
}

// copyCheckout copies what version control has or would take.
func copyCheckout(ctx context.Context, from, to string) error {
	list := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	out, err := list.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	for name := range strings.SplitSeq(string(bytes.TrimRight(out, "\x00")), "\x00") {
		info, err := os.Lstat(filepath.Join(from, name))
		if err != nil || !info.Mode().IsRegular() {
			continue // deleted and not committed yet; there are no links here
		}
		content, err := os.ReadFile(filepath.Join(from, name))
		if err != nil {
			return err
		}
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, info.Mode().Perm()); err != nil {
			return err
		}
	}
	return nil
}
