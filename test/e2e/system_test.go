//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/test/greet"
)

// patience is how long anything may take: it decides when a broken system is given up, not whether a slow one passes.
const patience = 4 * time.Minute

// Where the overlay puts things.
const (
	servicesNamespace  = "dapr-services"
	platformNamespace  = "dapr-system"
	telemetryNamespace = "datadog-operator"
)

// Workloads that cases take away or restart.
var (
	comms     = kube.Workload{Kind: "Deployment", Namespace: servicesNamespace, Name: "comms"}
	greeter   = kube.Workload{Kind: "Deployment", Namespace: servicesNamespace, Name: "greeter"}
	collector = kube.Workload{Kind: "DaemonSet", Namespace: telemetryNamespace, Name: "otel-collector"}
)

// TestSystem brings the system up on a cluster and runs every case against it, in this order: a case that takes something away puts it back, and the
// last one removes the cluster.
func TestSystem(t *testing.T) {
	s := &system{}
	t.Cleanup(func() { s.printFigures(t) })
	if !settings.keep {
		t.Cleanup(func() { s.remove(t) })
	}
	if !s.run(t, "cluster and system come up", testUp) {
		t.FailNow()
	}
	s.run(t, "pods have sidecars and nothing else comes in", testPods)
	s.run(t, "greeting", testGreeting)
	s.run(t, "bad input", testBadInput)
	s.run(t, "traces", testTraces)
	s.run(t, "a load, every trace of it complete", testLoadReport)
	s.run(t, "greeter is scaled to nothing under load", testGreeterAway)
	s.run(t, "both services restart under load", testRollingRestart)
	s.run(t, "collector is away under load", testCollectorAway)
	s.run(t, "a setting of Dapr is changed live", testLiveSetting)
	s.run(t, "kubectl apply -k "+settings.variant.kustomization, testApplyKustomization)
	settings.variant.own(t, s)
	s.run(t, "a second deployment changes nothing", testDeployTwice)
	if !settings.keep {
		s.run(t, "down leaves nothing", testDown)
	}
}

// system is the running system.
type system struct {
	cluster *cluster.Cluster
	kube    *kube.Client
	// report is that of the first deployment, up the time from nothing to the first traced greeting.
	report *deploy.Report
	up     time.Duration
	cases  []deploy.Phase
}

func options() cluster.Options {
	return cluster.Options{
		Root: settings.root, Name: settings.variant.cluster, Kubeconfig: filepath.Join(settings.artifacts, "kubeconfig"),
		Workers: settings.variant.workers, Mode: settings.images, Progress: progress{},
	}
}

