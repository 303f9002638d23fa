//go:build e2e

package e2e

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// testDown removes the cluster and looks for what may be left of it. It comes last.
func testDown(ctx context.Context, t *testing.T, s *system) {
	node := settings.variant.cluster + "-control-plane"
	volumes := strings.Fields(docker(ctx, t, "inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}} {{end}}{{end}}`, node))
	if len(volumes) == 0 {
		t.Error("the node has no volume: this test would not see one that is left")
	}
	s.cluster = nil // nothing to keep the state of from here on
	out := runMake(ctx, t, "down")
	if !strings.Contains(out, "node "+node) {
		t.Errorf("it does not say that it removed the node:\n%s", out)
	}

	if left := docker(ctx, t, "ps", "--all", "--format", "{{.Names}}", "--filter", "label=io.x-k8s.kind.cluster="+settings.variant.cluster); left != "" {
		t.Errorf("containers are left: %s", left)
	}
	all := strings.Fields(docker(ctx, t, "volume", "ls", "--quiet"))
	for _, volume := range volumes {
		for _, left := range all {
			if left == volume {
				t.Errorf("volume %s is left", volume)
			}
		}
	}
	// The network is kind's: it stays as long as somebody else's cluster is in it, which may be coming up this moment.
	err := kube.Until(ctx, progress{}, patience, "the end of kind's network", func(ctx context.Context) error {
		if docker(ctx, t, "network", "ls", "--quiet", "--filter", "name=^kind$") == "" {
			return nil
		}
		if docker(ctx, t, "ps", "--all", "--quiet", "--filter", "network=kind") != "" {
			return nil
		}
		return errors.New("it is there and nothing is in it")
	})
	if err != nil {
		t.Error(err)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{options().Kubeconfig, filepath.Join(home, ".kube", "config")} {
		content, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		if strings.Contains(string(content), settings.variant.cluster) {
			t.Errorf("the cluster is still in %s", file)
		}
	}
}

func docker(ctx context.Context, t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}
