package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeKubeconfig writes a kubeconfig with one context of the name, to a cluster at the server.
func writeKubeconfig(t *testing.T, context, server string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- cluster: {certificate-authority-data: abc, server: %q}
  name: there
contexts:
- context: {cluster: there, user: me}
  name: %q
current-context: %q
users:
- name: me
  user: {token: secret}
`, server, context, context)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGuardContext(t *testing.T) {
	tests := []struct {
		name, context, server string
		want                  string // a part of the error, empty for none
	}{
		{"ours", "kind-drydock", "https://127.0.0.1:6443", ""},
		{"a test's", "kind-drydock-e2e", "https://127.0.0.1:6443", ""},
		{"over IPv6", "kind-drydock", "https://[::1]:6443", ""},
		{"production", "arn:aws:eks:eu-central-1:1:cluster/drydock", "https://abc.eks.amazonaws.com", "not a kind cluster"},
		{"somebody's kind cluster", "kind-kind", "https://127.0.0.1:6443", "not a kind cluster"},
		{"a name that begins as ours", "kind-drydocking", "https://127.0.0.1:6443", "not a kind cluster"},
		{"our name without kind's prefix", "drydock", "https://127.0.0.1:6443", "not a kind cluster"},
		{"our name for a server elsewhere", "kind-drydock", "https://10.0.0.1:6443", "loopback"},
		{"a server by name", "kind-drydock", "https://localhost.example.com:6443", "loopback"},
		{"no server", "kind-drydock", "", "loopback"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := GuardContext(writeKubeconfig(t, test.context, test.server), test.context)
			if test.want == "" && err != nil {
				t.Fatalf("got error %v", err)
			}
			if test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Fatalf("got error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestGuardContextLooksWhereKubectlLooks(t *testing.T) {
	first := writeKubeconfig(t, "kind-drydock", "https://10.0.0.1:6443")
	second := writeKubeconfig(t, "kind-drydock", "https://127.0.0.1:6443")
	missing := filepath.Join(t.TempDir(), "none")

	t.Setenv("KUBECONFIG", strings.Join([]string{missing, second, first}, string(filepath.ListSeparator)))
	if err := GuardContext("", "kind-drydock"); err != nil {
		t.Errorf("the first file decides: got %v", err)
	}
	t.Setenv("KUBECONFIG", strings.Join([]string{first, second}, string(filepath.ListSeparator)))
	if err := GuardContext("", "kind-drydock"); err == nil {
		t.Error("the first file decides: got no error")
	}
	t.Setenv("KUBECONFIG", missing)
	if err := GuardContext("", "kind-drydock"); err == nil {
		t.Error("no kubeconfig: got no error")
	}
}
