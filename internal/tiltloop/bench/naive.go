package bench

import (
	"context"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy"
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
	begin, word, err := b.save(where)
	if err != nil {
		return Edit{}, err
	}
	list, err := images.ReadList(b.rig.Root)
	if err != nil {
		return Edit{}, err
	}
	if list, err = list.Named(where.services...); err != nil {
		return Edit{}, err
	}
	archives, err := images.New(b.rig.Root, b.Progress).Ensure(ctx, b.Mode, "", list)
	if err != nil {
		return Edit{}, err
	}
	if err := b.rig.Cluster.Load(ctx, archives); err != nil {
		return Edit{}, err
	}
	for _, archive := range archives {
		name := archive.Image.Name
		if _, err := b.rig.Kube.Run(ctx, nil, "set", "image", "deployment/"+name, name+"="+archive.Reference, "--namespace", namespace); err != nil {
			return Edit{}, err
		}
	}
	end, err := b.seen(ctx, where, word)
	return Edit{Where: where.name, Took: end.Sub(begin).Round(time.Microsecond)}, err
}
