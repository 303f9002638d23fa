package cluster

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// configFile is the one description of the cluster, relative to the root.
const configFile = "kind-arm64.yaml"

// capSysResource is the bit of CAP_SYS_RESOURCE in a capability set, see capabilities(7).
const capSysResource = 24

// readConfig reads kind-arm64.yaml, strictly, so that a typo is an error and not a default.
func readConfig(root string) (*v1alpha4.Cluster, error) {
	path := filepath.Join(root, configFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	config := new(v1alpha4.Cluster)
	if err := yaml.UnmarshalWithOptions(content, config, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(config.Nodes) != 1 || config.Nodes[0].Role != v1alpha4.ControlPlaneRole {
		return nil, fmt.Errorf("%s: want one control-plane node; workers are an option of the command", path)
	}
	return config, nil
}

// adapt makes the file's cluster that of the options: its name, ports, workers and node image, and what this host needs.
func adapt(config *v1alpha4.Cluster, options Options, ports Ports, image string) {
	config.Name = options.Name
	controlPlane := &config.Nodes[0]
	controlPlane.Image = image
	for i := range controlPlane.ExtraPortMappings {
		mapping := &controlPlane.ExtraPortMappings[i]
		switch mapping.ContainerPort {
		case CommsNodePort:
			mapping.HostPort = int32(ports.Comms)
		case TracesNodePort:
			mapping.HostPort = int32(ports.Traces)
		case OTLPNodePort:
			mapping.HostPort = int32(ports.OTLP)
		}
	}
	for range options.Workers {
		config.Nodes = append(config.Nodes, v1alpha4.Node{Role: v1alpha4.WorkerRole, Image: image})
	}
	if runtime.GOOS == "linux" && lacksSysResource() {
		// The gate's only effect is that the kubelet tolerates what it may not set: limits, OOM scores, sysctls.
		config.KubeadmConfigPatches = append(config.KubeadmConfigPatches, "kind: KubeletConfiguration\nfeatureGates:\n  KubeletInUserNamespace: true\n")
	}
}

// lacksSysResource reports whether root on this host is without CAP_SYS_RESOURCE, as in some sandboxes.
func lacksSysResource() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	bounding, found := boundingSet(status)
	return found && bounding&(1<<capSysResource) == 0
}

// boundingSet reads the capability bounding set out of a /proc/<pid>/status.
func boundingSet(status []byte) (set uint64, found bool) {
	lines := bufio.NewScanner(bytes.NewReader(status))
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "CapBnd:"); ok {
			set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			return set, err == nil
		}
	}
	return 0, false
}
