//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"testing"
)

// testDrain takes the pods of comms off one of two nodes, as an upgrade of nodes does: a zone without a node that takes pods is none to balance with, so
// the pod comes back in the other zone, beside its twin.
func testDrain(ctx context.Context, t *testing.T, s *system) {
	var node string
	eventually(ctx, t, "two pods of comms", func(ctx context.Context) error {
		nodes, err := s.nodesOf(ctx, comms)
		if err == nil && len(nodes) != 2 {
			err = fmt.Errorf("they are on %v", nodes)
		}
		if err == nil {
			node = nodes[0]
		}
		return err
	})
	s.kubectl(ctx, t, "drain", node, "--pod-selector=app="+comms.Name, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=4m")
	defer s.kubectl(context.WithoutCancel(ctx), t, "uncordon", node)
	eventually(ctx, t, "two pods of comms on the node that is left", func(ctx context.Context) error {
		pods, err := s.kube.Pods(ctx, comms.Namespace, "app="+comms.Name)
		if err != nil {
			return err
		}
		ready := 0
		for _, pod := range pods {
			if pod.Ready() && pod.Metadata.DeletionTimestamp == nil {
				ready++
			}
		}
		nodes, err := s.nodesOf(ctx, comms)
		if err != nil {
			return err
		}
		if ready != 2 || len(nodes) != 2 || nodes[0] == node || nodes[1] == node {
			return fmt.Errorf("%d are ready, on %v", ready, nodes)
		}
		return nil
	})
	s.greets(ctx, t)
}
