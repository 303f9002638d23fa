package bench

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/images"
)

// deploy brings the system up as production has it, in the kind overlay.
func (b *bench) deploy(ctx context.Context) error {
	_, err := deploy.Run(ctx, b.rig.Cluster, deploy.Options{Root: b.rig.Root, Mode: b.Mode, Progress: b.Progress})
	return err
}

// naive does what one does without live update: a new image, into the nodes, and a rollout.
func (b *bench) naive(ctx context.Context, where target) (Edit, error) {
	if err := b.rest(ctx, where); err != nil {
		return Edit{}, err
	}
	list, err := images.ReadList(b.rig.Root)
	if err != nil {
		return Edit{}, err
	}
	if list, err = list.Named(where.services...); err != nil {
		return Edit{}, err
	}
	begin, word, err := b.save(where)
	if err != nil {
		return Edit{}, err
	}
	edit, last := Edit{Where: where.name}, begin
	step := func(name string, do func() error) error {
		err := do()
		edit.Steps = append(edit.Steps, Step{name, time.Since(last)})
		last = time.Now()
		return err
	}
	var archives []images.Archive
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"packed", func() (err error) {
			archives, err = images.New(b.rig.Root, io.Discard).Ensure(ctx, b.Mode, "", list)
			return err
		}},
		{"loaded", func() error { return b.rig.Cluster.Load(ctx, archives) }},
		{"ready", func() error { return b.rollOut(ctx, archives) }},
		{"answered", func() error { _, err := b.seen(ctx, where, word); return err }},
	} {
		if err := step(part.name, part.do); err != nil {
			return Edit{}, err
		}
	}
	edit.Took = last.Sub(begin)
	return edit, nil
}

// rollOut sets the images and waits until a new pod of each service is ready. The old ones may answer for longer.
func (b *bench) rollOut(ctx context.Context, archives []images.Archive) error {
	for _, archive := range archives {
		name := archive.Image.Name
		if _, err := b.rig.Kube.Run(ctx, nil, "set", "image", "deployment/"+name, name+"="+archive.Reference, "--namespace", namespace); err != nil {
			return err
		}
	}
	for _, archive := range archives {
		err := kube.Until(ctx, b.Progress, editPatience, "the new pod of "+archive.Image.Name, func(ctx context.Context) error {
			pods, err := b.rig.Kube.Pods(ctx, namespace, "app="+archive.Image.Name)
			if err != nil {
				return err
			}
			for _, pod := range pods {
				if pod.Ready() && slices.ContainsFunc(pod.Spec.Containers, func(c kube.Container) bool { return c.Image == archive.Reference }) {
					return nil
				}
			}
			return errors.New("it is not ready")
		})
		if err != nil {
			return err
		}
	}
	return nil
}
