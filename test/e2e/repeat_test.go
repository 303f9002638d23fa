//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// testApplyKustomization deploys as a README of any project would have it; the images have the tag dev since the first deployment.
func testApplyKustomization(ctx context.Context, t *testing.T, s *system) {
	s.kubectl(ctx, t, "apply", "-k", filepath.Join(settings.root, settings.variant.kustomization))
	s.rolledOut(ctx, t, comms, greeter, collector)
	for _, pod := range append(s.pods(ctx, t, comms), s.pods(ctx, t, greeter)...) {
		for _, container := range pod.Spec.Containers {
			if pod.Metadata.DeletionTimestamp == nil && strings.HasPrefix(container.Image, "drydock/") && !strings.HasSuffix(container.Image, ":dev") {
				t.Errorf("pod %s runs %s, want the tag dev", pod.Metadata.Name, container.Image)
			}
		}
	}
	s.greets(ctx, t)
}

// testDeployTwice runs `make deploy` twice and looks for differences itself.
func testDeployTwice(ctx context.Context, t *testing.T, s *system) {
	runMake(ctx, t, "deploy")
	objects, pods := s.declared(ctx, t), s.running(ctx, t)
	out := runMake(ctx, t, "deploy")
	if !strings.Contains(out, ", 0 of them changed") {
		t.Errorf("the second deployment does not say that it changed nothing:\n%s", out)
	}
	after := s.declared(ctx, t)
	for name, object := range after {
		for _, difference := range differences("", map[string]any(objects[name].Declared()), map[string]any(object.Declared())) {
			t.Errorf("%s%s", name, difference)
		}
	}
	if len(after) != len(objects) {
		t.Errorf("%d objects, want the %d of before", len(after), len(objects))
	}
	if now := s.running(ctx, t); !maps.Equal(pods, now) {
		t.Errorf("pods and restarts were %v and are %v, want the same", pods, now)
	}
}

// differences are the fields in which two values differ.
func differences(path string, was, is any) []string {
	before, ok := was.(map[string]any)
	after, both := is.(map[string]any)
	if !ok || !both {
		if reflect.DeepEqual(was, is) {
			return nil
		}
		return []string{fmt.Sprintf("%s was %v and is %v", path, was, is)}
	}
	var found []string
	for name, value := range after {
		found = append(found, differences(path+"."+name, before[name], value)...)
	}
	for name, value := range before {
		if _, kept := after[name]; !kept {
			found = append(found, fmt.Sprintf("%s.%s was %v and is gone", path, name, value))
		}
	}
	return found
}

// declared are all objects of the kinds that are deployed.
func (s *system) declared(ctx context.Context, t *testing.T) map[string]kube.Object {
	t.Helper()
	var found struct {
		Items []kube.Object `json:"items"`
	}
	err := s.kube.Get(ctx, &found, "--all-namespaces", strings.Join([]string{
		"namespaces", "customresourcedefinitions", "clusterroles", "clusterrolebindings", "mutatingwebhookconfigurations", "roles", "rolebindings",
		"serviceaccounts", "configmaps", "services", "deployments", "daemonsets", "poddisruptionbudgets",
		"configurations.dapr.io", "resiliencies.dapr.io",
	}, ","))
	if err != nil {
		t.Fatal(err)
	}
	objects := map[string]kube.Object{}
	for _, object := range found.Items {
		objects[object.String()] = object
	}
	return objects
}

// runMake runs a target of the Makefile on this suite's cluster and returns what it prints.
func runMake(ctx context.Context, t *testing.T, target string) string {
	t.Helper()
	cmd := exec.CommandContext(ctx, "make", "--no-print-directory", target)
	cmd.Dir = settings.root
	cmd.Env = append(os.Environ(), "CLUSTER_NAME="+settings.variant.cluster, "CLUSTER_KUBECONFIG="+options().Kubeconfig,
		"OVERLAY="+settings.variant.overlay, "PLATFORM="+settings.variant.platform)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
	return string(out)
}