// testUp makes the images before the clock starts: how long that takes depends on what this machine has made before.
func testUp(ctx context.Context, t *testing.T, s *system) {
	if !settings.keep {
		if err := cluster.Down(ctx, options()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := images.ReadList(settings.root)
	if err != nil {
		t.Fatal(err)
	}
	store := images.New(settings.root, progress{})
	if _, _, err := store.Node(ctx, settings.images, list); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Ensure(ctx, settings.images, "", list); err != nil {
		t.Fatal(err)
	}

	begin := time.Now()
	if s.cluster, err = cluster.Up(ctx, options()); err != nil {
		t.Fatal(err)
	}
	if s.kube, err = kube.New(ctx, s.cluster); err != nil {
		t.Fatal(err)
	}
	if err := settings.variant.prepare(ctx, s.kube); err != nil {
		t.Fatal(err)
	}
	if s.report, err = s.deploy(ctx); err != nil {
		t.Fatal(err)
	}
	s.up = time.Since(begin)
}

func (s *system) deploy(ctx context.Context) (*deploy.Report, error) {
	return deploy.Run(ctx, s.cluster, deploy.Options{
		Root: settings.root, Overlay: settings.variant.overlay, Platform: settings.variant.platform,
		Mode: settings.images, Patience: patience, Progress: progress{},
	})
}

// comms is the base address of comms' NodePort on this machine.
func (s *system) comms() string { return fmt.Sprintf("http://127.0.0.1:%d", s.cluster.Ports.Comms) }

// store is the trace store's NodePort.
func (s *system) store() *traces.Client {
	return traces.NewClient(fmt.Sprintf("http://127.0.0.1:%d", s.cluster.Ports.Traces))
}

// run runs a case. When it fails, the state of the cluster is kept in files and the system made whole for the next case.
func (s *system) run(t *testing.T, name string, do func(context.Context, *testing.T, *system)) bool {
	return t.Run(name, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer context.AfterFunc(interrupted, cancel)()
		defer cancel()
		fmt.Fprintf(progress{}, "%s\n", name)
		begin := time.Now()
		t.Cleanup(func() {
			s.cases = append(s.cases, deploy.Phase{Name: name, Took: time.Since(begin)})
			if t.Failed() && interrupted.Err() == nil {
				s.keepState(t)
				s.heal(t)
			}
		})
		do(ctx, t, s)
	})
}

// heal is no part of a test: it lets the cases after a failed one be judged alone.
func (s *system) heal(t *testing.T) {
	if s.cluster == nil || s.report == nil {
		return
	}
	if _, err := s.deploy(interrupted); err != nil {
		t.Logf("making the system whole again: %v", err)
	}
}

// remove removes the cluster if a case has not.
func (s *system) remove(t *testing.T) {
	// kind and Docker may stumble over a container that is just ending.
	err := kube.Until(context.Background(), progress{}, patience, "the removal of the cluster", func(ctx context.Context) error {
		return cluster.Down(ctx, options())
	})
	if err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(os.Getenv(kubeCache)); err != nil {
		t.Error(err)
	}
}

// eventually tries until do succeeds and fails the test with its last error when it does not in time.
func eventually(ctx context.Context, t *testing.T, what string, do func(context.Context) error) {
	t.Helper()
	if err := kube.Until(ctx, progress{}, patience, what, do); err != nil {
		t.Fatal(err)
	}
}

// rolledOut waits until the workloads are as their manifests say.
func (s *system) rolledOut(ctx context.Context, t *testing.T, workloads ...kube.Workload) {
	t.Helper()
	if err := s.kube.Wait(ctx, progress{}, patience, workloads...); err != nil {
		t.Fatal(err)
	}
}

// kubectl runs kubectl and fails the test when it fails.
func (s *system) kubectl(ctx context.Context, t *testing.T, args ...string) {
	t.Helper()
	if _, err := s.kube.Run(ctx, nil, args...); err != nil {
		t.Fatal(err)
	}
}

// pods are those of a workload; its pods carry its name as their label app.
func (s *system) pods(ctx context.Context, t *testing.T, w kube.Workload) []kube.Pod {
	t.Helper()
	pods, err := s.kube.Pods(ctx, w.Namespace, "app="+w.Name)
	if err != nil {
		t.Fatal(err)
	}
	return pods
}

// greets waits until greetings come from greeter.
func (s *system) greets(ctx context.Context, t *testing.T) {
	t.Helper()
	eventually(ctx, t, "a greeting of greeter", func(ctx context.Context) error {
		a, err := greet.Ask(ctx, s.comms(), "Ada")
		if err != nil {
			return err
		}
		return greet.FromGreeter(a, "Ada")
	})
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// keepState writes what a failed case leaves behind into a folder and tells its name.
func (s *system) keepState(t *testing.T) {
	if s.cluster == nil || s.kube == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dir := filepath.Join(settings.artifacts, settings.begin.UTC().Format("20060102T150405Z"), unfit.ReplaceAllString(strings.ToLower(t.Name()), "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Log(err)
		return
	}
	for file, args := range map[string][]string{
		"events.txt":   {"get", "events", "--all-namespaces", "--sort-by=.lastTimestamp"},
		"pods.txt":     {"describe", "pods", "--all-namespaces"},
		"objects.yaml": {"get", "deployments,daemonsets,replicasets,services,configurations.dapr.io,resiliencies.dapr.io", "--all-namespaces", "-o", "yaml"},
	} {
		out, err := s.kube.Run(ctx, nil, args...)
		if err != nil {
			out = append(out, err.Error()...)
		}
		if err := os.WriteFile(filepath.Join(dir, file), out, 0o644); err != nil {
			t.Log(err)
		}
	}
	if err := s.cluster.ExportLogs(filepath.Join(dir, "logs")); err != nil {
		t.Logf("not all logs could be had: %v", err)
	}
	t.Logf("events, pods, objects and logs of the cluster at this moment: %s", dir)
}

// answering returns an error unless url answers 2xx.
func answering(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
