package render

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestDriftNamesWhatDiffersAndWriteMendsIt(t *testing.T) {
	root := t.TempDir()
	platform := Platform{Name: "p"}
	header := string(headerStart) + "\n"
	put(t, root, "k8s/platform/p/crds/changed.yaml", header+"a: 1\nb: 2\n")
	put(t, root, "k8s/platform/p/crds/gone.yaml", header)
	put(t, root, "k8s/platform/p/values.yaml", "written: by hand\n")
	want := Files{
		"k8s/platform/p/crds/changed.yaml": []byte(header + "a: 1\nb: 3\n"),
		"k8s/platform/p/rendered.yaml":     []byte(header + "new: true\n"),
	}

	drift, err := Drift(root, platform, want)
	if err != nil {
		t.Fatal(err)
	}
	expected := []string{
		"k8s/platform/p/crds/changed.yaml: differs from line 3 on",
		"k8s/platform/p/rendered.yaml: missing",
		"k8s/platform/p/crds/gone.yaml: no longer rendered",
	}
	if !slices.Equal(drift, expected) {
		t.Errorf("drift = %q, want %q", drift, expected)
	}

	if err := Write(root, platform, want); err != nil {
		t.Fatal(err)
	}
	if drift, err := Drift(root, platform, want); err != nil || len(drift) > 0 {
		t.Errorf("after Write: drift = %q, error = %v", drift, err)
	}
	if data, err := os.ReadFile(filepath.Join(root, "k8s/platform/p/values.yaml")); err != nil || string(data) != "written: by hand\n" {
		t.Errorf("values.yaml = %q, %v, want it untouched", data, err)
	}
}

func put(t *testing.T, root, name, content string) {
	t.Helper()
	file := filepath.Join(root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTidyDropsWhatTemplatesLeaveBehind(t *testing.T) {
	got := string(tidy([]byte("---\n# Source: empty.yaml\n---\n# Source: a.yaml\na: 1  \n\n\nb: |\n  # kept\n---\n")))
	want := "---\n# Source: a.yaml\na: 1\nb: |\n  # kept\n"
	if got != want {
		t.Errorf("tidy = %q, want %q", got, want)
	}
}
