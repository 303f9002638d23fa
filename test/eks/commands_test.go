package eks

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/eks"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// scripts are what -dry-run prints, by command.
func scripts(t *testing.T) map[string]string {
	t.Helper()
	repositories, err := eks.OwnRepositories(root(t))
	if err != nil {
		t.Fatal(err)
	}
	project := eks.Project{
		Root: root(t), Cluster: cluster(t), Repositories: repositories,
		Settings: eks.Settings{Site: "datadoghq.com", Environment: "demo", Host: "greet.example.org", Dashboard: true},
	}
	withoutHost := project
	withoutHost.Settings.Host = ""
	printed := map[string]string{}
	for _, plan := range []*eks.Plan{project.Up(), project.Push(), withoutHost.Deploy(), project.Status(), project.Down()} {
		var script bytes.Buffer
		plan.Print(&script)
		printed[plan.Name] = script.String()
	}
	return printed
}

func TestDryRunsAreShellScripts(t *testing.T) {
	for name, script := range scripts(t) {
		cmd := exec.CommandContext(t.Context(), "sh", "-n")
		cmd.Stdin = strings.NewReader(script)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", name, err, out)
		}
	}
}

// The pinned kubectl understands every command: it gets as far as asking a server, which is not there.
func TestKubectlUnderstandsItsCommands(t *testing.T) {
	program, err := tools(t).Path(t.Context(), "kubectl", toolchain.Target{})
	if err != nil {
		t.Fatal(err)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	const nowhere = `{"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
		"clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "c", "user": {}}]}`
	if err := os.WriteFile(kubeconfig, []byte(nowhere), 0o600); err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for name, script := range scripts(t) {
		for line := range strings.Lines(script) {
			line = strings.TrimSpace(line)
			// Also what is asked inside of $(...).
			if _, inner, ok := strings.Cut(line, "$(kubectl "); ok {
				line = "kubectl " + inner[:strings.LastIndex(inner, ")")]
			}
			if !strings.HasPrefix(line, "kubectl ") || tried[line] {
				continue
			}
			tried[line] = true
			// A shell takes the quotes off, and fills in what a loop would.
			cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
			cmd.Dir = root(t)
			cmd.Env = []string{"PATH=" + filepath.Dir(program), "KUBECONFIG=" + kubeconfig, "HOME=" + t.TempDir(), "NAMESPACE=n", "OBJECT=ingress/i"}
			cmd.Stdin = strings.NewReader(`{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}`)
			if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(out), "refused") {
				t.Errorf("%s: %s: %v: %s, want that it is refused a connection", name, line, err, out)
			}
		}
	}
	if len(tried) < 15 {
		t.Errorf("%d commands of kubectl, the search is broken", len(tried))
	}
}
