package kube

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

const deployment = `{"kind": "Deployment", "metadata": {"namespace": "n", "name": "d", "generation": 2},
	"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "d"}}}, "status": %s}`

func TestRolloutIsJudgedAsKubectlDoes(t *testing.T) {
	for _, c := range []struct{ name, object, want string }{
		{"new", fmt.Sprintf(deployment, `{}`), "not looked at yet"},
		{"old state", fmt.Sprintf(deployment, `{"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}`), "not looked at yet"},
		{"begun", fmt.Sprintf(deployment, `{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1, "availableReplicas": 2}`), "1 of 2 pods made"},
		{"made", fmt.Sprintf(deployment, `{"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1}`), "1 of 2 pods ready"},
		{"old pods", fmt.Sprintf(deployment, `{"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3}`), "1 old to go"},
		{"complete", fmt.Sprintf(deployment, `{"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2}`), ""},
		{"none wanted", `{"kind": "Deployment", "spec": {"replicas": 0}, "status": {}}`, ""},
		{"one by default", `{"kind": "Deployment", "spec": {}, "status": {}}`, "0 of 1 pods made"},
		{"daemon set", `{"kind": "DaemonSet", "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 1}}`, "1 of 2 pods ready"},
		{"whole daemon set", `{"kind": "DaemonSet", "status": {"desiredNumberScheduled": 2, "updatedNumberScheduled": 2, "numberAvailable": 2}}`, ""},
	} {
		var got controller
		if err := json.Unmarshal([]byte(c.object), &got); err != nil {
			t.Fatal(err)
		}
		if pending := got.pending(); pending != c.want {
			t.Errorf("%s: got %q, want %q", c.name, pending, c.want)
		}
	}
}

func TestReasonsAreThoseOfTheWorkload(t *testing.T) {
	now, err := parseState([]byte(`{"items": [
		{"kind": "Deployment", "metadata": {"namespace": "n", "name": "d", "generation": 1}, "spec": {"selector": {"matchLabels": {"app": "d"}}},
			"status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "admission webhook denied it"}]}},
		{"kind": "Pod", "metadata": {"namespace": "n", "name": "d-1", "labels": {"app": "d"}},
			"status": {"containerStatuses": [{"name": "d", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
				"lastState": {"terminated": {"exitCode": 7}}}]}},
		{"kind": "Pod", "metadata": {"namespace": "n", "name": "d-2", "labels": {"app": "d"}},
			"status": {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no node has room"}]}},
		{"kind": "Pod", "metadata": {"namespace": "n", "name": "d-3", "labels": {"app": "d"}}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}},
		{"kind": "Pod", "metadata": {"namespace": "n", "name": "d-4", "labels": {"app": "d"}, "deletionTimestamp": "2026-01-02T03:04:05Z"}, "status": {}},
		{"kind": "Pod", "metadata": {"namespace": "other", "name": "d-5", "labels": {"app": "d"}}, "status": {}},
		{"kind": "Pod", "metadata": {"namespace": "n", "name": "x", "labels": {"app": "x"}}, "status": {}}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	here, absent := Workload{"Deployment", "n", "d"}, Workload{"DaemonSet", "n", "a"}
	pending, kept := now.pending([]Workload{here, absent})
	if got := strings.Join(pending, ", "); got != "deployment/d (not looked at yet), daemonset/a (not there)" {
		t.Errorf("pending: %s", got)
	}
	if len(kept) != 1 {
		t.Fatalf("%d controllers, want the deployment", len(kept))
	}
	got := strings.Join(kept[0].why(now.pods), "\n")
	want := `admission webhook denied it
pod d-1: d CrashLoopBackOff (restarted 3 times, last exit code 7)
pod d-2: no node has room`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWaitingContainers(t *testing.T) {
	for _, c := range []struct{ status, want string }{
		{`{"name": "c", "state": {"waiting": {"reason": "ContainerCreating"}}}`, "c ContainerCreating"},
		{`{"name": "c", "started": false, "state": {"running": {}}}`, "c starts"},
		{`{"name": "c", "started": true, "state": {"running": {}}}`, "c runs and is not ready"},
		{`{"name": "c", "state": {"terminated": {"exitCode": 2, "message": "no such file"}}}`, "c ended with code 2: no such file"},
		{`{"name": "c", "state": {"waiting": {"reason": "ErrImagePull", "message": "not found"}}}`, "c ErrImagePull: not found"},
		{`{"name": "c", "ready": true, "state": {"running": {}}}`, "no container yet"},
	} {
		var pod Pod
		if err := json.Unmarshal([]byte(`{"status": {"containerStatuses": [`+c.status+`]}}`), &pod); err != nil {
			t.Fatal(err)
		}
		if got := pod.Waiting(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.status, got, c.want)
		}
	}
}

func TestNativeSidecarsCountAsRunning(t *testing.T) {
	var pod Pod
	err := json.Unmarshal([]byte(`{
		"spec": {"initContainers": [{"name": "once"}, {"name": "daprd", "restartPolicy": "Always"}]},
		"status": {"containerStatuses": [{"name": "app", "restartCount": 1}],
			"initContainerStatuses": [{"name": "once", "restartCount": 4}, {"name": "daprd", "restartCount": 2}]}}`), &pod)
	if err != nil {
		t.Fatal(err)
	}
	if running := pod.Running(); len(running) != 2 || running[1].Name != "daprd" {
		t.Errorf("running: %v, want app and daprd", running)
	}
	if got := pod.Restarts(); got != 3 {
		t.Errorf("%d restarts, want 3", got)
	}
}

func TestMessageOfALogLine(t *testing.T) {
	for line, want := range map[string]string{
		`{"level": "fatal", "msg": "no such config"}` + "\n": "no such config",
		`{"level": "fatal"}`:           `{"level": "fatal"}`,
		"panic: too many open files\n": "panic: too many open files",
	} {
		if got := message([]byte(line)); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestWarningsAreTheNewestOfTheLastMinute(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	items := []string{fmt.Sprintf(`{"reason": "BackOff", "lastTimestamp": %q}`, now.Format(time.RFC3339))}
	for i := range 8 {
		items = append(items, fmt.Sprintf(`{"reason": "R%d", "message": "m", "involvedObject": {"kind": "Pod", "name": "p"}, "lastTimestamp": %q}`,
			i, now.Add(-time.Duration(i)*20*time.Second).Format(time.RFC3339)))
	}
	got, err := parseWarnings([]byte(`{"items": [`+strings.Join(items, ",")+`]}`), now)
	if err != nil {
		t.Fatal(err)
	}
	if want := "event of pod/p: R0: m"; len(got) != 4 || got[0] != want {
		t.Errorf("got %q, want four, the first %q", got, want)
	}
}
