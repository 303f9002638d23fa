package cluster

import (
	"context"
	"fmt"
	"strings"
)

// network is where kind puts its nodes; it makes it when it is not there.
const network = "kind"

// Down removes the cluster: its nodes with their volumes, its context, and kind's network when nothing else uses it; it tells what it removed.
// A cluster that is not there is no error.
func Down(ctx context.Context, options Options) error {
	c, err := open(options)
	if err != nil {
		return err
	}
	if err := checkDocker(ctx); err != nil {
		return err
	}
	all, err := c.provider.ListNodes(c.Name)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	var removed []string
	for _, node := range all {
		volumes, err := docker(ctx, "inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`, node.String())
		if err != nil {
			return err
		}
		removed = append(removed, "node "+node.String())
		for _, volume := range strings.Fields(volumes) {
			removed = append(removed, "volume "+volume)
		}
	}
	if c.hasContext() {
		removed = append(removed, "context "+c.Context)
	}
	if err := c.provider.Delete(c.Name, c.Kubeconfig); err != nil {
		return fmt.Errorf("remove cluster %s: %w", c.Name, err)
	}
	gone, err := removeNetwork(ctx)
	if err != nil {
		return err
	}
	if gone {
		removed = append(removed, "network "+network)
	}
	if len(removed) == 0 {
		c.tell("cluster %s: nothing to remove", c.Name)
		return nil
	}
	c.tell("cluster %s: removed\n  %s", c.Name, strings.Join(removed, "\n  "))
	return nil
}

func (c *Cluster) hasContext() bool {
	config, err := readKubeconfig(c.Kubeconfig)
	if err != nil {
		return false
	}
	for _, entry := range config.Contexts {
		if entry.Name == c.Context {
			return true
		}
	}
	return false
}

// removeNetwork removes kind's network unless a container, of whomever, is in it. kind makes it again when it needs it.
func removeNetwork(ctx context.Context) (bool, error) {
	found, err := docker(ctx, "network", "ls", "--quiet", "--filter", "name=^"+network+"$")
	if err != nil || found == "" {
		return false, err
	}
	users, err := docker(ctx, "ps", "--all", "--quiet", "--filter", "network="+network)
	if err != nil || users != "" {
		return false, err
	}
	_, err = docker(ctx, "network", "rm", network)
	return err == nil, err
}
