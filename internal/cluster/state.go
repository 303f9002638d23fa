package cluster

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/kind/pkg/cluster/nodes"
	"sigs.k8s.io/kind/pkg/cluster/nodeutils"
)

// marker is written into the control plane when a cluster is complete, with the fingerprint of what it was made from.
const marker = "/kind/drydock"

// state is what is there of a cluster; its text completes "cluster <name> ...".
type state string

const (
	absent   state = "does not exist"
	stopped  state = "is stopped"
	halfMade state = "is half made"
	running  state = "is running"
)

func (c *Cluster) state(ctx context.Context) (state, error) {
	all, err := c.provider.ListNodes(c.Name)
	if err != nil {
		return "", fmt.Errorf("list nodes: %w", err)
	}
	if len(all) == 0 {
		return absent, nil
	}
	for _, node := range all {
		up, err := docker(ctx, "inspect", "--format", "{{.State.Running}}", node.String())
		if err != nil {
			return "", err
		}
		if up != "true" {
			return stopped, nil
		}
	}
	controlPlane, err := c.controlPlane()
	if err != nil {
		return halfMade, nil //nolint:nilerr // nodes without a control plane are what half made means
	}
	if _, err := onNode(controlPlane, "test", "-s", marker); err != nil {
		return halfMade, nil //nolint:nilerr // as above: no marker
	}
	return running, nil
}

func (c *Cluster) controlPlane() (nodes.Node, error) {
	all, err := c.provider.ListNodes(c.Name)
	if err != nil {
		return nil, err
	}
	return nodeutils.BootstrapControlPlaneNode(all)
}

// fingerprint tells whether a cluster was made from what would make it now, the image aside: a node image is newer more often than it matters.
func fingerprint(options Options) (string, error) {
	content, err := os.ReadFile(filepath.Join(options.Root, configFile))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(fmt.Appendf(content, "workers: %d", options.Workers))
	return hex.EncodeToString(sum[:]), nil
}

// awaitNodes waits until every node is ready.
func (c *Cluster) awaitNodes(ctx context.Context, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		// The API server of a node that has just started refuses connections, on which kubectl does not wait.
		_, err := c.asAdmin("wait", "--for=condition=Ready", "nodes", "--all", "--timeout=5s")
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("nodes are not ready after %s: %w", patience, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// wake starts the containers of a stopped cluster, as after a restart of the machine.
func (c *Cluster) wake(ctx context.Context) error {
	all, err := c.provider.ListNodes(c.Name)
	if err != nil {
		return err
	}
	names := []string{"start"}
	for _, node := range all {
		names = append(names, node.String())
	}
	if _, err := docker(ctx, names...); err != nil {
		return err
	}
	return c.awaitNodes(ctx, adoptPatience)
}

// writeMarker declares the cluster complete.
func (c *Cluster) writeMarker(fingerprint string) error {
	controlPlane, err := c.controlPlane()
	if err != nil {
		return err
	}
	return nodeutils.WriteFile(controlPlane, marker, fingerprint)
}

func (c *Cluster) readMarker() (string, error) {
	controlPlane, err := c.controlPlane()
	if err != nil {
		return "", err
	}
	content, err := onNode(controlPlane, "cat", marker)
	return strings.TrimSpace(content), err
}
