package kube

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	objects, err := Parse([]byte("kind: Namespace\nmetadata:\n  name: home\n---\nkind: Deployment\nmetadata:\n  name: d\n  namespace: home\n  note: |\n    ---\nspec:\n  replicas: 2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if len(objects) != 2 || objects[0].String() != "namespace/home" || objects[1].String() != "deployment/d of home" {
		t.Fatalf("got %v", objects)
	}
	if got := objects[1].At("spec", "replicas"); got != 2.0 {
		t.Errorf("replicas: %v", got)
	}
	if got := objects[1].At("spec", "replicas", "deeper"); got != nil {
		t.Errorf("below a number: %v", got)
	}
	if found := Workloads(objects); len(found) != 1 || found[0] != (Workload{"Deployment", "home", "d"}) {
		t.Errorf("workloads: %v", found)
	}
}

func object(generation, replicas, ready int) Object {
	return Object{
		"kind": "Deployment", "metadata": map[string]any{"name": "d", "generation": generation, "resourceVersion": generation, "managedFields": generation},
		"spec": map[string]any{"replicas": replicas}, "status": map[string]any{"ready": ready},
	}
}

func TestSameLooksAtWhatIsDeclared(t *testing.T) {
	was := object(1, 2, 0)
	if !Same(was, object(2, 2, 2)) {
		t.Error("another status or count of the server's is a difference")
	}
	if Same(was, object(1, 3, 0)) {
		t.Error("another specification is none")
	}
	if was["status"] == nil || was.At("metadata", "generation") != 1 {
		t.Error("the comparison changed the object")
	}
}

func TestUnlist(t *testing.T) {
	for _, c := range []struct {
		out  string
		want int
	}{
		{"", 0},
		{`{"kind": "Pod", "metadata": {"name": "p"}}`, 1},
		{`{"kind": "List", "items": [{"kind": "Pod"}, {"kind": "Pod"}]}`, 2},
	} {
		got, err := unlist([]byte(c.out))
		if err != nil || len(got) != c.want {
			t.Errorf("%q: got %v, %v, want %d objects", c.out, got, err, c.want)
		}
	}
	if _, err := unlist([]byte("Error")); err == nil {
		t.Error("no error for what is no JSON")
	}
}

func TestOnlyPassingErrorsAreTriedAgain(t *testing.T) {
	for text, want := range map[string]bool{
		`dial tcp 127.0.0.1:1: connect: connection refused`:                                true,
		`Internal error occurred: failed calling webhook "sidecar-injector.dapr.io"`:       true,
		`no matches for kind "Resiliency" in version "dapr.io/v1alpha1"`:                   true,
		`deployments.apps "comms" is forbidden: User "x" cannot patch resource`:            false,
		`Deployment.apps "comms" is invalid: spec.replicas: Invalid value: -1`:             false,
		`strict decoding error: unknown field "spec.template.spec.containers[0].imagePul"`: false,
	} {
		if got := passing(errors.New(text)); got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}
