package tilt

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/manifests"
)

const root = "../.."

func render(t *testing.T, dir string) []kube.Object {
	t.Helper()
	rendered, err := manifests.Build(root, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	objects, err := kube.Parse(rendered)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// What Tilt deploys is the kind overlay, but for three things: a writable folder, its mount, and a liveness probe that never gives up.
func TestTiltOverlayIsKindsWithAFolder(t *testing.T) {
	t.Parallel()
	want, got := render(t, "k8s/overlays/kind"), render(t, "k8s/overlays/tilt")
	var changed []string
	for _, object := range got {
		if object.Kind() != "Deployment" || object.At("spec", "template", "metadata", "annotations", "dapr.io/enabled") != "true" {
			continue
		}
		pod := object.At("spec", "template", "spec").(map[string]any)
		container := pod["containers"].([]any)[0].(map[string]any)
		probe := container["livenessProbe"].(map[string]any)
		folder := []any{map[string]any{"name": "app", "emptyDir": map[string]any{"sizeLimit": "512Mi"}}}
		mount := []any{map[string]any{"name": "app", "mountPath": "/app"}}
		if !reflect.DeepEqual(pod["volumes"], folder) || !reflect.DeepEqual(container["volumeMounts"], mount) || probe["failureThreshold"] != float64(1000000) {
			t.Errorf("%s: volumes %v, mounts %v, probe %v", object, pod["volumes"], container["volumeMounts"], probe)
		}
		delete(pod, "volumes")
		delete(container, "volumeMounts")
		probe["failureThreshold"] = float64(3)
		changed = append(changed, object.Name())
	}
	if strings.Join(changed, " ") != "comms greeter" {
		t.Errorf("live update for %v, want both services", changed)
	}
	if !reflect.DeepEqual(got, want) {
		t.Error("the tilt overlay differs from kind's in something else too")
	}
}

// No other overlay knows of live update, nor does a service.
func TestProductionKnowsNothingOfTheLoop(t *testing.T) {
	t.Parallel()
	overlays, err := os.ReadDir(filepath.Join(root, "k8s", "overlays"))
	if err != nil {
		t.Fatal(err)
	}
	for _, overlay := range overlays {
		if overlay.Name() == "tilt" {
			continue
		}
		rendered, err := manifests.Build(root, path.Join("k8s/overlays", overlay.Name()), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"mountPath: /app", "supervisor", "SUPERVISOR", "1000000"} {
			if strings.Contains(string(rendered), word) {
				t.Errorf("overlay %s has %q", overlay.Name(), word)
			}
		}
	}
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "./services/...")
	list.Dir = root
	packages, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"internal/supervisor", "internal/tiltloop"} {
		if strings.Contains(string(packages), name) {
			t.Errorf("a service imports %s", name)
		}
	}
}

// Whoever runs Dapr's dashboard on kind sees the one that EKS has.
func TestDashboardIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	version := func(path, pattern string) string {
		content, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(pattern).FindSubmatch(content)
		if match == nil {
			t.Fatalf("%s has no %s", path, pattern)
		}
		return string(match[1])
	}
	if kind, eks := version("Tiltfile", `(?m)^DASHBOARD = '(.+)'$`), version("internal/eks/eks.go", `dashboardChart = "(.+)"`); kind != eks {
		t.Errorf("the Tiltfile has chart %s, EKS %s", kind, eks)
	}
}
