package cluster

import (
	"strings"
	"testing"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"

	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func config(t *testing.T) (*v1alpha4.Cluster, string) {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	config, err := readConfig(root)
	if err != nil {
		t.Fatal(err)
	}
	return config, root
}

func mapped(node v1alpha4.Node) map[int32]v1alpha4.PortMapping {
	mappings := map[int32]v1alpha4.PortMapping{}
	for _, mapping := range node.ExtraPortMappings {
		mappings[mapping.ContainerPort] = mapping
	}
	return mappings
}

// What kind-arm64.yaml says must agree with what the code and the list of images say.
func TestConfigFileAgrees(t *testing.T) {
	config, root := config(t)
	if config.Name != DefaultName {
		t.Errorf("name %q, want %q", config.Name, DefaultName)
	}
	if config.Networking.APIServerAddress != "127.0.0.1" {
		t.Errorf("API server on %q, want loopback", config.Networking.APIServerAddress)
	}
	list, err := images.ReadList(root)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := list.Named(images.NodeName)
	if err != nil {
		t.Fatal(err)
	}
	node := config.Nodes[0]
	if want := entries[0].Pinned(); node.Image != want || !strings.Contains(want, "@sha256:") {
		t.Errorf("image %s, want the list's, by digest: %s", node.Image, want)
	}
	mappings := mapped(node)
	if len(mappings) != 3 || int(mappings[CommsNodePort].HostPort) != DefaultPorts().Comms || int(mappings[TracesNodePort].HostPort) != DefaultPorts().Traces ||
		int(mappings[OTLPNodePort].HostPort) != DefaultPorts().OTLP {
		t.Errorf("ports %v, want %v", mappings, DefaultPorts())
	}
	for _, mapping := range mappings {
		if mapping.ListenAddress != "127.0.0.1" {
			t.Errorf("port %d listens on %q, want loopback", mapping.HostPort, mapping.ListenAddress)
		}
	}
}

func TestAdapt(t *testing.T) {
	config, _ := config(t)
	adapt(config, Options{Name: "drydock-e2e", Workers: 2}, Ports{Comms: 1001, Traces: 1002, OTLP: 1003}, "image:1")
	if config.Name != "drydock-e2e" {
		t.Errorf("name %q", config.Name)
	}
	if len(config.Nodes) != 3 {
		t.Fatalf("%d nodes, want 3", len(config.Nodes))
	}
	for i, node := range config.Nodes {
		if node.Image != "image:1" {
			t.Errorf("node %d: image %s", i, node.Image)
		}
		if worker := node.Role == v1alpha4.WorkerRole; worker != (i > 0) {
			t.Errorf("node %d: role %s", i, node.Role)
		}
	}
	mappings := mapped(config.Nodes[0])
	if mappings[CommsNodePort].HostPort != 1001 || mappings[TracesNodePort].HostPort != 1002 || mappings[OTLPNodePort].HostPort != 1003 {
		t.Errorf("ports %v, want 1001, 1002 and 1003", mappings)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]bool{
		"drydock": true, "drydock-e2e": true, "drydock-rehearsal-2": true,
		"": false, "kind": false, "drydock-": false, "drydock-E2E": false, "drydocks": false, "my-drydock": false,
		"drydock-" + strings.Repeat("a", 40): false,
	} {
		if got := CheckName(name) == nil; got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
}

func TestBoundingSet(t *testing.T) {
	tests := []struct {
		name, status string
		want         uint64
		found        bool
	}{
		{"all but CAP_SYS_RESOURCE", "Name:\tgo\nCapBnd:\t000001fffeffffff\nSeccomp:\t0\n", 0x1fffeffffff, true},
		{"none", "CapBnd:\t0000000000000000\n", 0, true},
		{"no such line", "Name:\tgo\n", 0, false},
		{"not a number", "CapBnd:\tmany\n", 0, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, found := boundingSet([]byte(test.status))
			if got != test.want || found != test.found {
				t.Errorf("got %x, %v, want %x, %v", got, found, test.want, test.found)
			}
		})
	}
}

func TestParseImages(t *testing.T) {
	table := "REF TYPE DIGEST SIZE PLATFORMS LABELS\n" +
		"docker.io/drydock/comms:1 application/vnd.oci.image.manifest.v1+json sha256:aa 13.0 MiB linux/amd64 io.cri-containerd.image=managed\n" +
		"sha256:bb application/vnd.oci.image.manifest.v1+json sha256:cc 13.0 MiB linux/amd64 -\n"
	got := parseImages(table)
	if len(got) != 2 || got["docker.io/drydock/comms:1"] != "sha256:aa" || got["sha256:bb"] != "sha256:cc" {
		t.Errorf("got %v", got)
	}
}
