package eks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// What the tests use where a user has something of value.
const (
	clusterName      = "dapr-demo"
	secretKey        = "0123456789abcdef-the-key-of-datadog"
	registryPassword = "the-password-of-the-registry"
)

// testProject is this checkout, with images that need not be made.
func testProject(t *testing.T) *Project {
	t.Helper()
	t.Setenv("DRYDOCK_CACHE", t.TempDir())
	t.Setenv(APIKeyVariable, secretKey)
	// Whatever a user's kubectl points to is not to be touched.
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "somebody-elses"))
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := ReadCluster(root)
	if err != nil {
		t.Fatal(err)
	}
	repositories, err := OwnRepositories(root)
	if err != nil {
		t.Fatal(err)
	}
	return &Project{
		Root: root, Cluster: cluster, Repositories: repositories,
		Settings: Settings{Site: "datadoghq.eu", Environment: "demo", Tags: []string{"team:a"}, Host: "greet.example.org", APIKey: secretKey, Dashboard: true},
		Publish: func(_ context.Context, registry Registry, repositories []string, _ func(string, ...any)) ([]published, error) {
			if want := (Registry{"123456789012.dkr.ecr.us-west-2.amazonaws.com", "AWS", registryPassword}); registry != want {
				return nil, fmt.Errorf("registry %v, want %v", registry, want)
			}
			var images []published
			for i, repository := range repositories {
				images = append(images, published{repository, fmt.Sprintf("%012d", i), fmt.Sprintf("sha256:%064d", i)})
			}
			return images, nil
		},
	}
}

// onPath puts the fake programs on the PATH, alone, and returns how to look at their world.
func onPath(t *testing.T) func() *world {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, program := range []string{"aws", "eksctl", "kubectl", "helm"} {
		if err := os.Symlink(self, filepath.Join(dir, program)); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "world.json")
	t.Setenv("PATH", dir)
	t.Setenv(worldVariable, file)
	return func() *world {
		w, err := readWorld(file)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
}

// runIn runs a plan against a world within this process.
func runIn(t *testing.T, plan *Plan, w *world) error {
	t.Helper()
	s := newSession(plan.project, io.Discard)
	s.start, s.interval, s.patience = w.start, time.Millisecond, 0
	plan.programs = nil
	return plan.run(t.Context(), s)
}

func TestUpAndDownWithProgramsOnThePath(t *testing.T) {
	p := testProject(t)
	look := onPath(t)
	if err := p.Up().Run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	w := look()
	for _, name := range []string{"namespace dapr-services", "agent datadog", "loadbalancer arn:lb", "repository drydock/comms", "repository drydock/greeter", "release dapr-dashboard"} {
		if !w.Has[name] {
			t.Errorf("no %s after up", name)
		}
	}
	if err := p.Down().Run(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	w = look()
	for _, line := range append(w.Calls, w.Leaks...) {
		if strings.Contains(line, secretKey) || strings.Contains(line, registryPassword) {
			t.Errorf("a secret on a command line: %s", line)
		}
	}
	if len(w.Leaks) > 0 {
		t.Errorf("programs that see Datadog's key in their environment: %v", w.Leaks)
	}
	withKey := 0
	for i, read := range w.Reads {
		if strings.Contains(read, secretKey) {
			withKey++
			if w.Calls[i] != "kubectl apply --server-side -f -" {
				t.Errorf("%s read the key", w.Calls[i])
			}
		}
	}
	if withKey != 1 {
		t.Errorf("%d commands read the key, want 1", withKey)
	}
	checkEmpty(t, w)
}

func checkEmpty(t *testing.T, w *world) {
	t.Helper()
	w.drop("object")
	if w.Status != "" || len(w.Has) > 0 {
		t.Errorf("left: cluster %q, %v", w.Status, slices.Sorted(maps.Keys(w.Has)))
	}
}

func TestUpOnceMoreMakesNothingNew(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	for range 2 {
		w.Calls = nil
		if err := runIn(t, p.Up(), w); err != nil {
			t.Fatal(err)
		}
	}
	for _, call := range w.Calls {
		if strings.HasPrefix(call, "eksctl create cluster") || strings.HasPrefix(call, "aws ecr create-repository") || strings.HasPrefix(call, "eksctl create podidentityassociation") {
			t.Errorf("again: %s", call)
		}
	}
}

// Whichever command fails, before or after its effect, the same plan run again ends where it would have ended at once.
func TestPlansGoOnAfterAnyFailure(t *testing.T) {
	p := testProject(t)
	up := &world{Has: map[string]bool{}}
	if err := runIn(t, p.Up(), up); err != nil {
		t.Fatal(err)
	}
	again := &world{Status: up.Status, Has: maps.Clone(up.Has)}
	if err := runIn(t, p.Up(), again); err != nil {
		t.Fatal(err)
	}
	down := &world{Status: up.Status, Has: maps.Clone(up.Has)}
	if err := runIn(t, p.Down(), down); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		plan  func() *Plan
		calls int
		start world
		end   map[string]bool
	}{
		{"up", p.Up, len(up.Calls), world{Has: map[string]bool{}}, up.Has},
		{"up of what is there", p.Up, len(again.Calls), world{Status: up.Status, Has: up.Has}, up.Has},
		{"down", p.Down, len(down.Calls), world{Status: up.Status, Has: up.Has}, down.Has},
	} {
		for _, late := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, late %v", test.name, late), func(t *testing.T) {
				for call := 1; call <= test.calls; call++ {
					w := &world{Status: test.start.Status, Has: maps.Clone(test.start.Has), FailAt: call, Late: late}
					goOnAfterFailure(t, test.plan, w)
					if !maps.Equal(w.Has, test.end) {
						t.Errorf("after call %d failed it ends with %v, want %v", call, slices.Sorted(maps.Keys(w.Has)), slices.Sorted(maps.Keys(test.end)))
					}
					if err := runIn(t, p.Down(), w); err != nil {
						t.Errorf("down, after call %d failed: %v", call, err)
					}
					checkEmpty(t, w)
				}
			})
		}
	}
}

