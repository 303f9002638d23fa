//go:build e2e

// Package tilt tests the inner loop with a real Tilt on a kind cluster of its own, on a copy of the checkout.
//
//	E2E_MODE=ci    a new cluster, removed at the end (the default)
//	E2E_MODE=dev   the cluster of the last run, kept
//	ARTIFACTS=dir  where a failure's logs go, by default artifacts/tilt
package tilt

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/tiltloop/rig"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// clusterName is never the developer's cluster.
const clusterName = "drydock-e2e-tilt"

// patience is how long anything may take: it decides when a broken system is given up, not whether a slow one passes.
const patience = 4 * time.Minute

// namespace is the services'.
const namespace = "dapr-services"

// progress goes past the testing package, which holds output back until a test has ended.
var progress = os.Stderr

// loop is the cluster with a copy of the checkout and, from its start to its end, a running Tilt.
type loop struct {
	*rig.Rig
	tilt *rig.Tilt
}

// TestInnerLoop runs every case on one cluster, in this order; a case that breaks something mends it.
func TestInnerLoop(t *testing.T) {
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	l := start(interrupted, t)
	run := func(name string, do func(context.Context, *testing.T, *loop)) {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer context.AfterFunc(interrupted, cancel)()
			defer cancel()
			fmt.Fprintf(progress, "%s\n", name)
			t.Cleanup(func() { l.keepState(t) })
			do(ctx, t, l)
		})
	}
	run("any other context is refused", testOtherContext)
	run("tilt ci ends green", testCI)
	run("tilt up comes up", testUp)
	if l.tilt == nil {
		t.FailNow()
	}
	run("labels and links", testOverview)
	run("pods are as in production", testPods)
	run("buttons", testButtons)
	run("an edit is answered by the same pod", testEdit)
	run("tests and other services' files rebuild nothing", testUnrelated)
	run("an edit of a shared package reaches both services", testShared)
	run("a compile error leaves the service alone", testCompileError)
	run("a service that crashes is not ready and says why", testCrash)
	run("replacing binaries under load loses nothing", testUnderLoad)
	run("a setting of Dapr is applied without a restart", testSetting)
	run("Ctrl-C leaves no process", testStop)
	run("one service alone, built for a debugger", testDebug)
	run("tilt down leaves nothing in the cluster", testDown)
	run("make down undoes make up", testMake)
}

func start(ctx context.Context, t *testing.T) *loop {
	mode, err := images.ParseMode(os.Getenv("IMAGES"))
	if err != nil {
		t.Fatal(err)
	}
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	r, err := rig.New(ctx, rig.Options{Root: root, Name: clusterName, Keep: os.Getenv("E2E_MODE") == "dev", Mode: mode, Progress: progress})
	if err != nil {
		t.Fatal(err)
	}
	l := &loop{Rig: r}
	t.Cleanup(func() {
		if l.tilt != nil {
			if err := l.tilt.Stop(); err != nil {
				t.Error(err)
			}
		}
		if err := r.Remove(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// eventually tries until do succeeds and fails the test with its last error when it does not in time.
func eventually(ctx context.Context, t *testing.T, what string, do func(context.Context) error) {
	t.Helper()
	if err := kube.Until(ctx, progress, patience, what, do); err != nil {
		t.Fatal(err)
	}
}

// edit saves a change of the copy.
func (l *loop) edit(t *testing.T, path, old, with string) {
	t.Helper()
	if err := l.Edit(path, old, with); err != nil {
		t.Fatal(err)
	}
}

// keepState writes what a failed case leaves behind into a folder and tells its name.
func (l *loop) keepState(t *testing.T) {
	if !t.Failed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	folder := os.Getenv("ARTIFACTS")
	if folder == "" {
		root, err := toolchain.Root()
		if err != nil {
			t.Log(err)
			return
		}
		folder = filepath.Join(root, "artifacts", "tilt")
	}
	folder = filepath.Join(folder, time.Now().UTC().Format("20060102T150405Z"))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Log(err)
		return
	}
	files := map[string]string{}
	for name, args := range map[string]string{
		"events.txt": "get events --all-namespaces --sort-by=.lastTimestamp", "pods.txt": "describe pods --all-namespaces",
	} {
		out, err := l.Kube.Run(ctx, nil, strings.Fields(args)...)
		files[name] = fmt.Sprintf("%s\n%v\n", out, err)
	}
	if l.tilt != nil {
		files["tilt.log"] = l.tilt.Log()
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Log(err)
		}
	}
	if err := l.Cluster.ExportLogs(filepath.Join(folder, "logs")); err != nil {
		t.Logf("not all logs could be had: %v", err)
	}
	t.Logf("events, pods and logs at this moment: %s", folder)
}
