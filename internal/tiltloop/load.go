package tiltloop

import (
	"bytes"
	"context"
	"io"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
)

// LoadImages makes the images that the manifests mention, except those of our services, be in the cluster.
func LoadImages(ctx context.Context, root string, c *cluster.Cluster, mode images.Mode, arch string, manifests []byte, progress io.Writer) error {
	list, err := images.ReadList(root)
	if err != nil {
		return err
	}
	var needed images.List
	for _, image := range list {
		// Not only as a container's image: the injector is told the sidecar's in its environment.
		if image.Name != images.NodeName && !image.Own() && bytes.Contains(manifests, []byte(image.Reference)) {
			needed = append(needed, image)
		}
	}
	archives, err := images.New(root, progress).Ensure(ctx, mode, arch, needed)
	if err != nil {
		return err
	}
	return c.Load(ctx, archives)
}
