package deploy

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/images/ociarchive"
)

// devTag is the tag that the kind overlay names, so that `kubectl apply -k .` finds the services that were deployed last.
const devTag = "dev"

// images makes the images that the rendered manifests mention be in every node, and returns the tags of our own.
func (d *deployment) images(ctx context.Context, rendered []byte) (tags map[string]string, err error) {
	all, err := images.ReadList(d.Root)
	if err != nil {
		return nil, err
	}
	var needed images.List
	for _, image := range all {
		// Not only as a container's image: the injector is told the sidecar's in its environment.
		if image.Name != images.NodeName && bytes.Contains(rendered, []byte(image.Reference)) {
			needed = append(needed, image)
		}
	}
	archives, err := images.New(d.Root, d.Progress).Ensure(ctx, d.Mode, "", needed)
	if err != nil {
		return nil, err
	}
	if err := d.cluster.Load(ctx, archives); err != nil {
		return nil, err
	}
	tags = map[string]string{}
	for _, archive := range archives {
		d.report.Images = append(d.report.Images, Figure{archive.Reference, archive.Size})
		if archive.Image.Own() {
			tags[archive.Image.Reference] = strings.TrimPrefix(archive.Reference, archive.Image.Reference+":")
			if err := d.tagDev(archive); err != nil {
				return nil, err
			}
		}
	}
	return tags, nil
}

// tagDev gives a loaded image of ours its second name in every node.
func (d *deployment) tagDev(archive images.Archive) error {
	name, err := ociarchive.FullName(archive.Image.Reference + ":" + devTag)
	if err != nil {
		return err
	}
	if err := d.cluster.OnNodes("ctr", "--namespace=k8s.io", "images", "tag", "--force", archive.Name, name); err != nil {
		return fmt.Errorf("tag image %s: %w", name, err)
	}
	return nil
}
