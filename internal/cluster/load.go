package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"

	"github.com/drydock-dev/drydock/internal/images"
)

// loadsAtOnce is how many images are imported side by side; beyond it the node's disk is the limit.
const loadsAtOnce = 3

// Load puts the images into every node. An image that a node has under the same name with the same digest is skipped.
func (c *Cluster) Load(ctx context.Context, archives []images.Archive) error {
	all, err := c.provider.ListInternalNodes(c.Name)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(loadsAtOnce)
	for _, node := range all {
		present, err := nodeImages(node)
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		for _, archive := range archives {
			if present[archive.Name] == archive.Digest {
				continue
			}
			group.Go(func() error {
				if ctx.Err() != nil {
					return ctx.Err()
				}
				start := time.Now()
				if err := loadArchive(node, archive); err != nil {
					return fmt.Errorf("load image %s into %s: %w", archive.Reference, node, err)
				}
				c.tell("loaded image %s into %s in %s", archive.Reference, node, time.Since(start).Round(100*time.Millisecond))
				return nil
			})
		}
	}
	return group.Wait()
}

func loadArchive(node nodes.Node, archive images.Archive) error {
	file, err := os.Open(archive.Path)
	if err != nil {
		return err
	}
	defer file.Close()
	return nodeutils.LoadImageArchive(node, file)
}

// nodeImages maps the names of the images in a node to their digests.
func nodeImages(node nodes.Node) (map[string]string, error) {
	out, err := onNode(node, "ctr", "--namespace=k8s.io", "images", "list")
	if err != nil {
		return nil, err
	}
	return parseImages(out), nil
}

// parseImages reads the table of `ctr images list`: REF, TYPE, DIGEST, ...
func parseImages(table string) map[string]string {
	digests := map[string]string{}
	for line := range strings.Lines(table) {
		if fields := strings.Fields(line); len(fields) >= 3 && strings.HasPrefix(fields[2], "sha256:") {
			digests[fields[0]] = fields[2]
		}
	}
	return digests
}
