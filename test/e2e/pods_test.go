//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// testPods looks at what runs: Dapr's control plane, a sidecar in every pod of the services, and that the namespaces admit nothing less restricted.
func testPods(ctx context.Context, t *testing.T, s *system) {
	s.rolledOut(ctx, t,
		kube.Workload{Kind: "Deployment", Namespace: platformNamespace, Name: "dapr-operator"},
		kube.Workload{Kind: "Deployment", Namespace: platformNamespace, Name: "dapr-sentry"},
		kube.Workload{Kind: "Deployment", Namespace: platformNamespace, Name: "dapr-sidecar-injector"},
		comms, greeter, collector)
	for _, w := range []kube.Workload{comms, greeter} {
		eventually(ctx, t, "sidecars of "+w.String(), func(ctx context.Context) error {
			pods, err := s.kube.Pods(ctx, w.Namespace, "app="+w.Name)
			if err != nil {
				return err
			}
			if len(pods) == 0 {
				return errors.New("no pods")
			}
			for _, pod := range pods {
				if err := hasReadySidecar(pod); err != nil {
					return fmt.Errorf("pod %s: %w", pod.Metadata.Name, err)
				}
			}
			return nil
		})
	}
	for _, namespace := range settings.variant.restricted {
		refusesIntruder(ctx, t, s, namespace)
	}
}

func hasReadySidecar(pod kube.Pod) error {
	if !pod.Ready() {
		return fmt.Errorf("is not ready: %s", pod.Waiting())
	}
	running := pod.Running()
	i := slices.IndexFunc(running, func(c kube.ContainerStatus) bool { return c.Name == "daprd" })
	if i < 0 || len(running) != 2 {
		return fmt.Errorf("%d containers, want the service and daprd", len(running))
	}
	if !running[i].Ready {
		return errors.New("its sidecar is not ready")
	}
	return nil
}

// refusesIntruder asks, without making it, for a pod that Pod Security "restricted" forbids. Were it Dapr's webhook that refused, this would not tell.
func refusesIntruder(ctx context.Context, t *testing.T, s *system, namespace string) {
	const intruder = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "intruder"},
		"spec": {"containers": [{"name": "intruder", "image": "intruder", "securityContext": {"privileged": true}}]}}`
	_, err := s.kube.Run(ctx, []byte(intruder), "create", "--dry-run=server", "--namespace", namespace, "-f", "-")
	if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted:`) {
		t.Errorf("%s: a privileged pod was answered with %v, want that it violates restricted", namespace, err)
	}
}
