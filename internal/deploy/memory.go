package deploy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// memory is what the nodes use, as Docker accounts for their containers, and under each what its pods use, as its kubelet accounts for them; the
// page cache that could be taken back is in neither. Kubelet, containerd and the kernel make the difference.
func (d *deployment) memory(ctx context.Context) ([]NodeMemory, error) {
	var nodes struct {
		Items []struct {
			Metadata kube.Metadata `json:"metadata"`
		} `json:"items"`
	}
	if err := d.kube.Get(ctx, &nodes, "nodes"); err != nil {
		return nil, err
	}
	var all []NodeMemory
	for _, node := range nodes.Items {
		used, err := containerMemory(ctx, node.Metadata.Name)
		if err != nil {
			return nil, err
		}
		out, err := d.kube.Run(ctx, nil, "get", "--raw", "/api/v1/nodes/"+node.Metadata.Name+"/proxy/stats/summary")
		if err != nil {
			return nil, err
		}
		pods, err := parseSummary(out)
		if err != nil {
			return nil, err
		}
		all = append(all, NodeMemory{node.Metadata.Name, used, pods})
	}
	return all, nil
}

// containerMemory asks Docker; kind's nodes are containers of the same name.
func containerMemory(ctx context.Context, node string) (int64, error) {
	out, err := exec.CommandContext(ctx, "docker", "stats", "--no-stream", "--format", "{{.MemUsage}}", node).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			return 0, fmt.Errorf("docker stats: %w: %s", err, strings.TrimSpace(string(failed.Stderr)))
		}
		return 0, fmt.Errorf("docker stats: %w", err)
	}
	return parseUsage(string(out))
}

// parseUsage reads "1.021GiB / 23.43GiB".
func parseUsage(text string) (int64, error) {
	used, _, _ := strings.Cut(strings.TrimSpace(text), " /")
	var number float64
	var unit string
	if _, err := fmt.Sscanf(used, "%f%s", &number, &unit); err != nil {
		return 0, fmt.Errorf("docker stats: %q: %w", text, err)
	}
	for i, name := range []string{"B", "KiB", "MiB", "GiB", "TiB"} {
		if unit == name {
			return int64(number * float64(int64(1)<<(10*i))), nil
		}
	}
	return 0, fmt.Errorf("docker stats: %q: unknown unit", text)
}

// parseSummary reads the kubelet's summary API (k8s.io/kubelet/pkg/apis/stats/v1alpha1).
func parseSummary(out []byte) ([]PodMemory, error) {
	var summary struct {
		Pods []struct {
			PodRef struct {
				Name      string `json:"name"`
				Namespace string `json:"namespace"`
			} `json:"podRef"`
			Containers []struct {
				Name   string `json:"name"`
				Memory struct {
					WorkingSetBytes int64 `json:"workingSetBytes"`
				} `json:"memory"`
			} `json:"containers"`
		} `json:"pods"`
	}
	if err := json.Unmarshal(out, &summary); err != nil {
		return nil, fmt.Errorf("the kubelet's summary: %w", err)
	}
	var pods []PodMemory
	for _, pod := range summary.Pods {
		one := PodMemory{Namespace: pod.PodRef.Namespace, Name: pod.PodRef.Name}
		for _, container := range pod.Containers {
			one.Containers = append(one.Containers, Figure{container.Name, container.Memory.WorkingSetBytes})
		}
		pods = append(pods, one)
	}
	return pods, nil
}
