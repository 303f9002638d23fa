// Package kube speaks to a cluster of this project by the pinned kubectl: it applies objects, reads them back and waits for workloads, and it can say
// what a workload that is not ready is waiting for.
package kube

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"github.com/drydock-dev/drydock/internal/cluster"
)

// Client runs kubectl on one cluster.
type Client struct {
	cluster *cluster.Cluster
	kubectl []string // program and the flags that name the cluster
}

// New returns a client of the cluster; the first use on a machine builds kubectl.
func New(ctx context.Context, c *cluster.Cluster) (*Client, error) {
	cmd, err := c.Kubectl(ctx)
	if err != nil {
		return nil, err
	}
	return &Client{cluster: c, kubectl: append([]string{cmd.Path}, cmd.Args[1:]...)}, nil
}

// Command is a command of kubectl on the cluster, to be started by the caller. Before each the context is checked to be one of ours.
func (c *Client) Command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	if err := cluster.GuardContext(c.cluster.Kubeconfig, c.cluster.Context); err != nil {
		return nil, err
	}
	args = append(c.kubectl[1:len(c.kubectl):len(c.kubectl)], args...)
	return exec.CommandContext(ctx, c.kubectl[0], args...), nil
}

// Run runs kubectl with input on its standard input and returns what it prints; what it complains of is in the error.
func (c *Client) Run(ctx context.Context, input []byte, args ...string) ([]byte, error) {
	cmd, err := c.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	var problem bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), &problem
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if err != nil {
		return out, fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(problem.String()))
	}
	return out, nil
}

// Get decodes what `kubectl get <args> -o json` prints.
func (c *Client) Get(ctx context.Context, into any, args ...string) error {
	args = append([]string{"get", "-o", "json"}, args...)
	out, err := c.Run(ctx, nil, args...)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(out, into); err != nil {
		return fmt.Errorf("kubectl %s: %w", strings.Join(args, " "), err)
	}
	return nil
}