// goOnAfterFailure runs a plan until it fails as the world says, and once more.
func goOnAfterFailure(t *testing.T, plan func() *Plan, w *world) {
	t.Helper()
	err := runIn(t, plan(), w)
	failed := w.Calls[len(w.Calls)-1]
	if err == nil {
		t.Fatalf("call %d fails and nobody notices: %s", w.FailAt, failed)
	}
	if len(w.Calls) != w.FailAt || !strings.Contains(err.Error(), "the network is down") || !strings.Contains(err.Error(), plan().Name+", step ") {
		t.Errorf("after %q: %d calls and error %v, want an end at once that names step and reason", failed, len(w.Calls), err)
	}
	if err := runIn(t, plan(), w); err != nil {
		t.Errorf("once more after %q failed: %v", failed, err)
	}
}

// eksctl cannot go on where it has made a network and no cluster; that is said before it is called.
func TestUpRefusesStacksWithoutACluster(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{"stack eksctl-dapr-demo-cluster": true}}
	err := runIn(t, p.Up(), w)
	if err == nil || !strings.Contains(err.Error(), "eksctl-dapr-demo-cluster") || !strings.Contains(err.Error(), "down -yes") || strings.Contains(err.Error(), "goes on here") {
		t.Errorf("error %v, want one that names the stack and what to do", err)
	}
	if last := w.Calls[len(w.Calls)-1]; strings.HasPrefix(last, "eksctl") {
		t.Errorf("refuses only after %s", last)
	}
	for _, plan := range []*Plan{p.Down(), p.Up()} {
		if err := runIn(t, plan, w); err != nil {
			t.Error(err)
		}
	}
}

