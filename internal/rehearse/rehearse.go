// Package rehearse makes a kind cluster fit for the manifests of EKS, so that they can be run where there is no AWS: two
// workers in two zones, the kinds that Datadog's Operator would bring, and an API server that judges EKS's manifests
// as they are.
package rehearse

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/manifests"
	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// What a rehearsal deploys: EKS's manifests with the substitutions that eks/parity.yaml lists.
const (
	Platform = "k8s/platform/rehearsal"
	Overlay  = "k8s/overlays/rehearsal"
	// Workers is the number of nodes that eks/cluster.yaml has.
	Workers = 2
)

// zones are those that the workers are said to be in.
var zones = []string{"us-west-2a", "us-west-2b", "us-west-2c"}

// operatorModule carries the CRD of DatadogAgent; tools/datadog-operator pins it.
const operatorModule = "github.com/DataDog/datadog-operator"

// Prepare tells the cluster what EKS knows before anything of ours is applied: the zones of its nodes, and Datadog's kinds.
func Prepare(ctx context.Context, client *kube.Client, root string, progress io.Writer) error {
	if err := nameZones(ctx, client, progress); err != nil {
		return fmt.Errorf("name zones: %w", err)
	}
	module, err := toolchain.New(root, progress).ModuleDir(ctx, "datadog-operator", operatorModule)
	if err != nil {
		return err
	}
	definition, err := os.ReadFile(filepath.Join(module, "config", "crd", "bases", "v1", "datadoghq.com_datadogagents.yaml"))
	if err != nil {
		return err
	}
	kinds, err := kube.Parse(definition)
	if err != nil {
		return err
	}
	if _, err := client.Apply(ctx, progress, kinds); err != nil {
		return err
	}
	return client.Established(ctx, progress, time.Minute, kinds)
}

// nameZones puts the workers into zones, one after the other.
func nameZones(ctx context.Context, client *kube.Client, progress io.Writer) error {
	out, err := client.Run(ctx, nil, "get", "nodes", "--selector", "!node-role.kubernetes.io/control-plane", "--output", "name")
	if err != nil {
		return err
	}
	workers := strings.Fields(string(out))
	slices.Sort(workers)
	for i, worker := range workers {
		zone := zones[i%len(zones)]
		if _, err := client.Run(ctx, nil, "label", "--overwrite", worker, "topology.kubernetes.io/zone="+zone, "topology.kubernetes.io/region="+zone[:len(zone)-1]); err != nil {
			return err
		}
		fmt.Fprintf(progress, "%s is in zone %s\n", worker, zone)
	}
	return nil
}

// Validate has the API server judge EKS's platform and overlay as they are, without substitutions and without changing
// anything, and returns how many objects it judged. The namespaces must be there.
func Validate(ctx context.Context, client *kube.Client, root string) (int, error) {
	judged := 0
	for _, dir := range parity.EKS.Dirs {
		rendered, err := manifests.Build(root, dir, nil)
		if err != nil {
			return judged, err
		}
		out, err := client.Run(ctx, rendered, "apply", "--server-side", "--force-conflicts", "--dry-run=server", "--output", "name", "-f", "-")
		judged += len(strings.Fields(string(out)))
		if err != nil {
			return judged, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return judged, nil
}
