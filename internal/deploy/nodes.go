package deploy

import (
	"bytes"
	"fmt"
	"strings"

	"sigs.k8s.io/kind/pkg/cluster"
)

// onNodes runs a command in every node.
func (d *deployment) onNodes(command string, args ...string) error {
	nodes, err := cluster.NewProvider(cluster.ProviderWithDocker()).ListInternalNodes(d.cluster.Name)
	if err != nil {
		return fmt.Errorf("list nodes: %w", err)
	}
	for _, node := range nodes {
		var problem bytes.Buffer
		if err := node.Command(command, args...).SetStderr(&problem).Run(); err != nil {
			return fmt.Errorf("%s: %s: %w: %s", node, command, err, strings.TrimSpace(problem.String()))
		}
	}
	return nil
}
