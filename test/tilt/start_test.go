//go:build e2e

package tilt

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/test/greet"
)

// testOtherContext starts Tilt with a context that is not ours, whose server nobody could reach.
func testOtherContext(ctx context.Context, t *testing.T, l *loop) {
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	content := `{apiVersion: v1, kind: Config, current-context: production, contexts: [{name: production, context: {cluster: c, user: u}}],
clusters: [{name: c, cluster: {server: "https://192.0.2.1:6443"}}], users: [{name: u, user: {}}]}`
	if err := os.WriteFile(kubeconfig, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := l.Plain(ctx, kubeconfig, "ci", "--port=0")
	if err == nil || !strings.Contains(out, `Kubernetes context is "production"`) || !strings.Contains(out, "make up") {
		t.Errorf("tilt ci on another context: %v\n%s", err, out)
	}
}

func testCI(ctx context.Context, t *testing.T, l *loop) {
	out, err := l.CI(ctx)
	if err != nil || !strings.Contains(out, "SUCCESS. All workloads are healthy.") {
		t.Fatalf("%v\n%s", err, out)
	}
	eventually(ctx, t, "a greeting of greeter", func(ctx context.Context) error {
		answer, err := greet.Ask(ctx, l.Comms, "Ada")
		if err != nil {
			return err
		}
		return greet.FromGreeter(answer, "Ada")
	})
}

func testUp(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	var err error
	if l.tilt, err = l.Up(ctx); err != nil {
		t.Fatal(err)
	}
	// The same images are there already.
	if after := l.pods(ctx, t); after != before {
		t.Errorf("tilt up after tilt ci changed the pods from\n%sto\n%s", before, after)
	}
}

// testOverview reads what Tilt's page shows: each resource under its label, and where to go from there.
func testOverview(ctx context.Context, t *testing.T, l *loop) {
	out, err := l.tilt.Get(ctx, "uiresources", "-o", "json")
	if err != nil {
		t.Fatal(err)
	}
	var resources struct {
		Items []struct {
			Metadata struct {
				Name   string
				Labels map[string]string
			}
			Status struct {
				EndpointLinks []struct{ URL string }
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &resources); err != nil {
		t.Fatal(err)
	}
	labels, links := map[string]string{}, map[string][]string{}
	for _, item := range resources.Items {
		name := item.Metadata.Name
		labels[name] = strings.Join(slices.Sorted(maps.Keys(item.Metadata.Labels)), " ")
		for _, link := range item.Status.EndpointLinks {
			links[name] = append(links[name], link.URL)
		}
	}
	for name, want := range map[string]string{
		"comms": "services", "greeter": "services", "compile-greeter": "services", "dapr-operator": "dapr", "dapr-settings": "dapr",
		"otel-collector": "telemetry", "jaeger": "telemetry", "images": "tools", "watch": "tools",
	} {
		if labels[name] != want {
			t.Errorf("%s has labels %q, want %q", name, labels[name], want)
		}
	}
	if !slices.Contains(links["comms"], l.Comms+"/health") || !slices.ContainsFunc(links["jaeger"], func(url string) bool { return strings.HasPrefix(url, l.Traces) }) {
		t.Errorf("links %v, want comms and the trace UI", links)
	}
}

// testPods holds the pods to what production's are: no shell, no root, no writable root folder; and the supervisor to its folder.
func testPods(ctx context.Context, t *testing.T, l *loop) {
	for _, name := range []string{"comms", "greeter"} {
		var pods struct {
			Items []struct {
				Spec struct {
					SecurityContext struct{ RunAsNonRoot bool }
					Containers      []struct {
						Name            string
						SecurityContext struct {
							ReadOnlyRootFilesystem   bool
							AllowPrivilegeEscalation *bool
						}
					}
				}
			}
		}
		if err := l.Kube.Get(ctx, &pods, "pods", "--namespace", namespace, "--selector", "app="+name); err != nil {
			t.Fatal(err)
		}
		if len(pods.Items) != 1 {
			t.Fatalf("%s has %d pods", name, len(pods.Items))
		}
		spec := pods.Items[0].Spec
		container := spec.Containers[0]
		escalation := container.SecurityContext.AllowPrivilegeEscalation
		if container.Name != name || !spec.SecurityContext.RunAsNonRoot || !container.SecurityContext.ReadOnlyRootFilesystem || escalation == nil || *escalation {
			t.Errorf("%s: %+v", name, spec)
		}
		for command, want := range map[string]string{
			"sh -c true":            "executable file not found",
			"rm -rf /" + name:       "outside of /app",
			"rm -rf /app":           "itself stays",
			"tar -C / -c -f - /app": "no option -c",
		} {
			args := append([]string{"exec", "deployment/" + name, "--namespace", namespace, "--container", name, "--"}, strings.Fields(command)...)
			if out, err := l.Kube.Run(ctx, nil, args...); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s in %s: %v %s, want %q", command, name, err, out, want)
			}
		}
	}
}

// pods are the identities of the services' pods and their containers, with restarts, once no pod is left of a rollout.
func (l *loop) pods(ctx context.Context, t *testing.T) string {
	t.Helper()
	var pods string
	eventually(ctx, t, "two services and two sidecars", func(ctx context.Context) error {
		out, err := l.Kube.Run(ctx, nil, "get", "pods", "--namespace", namespace, "--sort-by=.metadata.name", "-o",
			`jsonpath={range .items[*]}{.metadata.name}{range .status.initContainerStatuses[*]} {.name} {.containerID} {.restartCount}{end}`+
				`{range .status.containerStatuses[*]} {.name} {.containerID} {.restartCount}{end}{"\n"}{end}`)
		pods = string(out)
		if n := strings.Count(pods, "containerd://"); err == nil && n != 4 {
			err = fmt.Errorf("%d containers:\n%s", n, out)
		}
		return err
	})
	return pods
}

// ready reports whether the one pod of a service is ready.
func (l *loop) ready(ctx context.Context, service string, want bool) error {
	pods, err := l.Kube.Pods(ctx, namespace, "app="+service)
	if err != nil {
		return err
	}
	if len(pods) != 1 || pods[0].Ready() != want {
		return fmt.Errorf("%s has %d pods, want one with ready=%t", service, len(pods), want)
	}
	return nil
}

// health is the word with which a service says that it is well.
func (l *loop) health(ctx context.Context, service string) (string, error) {
	out, err := l.Kube.Run(ctx, nil, "get", "--raw", "/api/v1/namespaces/"+namespace+"/services/"+service+"-service:80/proxy/health")
	if err != nil {
		return "", err
	}
	var answer struct{ Status string }
	err = json.Unmarshal(out, &answer)
	return answer.Status, err
}

// gone returns an error while one of the objects is there.
func gone(ctx context.Context, client *kube.Client, kind string, names ...string) error {
	out, err := client.Run(ctx, nil, append([]string{"get", kind, "--ignore-not-found", "-o", "name"}, names...)...)
	if err != nil {
		return err
	}
	if len(out) > 0 {
		return fmt.Errorf("left: %s", out)
	}
	return nil
}