// The Ingress of an earlier run goes with its host name, and its load balancer with it.
func TestWithoutAHostThereIsNoIngress(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	if err := runIn(t, p.Up(), w); err != nil {
		t.Fatal(err)
	}
	p.Settings.Host = ""
	for range 2 {
		if err := runIn(t, p.Deploy(), w); err != nil {
			t.Fatal(err)
		}
		if w.Has["ingress comms"] || len(w.list("loadbalancer")) > 0 {
			t.Errorf("left: %v %v", w.list("ingress"), w.list("loadbalancer"))
		}
	}
	if !w.Has["object deployment/comms"] {
		t.Error("comms is gone")
	}
}

func TestOrderOfDown(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	if err := runIn(t, p.Up(), w); err != nil {
		t.Fatal(err)
	}
	w.Calls = nil
	if err := runIn(t, p.Down(), w); err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, call := range []string{
		"kubectl delete ingresses",
		"aws elbv2 describe-load-balancers",
		"kubectl delete namespace dapr-services",
		"kubectl delete datadogagents",
		"helm uninstall datadog-operator",
		"kubectl delete namespace dapr-system",
		"kubectl get persistentvolumes",
		"helm uninstall aws-load-balancer-controller",
		"aws ecr delete-repository",
		"aws ec2 describe-volumes",
		"eksctl delete cluster",
		"aws iam list-roles",
	} {
		i := slices.IndexFunc(w.Calls, func(c string) bool { return strings.HasPrefix(c, call) })
		if i <= last {
			t.Errorf("%s is call %d, want it after call %d", call, i, last)
		}
		last = max(last, i)
	}
}

func TestDownOfNothing(t *testing.T) {
	w := &world{Has: map[string]bool{}}
	if err := runIn(t, testProject(t).Down(), w); err != nil {
		t.Fatal(err)
	}
	for _, call := range w.Calls {
		if !strings.HasPrefix(call, "aws ") || strings.Contains(call, "delete") {
			t.Errorf("nothing is there, and yet: %s", call)
		}
	}
}

// A cluster whose removal was cut short answers nobody, and is removed all the same.
func TestDownOfAClusterThatIsHalfRemoved(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	if err := runIn(t, p.Up(), w); err != nil {
		t.Fatal(err)
	}
	w.Status, w.Calls = "DELETING", nil
	if err := runIn(t, p.Down(), w); err != nil {
		t.Fatal(err)
	}
	for _, call := range w.Calls {
		if strings.HasPrefix(call, "kubectl") || strings.HasPrefix(call, "helm") {
			t.Errorf("asks a cluster that does not answer: %s", call)
		}
	}
	checkEmpty(t, w)
}

// Somebody has removed the cluster by hand: what it leaves is found and removed.
func TestDownAfterTheClusterIsGone(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	if err := runIn(t, p.Up(), w); err != nil {
		t.Fatal(err)
	}
	w.Status = ""
	w.drop("machine", "gateway", "association")
	w.drop(insideCluster...)
	if err := runIn(t, p.Down(), w); err != nil {
		t.Fatal(err)
	}
	checkEmpty(t, w)
}

// Nobody takes finalizers off any more, whether the controller's release is gone or its pods do not answer.
func TestDownWithoutAController(t *testing.T) {
	p := testProject(t)
	for _, controller := range []string{loadBalancerController, datadogOperator} {
		for what, lose := range map[string]func(*world){
			"gone": func(w *world) { delete(w.Has, "release "+controller) },
			"sick": func(w *world) { w.Has["sick "+controller] = true },
		} {
			t.Run(controller+" "+what, func(t *testing.T) {
				w := &world{Has: map[string]bool{}}
				if err := runIn(t, p.Up(), w); err != nil {
					t.Fatal(err)
				}
				lose(w)
				if err := runIn(t, p.Down(), w); err != nil {
					t.Fatal(err)
				}
				checkEmpty(t, w)
			})
		}
	}
}

