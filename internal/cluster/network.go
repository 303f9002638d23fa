package cluster

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/cluster/nodeutils"
)

// connectNodes gives the pod networks of our own node image, which has no kindnet, their ranges and routes: see images/node/files/kind/bin/pod-network.sh.
func (c *Cluster) connectNodes(ctx context.Context) error {
	ranges, err := c.podRanges(ctx, time.Minute)
	if err != nil {
		return err
	}
	all, err := c.provider.ListInternalNodes(c.Name)
	if err != nil {
		return err
	}
	for _, node := range all {
		if err := nodeutils.WriteFile(node, "/kind/pod-networks", ranges); err != nil {
			return fmt.Errorf("%s: %w", node, err)
		}
		if _, err := onNode(node, "systemctl", "restart", "pod-network.service"); err != nil {
			return err
		}
	}
	return nil
}

// podRanges returns a line "<node> <range>" for each node, once every node has been given a range.
func (c *Cluster) podRanges(ctx context.Context, patience time.Duration) (string, error) {
	deadline := time.Now().Add(patience)
	for {
		out, err := c.asAdmin("get", "nodes", "-o", `jsonpath={range .items[*]}{.metadata.name} {.spec.podCIDR}{"\n"}{end}`)
		if err == nil {
			missing := false
			for line := range strings.Lines(out) {
				missing = missing || len(strings.Fields(line)) != 2
			}
			if !missing {
				return out + "\n", nil
			}
			err = errors.New("not every node has a range for its pods yet")
		}
		if time.Now().After(deadline) {
			return "", err
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}
