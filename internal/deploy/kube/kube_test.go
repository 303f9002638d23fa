package kube

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/cluster"
)

// clusterAt is a cluster of our name whose context leads to server.
func clusterAt(t *testing.T, server string) *cluster.Cluster {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf("contexts: [{name: kind-drydock, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: %q}}]\n", server)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return &cluster.Cluster{Name: "drydock", Context: "kind-drydock", Kubeconfig: file}
}

func TestNoCommandReachesAnotherCluster(t *testing.T) {
	c := &Client{cluster: clusterAt(t, "https://10.0.0.1:6443"), kubectl: []string{"/bin/echo"}}
	if _, err := c.Run(t.Context(), nil, "get", "pods"); err == nil || !strings.Contains(err.Error(), "refusing") {
		t.Errorf("got %v, want a refusal", err)
	}
	if _, err := New(t.Context(), c.cluster); err == nil || !strings.Contains(err.Error(), "refusing") {
		t.Errorf("got %v, want a refusal", err)
	}
}

func TestRun(t *testing.T) {
	ours := clusterAt(t, "https://127.0.0.1:6443")
	out, err := (&Client{ours, []string{"/bin/sh", "-c", `cat; echo "$0"`}}).Run(t.Context(), []byte("input "), "argument")
	if err != nil || string(out) != "input argument\n" {
		t.Errorf("got %q, %v", out, err)
	}
	_, err = (&Client{ours, []string{"/bin/sh", "-c", "echo no such thing >&2; exit 3", "sh"}}).Run(t.Context(), nil, "get", "thing")
	if err == nil || !strings.Contains(err.Error(), "kubectl get thing: exit status 3: no such thing") {
		t.Errorf("got %v, want the command, its exit code and its complaint", err)
	}
}
