//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/rehearse"
)

// variant is what the suite deploys, and what is true of that alone.
type variant struct {
	name string
	// cluster is never the developer's.
	cluster           string
	workers           int
	platform, overlay string
	// kustomization is what a person would apply by hand, a folder of the checkout.
	kustomization string
	// environment is what spans say of where they were made.
	environment string
	// restricted are the namespaces that admit nothing less than Pod Security's level restricted.
	restricted []string
	// prepare comes before the first deployment, own are further cases.
	prepare func(context.Context, *kube.Client) error
	own     func(*testing.T, *system)
}

func parseVariant(name string) (variant, error) {
	switch name {
	case "", "kind":
		return variant{
			name: "e2e", cluster: "drydock-e2e", platform: deploy.DefaultPlatform, overlay: deploy.DefaultOverlay,
			kustomization: ".", environment: "kind",
			restricted: []string{servicesNamespace, platformNamespace, telemetryNamespace},
			prepare:    func(context.Context, *kube.Client) error { return nil },
			own:        func(*testing.T, *system) {},
		}, nil
	case "rehearsal":
		return variant{
			name: "rehearsal", cluster: "drydock-rehearsal", workers: rehearse.Workers, platform: rehearse.Platform, overlay: rehearse.Overlay,
			kustomization: rehearse.Overlay, environment: "demo",
			// The Agent's namespace is privileged, as on EKS.
			restricted: []string{servicesNamespace, platformNamespace},
			prepare: func(ctx context.Context, client *kube.Client) error {
				return rehearse.Prepare(ctx, client, settings.root, progress{})
			},
			own: func(t *testing.T, s *system) {
				s.run(t, "services are spread over zones", testZones)
				s.run(t, "a node is drained", testDrain)
				s.run(t, "the API server accepts what EKS is given", testServerSide)
			},
		}, nil
	}
	return variant{}, fmt.Errorf("E2E_VARIANT=%s: choose kind or rehearsal", name)
}

// testZones looks where the pods of the services are: two of each, never both in one zone.
func testZones(ctx context.Context, t *testing.T, s *system) {
	var nodes struct {
		Items []struct {
			Metadata struct {
				Name   string            `json:"name"`
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
		} `json:"items"`
	}
	if err := s.kube.Get(ctx, &nodes, "nodes"); err != nil {
		t.Fatal(err)
	}
	zoneOf := map[string]string{}
	for _, node := range nodes.Items {
		zoneOf[node.Metadata.Name] = node.Metadata.Labels["topology.kubernetes.io/zone"]
	}
	for _, w := range []kube.Workload{comms, greeter} {
		eventually(ctx, t, "pods of "+w.String()+" in two zones", func(ctx context.Context) error {
			nodes, err := s.nodesOf(ctx, w)
			if err != nil {
				return err
			}
			zones := map[string]bool{}
			for _, node := range nodes {
				zones[zoneOf[node]] = true
			}
			delete(zones, "")
			if len(zones) < 2 {
				return fmt.Errorf("they are on %s, zones %v", nodes, zones)
			}
			return nil
		})
	}
}

// nodesOf are the nodes of a workload's pods that run.
func (s *system) nodesOf(ctx context.Context, w kube.Workload) ([]string, error) {
	out, err := s.kube.Run(ctx, nil, "get", "pods", "--namespace", w.Namespace, "--selector", "app="+w.Name,
		"--field-selector", "status.phase=Running", "--output", "jsonpath={.items[*].spec.nodeName}")
	return strings.Fields(string(out)), err
}

// testServerSide has the API server judge EKS's manifests without the rehearsal's substitutions, and makes sure that it judges at all.
func testServerSide(ctx context.Context, t *testing.T, s *system) {
	judged, err := rehearse.Validate(ctx, s.kube, settings.root)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(progress{}, "  %d objects accepted\n", judged)
	const wrong = `{"apiVersion": "datadoghq.com/v2alpha1", "kind": "DatadogAgent", "metadata": {"name": "wrong", "namespace": "datadog-operator"},
		"spec": {"features": {"apm": {"enabled": "yes"}}}}`
	if _, err := s.kube.Run(ctx, []byte(wrong), "apply", "--server-side", "--dry-run=server", "-f", "-"); err == nil || !strings.Contains(err.Error(), "spec.features.apm.enabled") {
		t.Errorf("a DatadogAgent with a word for a truth value was answered with %v, want a refusal that names the field", err)
	}
}
