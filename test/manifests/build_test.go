package manifests

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/types"

	"github.com/drydock-dev/drydock/test/manifests/policy"
)

// kustomizations are all of this repository by folder, from the root.
func kustomizations(t *testing.T) map[string]types.Kustomization {
	t.Helper()
	found := map[string]types.Kustomization{}
	add := func(dir string) {
		data, err := os.ReadFile(filepath.Join(root(t), dir, "kustomization.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		var k types.Kustomization
		if err := k.Unmarshal(data); err != nil {
			t.Fatalf("%s: %v", dir, err)
		}
		found[filepath.ToSlash(dir)] = k
	}
	add(".")
	err := filepath.WalkDir(filepath.Join(root(t), "k8s"), func(file string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "kustomization.yaml" {
			dir, _ := filepath.Rel(root(t), filepath.Dir(file))
			add(dir)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryKustomizationBuilds(t *testing.T) {
	all := kustomizations(t)
	used := map[string]bool{}
	for dir, k := range all {
		for _, other := range append(k.Components, k.Transformers...) {
			used[path.Join(dir, other)] = true
		}
	}
	for dir, k := range all {
		t.Run(dir, func(t *testing.T) {
			// Components and transformers are parts: they build where they are used.
			if part := k.Kind == types.ComponentKind || strings.HasPrefix(dir, "k8s/transformers/"); part {
				if !used[dir] {
					t.Error("nobody uses it, so nothing shows that it builds")
				}
				return
			}
			if len(build(t, dir)) == 0 {
				t.Error("renders to nothing")
			}
		})
	}
}

func TestRootIsTheKindOverlay(t *testing.T) {
	if string(build(t, ".")) != string(build(t, "k8s/overlays/kind")) {
		t.Error("kubectl apply -k . would apply something else than k8s/overlays/kind")
	}
}

func TestOverlaysAddNothingThatAComponentCould(t *testing.T) {
	for _, overlay := range overlays {
		for _, resource := range kustomizations(t)[overlay].Resources {
			if resource != "../../base" {
				t.Errorf("%s: resource %s should come from base or a component", overlay, resource)
			}
		}
	}
}

func TestTracesTellWhereTheyRan(t *testing.T) {
	for _, overlay := range overlays {
		workloads, err := set(t, overlay).Workloads()
		if err != nil {
			t.Fatal(err)
		}
		told := 0
		for _, w := range workloads {
			env := w.Annotation("dapr.io/env")
			if env == "" {
				continue
			}
			told++
			if strings.Contains(env, "unset") || !strings.Contains(env, "deployment.environment.name= "+path.Base(overlay)+" ,") {
				t.Errorf("%s in %s: dapr.io/env is %q, want the overlay's environment and the image's tag", w, overlay, env)
			}
		}
		if told == 0 {
			t.Errorf("%s: no workload tells its sidecar where it runs", overlay)
		}
	}
}

// A person opens what kind-arm64.yaml maps to the host, so exactly these node ports must lead somewhere.
func TestNodePortsAreThoseThatKindMaps(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(root(t), "kind-arm64.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		Nodes []struct {
			ExtraPortMappings []struct {
				ContainerPort int32 `yaml:"containerPort"`
			} `yaml:"extraPortMappings"`
		} `yaml:"nodes"`
	}
	if err := yaml.Unmarshal(data, &config); err != nil {
		t.Fatal(err)
	}
	mapped := map[int32]bool{}
	for _, node := range config.Nodes {
		for _, mapping := range node.ExtraPortMappings {
			mapped[mapping.ContainerPort] = true
		}
	}
	for _, object := range set(t, "k8s/overlays/kind").Kind("Service") {
		service, err := policy.As[corev1.Service](object)
		if err != nil {
			t.Fatal(err)
		}
		for _, port := range service.Spec.Ports {
			if port.NodePort != 0 && !mapped[port.NodePort] {
				t.Errorf("%s: kind-arm64.yaml does not map node port %d", object, port.NodePort)
			}
			delete(mapped, port.NodePort)
		}
	}
	for port := range mapped {
		t.Error("kind-arm64.yaml maps a node port that no Service has: " + strconv.Itoa(int(port)))
	}
}

// listed tells whether the kustomization beside a file has it among its resources.
func listed(all map[string]types.Kustomization, name string) bool {
	return slices.Contains(all[path.Dir(name)].Resources, path.Base(name))
}