func TestDownTellsWhatIsLeft(t *testing.T) {
	const sure, doubtful = "these are left", "these may be left"
	for _, test := range []struct {
		name    string
		has     []string
		want    []string
		wantNot string
	}{
		{"asked for by itself", []string{"machine i-9"}, []string{sure, "machines: i-9"}, doubtful},
		{"asked for by itself", []string{"gateway nat-9"}, []string{sure, "NAT gateways: nat-9"}, doubtful},
		{"asked for by name", []string{"role eksctl-dapr-demo-x"}, []string{sure, "roles: eksctl-dapr-demo-x"}, doubtful},
		{"found in both ways", []string{"volume vol-9", "attached vol-9"}, []string{sure, "volumes: vol-9"}, doubtful},
		{"in the index alone", []string{"stale arn:aws:ec2:us-west-2:123456789012:vpc/vpc-9"}, []string{doubtful, "vpc/vpc-9", "console", "in an hour"}, sure},
		{"of each", []string{"machine i-9", "stale arn:aws:ec2:us-west-2:123456789012:vpc/vpc-9"}, []string{sure, "i-9", doubtful, "vpc-9"}, "i-9\n  tagged"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := &world{Has: map[string]bool{}}
			for _, name := range test.has {
				w.Has[name] = true
			}
			err := runIn(t, testProject(t).Down(), w)
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if strings.Count(err.Error(), want) != 1 {
					t.Errorf("error %v, want one with %q, once", err, want)
				}
			}
			if strings.Contains(err.Error(), test.wantNot) {
				t.Errorf("error %v, want one without %q", err, test.wantNot)
			}
		})
	}
}

// What is printed before is what is done: every call of a run stands in the script, in the script's order.
func TestDryRunPrintsWhatIsDone(t *testing.T) {
	p := testProject(t)
	w := &world{Has: map[string]bool{}}
	deployWithoutHost := func() *Plan {
		without := *p
		without.Settings.Host = ""
		return without.Deploy()
	}
	for _, plan := range []func() *Plan{p.Up, p.Deploy, deployWithoutHost, p.Push, p.Status, p.Down} {
		var script bytes.Buffer
		plan().Print(&script)
		text := strings.NewReplacer("${VPC}", "vpc-1", "${GROUP}", "/aws/eks/dapr-demo/cluster", "'\\''", "'").Replace(script.String())
		text = regexp.MustCompile(`["']`).ReplaceAllString(text, "")
		w.Calls = nil
		if err := runIn(t, plan(), w); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(script.String(), secretKey) {
			t.Errorf("%s prints the key", plan().Name)
		}
		at := 0
		for _, call := range w.Calls {
			i := strings.Index(text[at:], regexp.MustCompile(`["']`).ReplaceAllString(call, ""))
			if i < 0 {
				t.Errorf("%s does not print, at its place: %s", plan().Name, call)
				continue
			}
			at += i
		}
	}
}

func TestProgramsThatAreMissingAreNamed(t *testing.T) {
	p := testProject(t)
	t.Setenv("PATH", t.TempDir())
	err := p.Up().Run(t.Context(), io.Discard)
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"AWS CLI", "eksctl 0.222", "kubectl", "Helm"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not name %s", err, want)
		}
	}
}

func TestCancelEndsAtOnce(t *testing.T) {
	p := testProject(t)
	w := &world{Status: "ACTIVE", Has: map[string]bool{"machine i-9": true}}
	ctx, cancel := context.WithCancel(t.Context())
	s := newSession(p, io.Discard)
	s.start, s.interval, s.patience = w.start, time.Hour, time.Hour
	plan := &Plan{Name: "look", project: p, steps: []step{{"left", []action{leftovers{p}}}}}
	done := make(chan error, 1)
	go func() { done <- plan.run(ctx, s) }()
	cancel()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "canceled") {
		t.Errorf("error %v, want that it was canceled", err)
	}
}
