package manifests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

func TestTagsReachImageAndTraceAttributes(t *testing.T) {
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	out, err := Build(root, ".", map[string]string{"drydock/comms": "0123456789ab", "drydock/greeter": "fedcba987654"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"image: drydock/comms:0123456789ab",
		"image: drydock/greeter:fedcba987654",
		"service.version= 0123456789ab ,",
		"service.version= fedcba987654 ,",
		"deployment.environment.name= kind ,",
	} {
		// The emitter folds long lines at blanks.
		if !strings.Contains(strings.Join(strings.Fields(string(out)), " "), want) {
			t.Errorf("render lacks %q", want)
		}
	}
	if left, err := os.ReadDir(temporary); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestBuildSaysWhichKustomizationIsBroken(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "kustomization.yaml"), []byte("resources: [absent.yaml]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Build(root, ".", nil)
	if err == nil || !strings.Contains(err.Error(), root) || !strings.Contains(err.Error(), "absent.yaml") {
		t.Errorf("error = %v, want the folder and the missing file", err)
	}
}
