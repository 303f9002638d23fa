package manifests

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/test/manifests/policy"
)

func TestManifestsAreTidy(t *testing.T) {
	data := configuration(t)
	err := filepath.WalkDir(filepath.Join(root(t), "k8s"), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root(t), file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if path.Ext(name) != ".yaml" {
			t.Errorf("%s: want .yaml files only", name)
			return nil
		}
		content, err := os.ReadFile(file)
		if err != nil || data[name] || path.Base(name) == "values.yaml" || bytes.HasPrefix(content, []byte("# Rendered by ")) {
			return err
		}
		findings, err := policy.Hygiene(name, content)
		for _, finding := range findings {
			t.Error(finding)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// configuration are the files that become the data of ConfigMaps: no objects.
func configuration(t *testing.T) map[string]bool {
	t.Helper()
	files := map[string]bool{}
	for dir, k := range kustomizations(t) {
		for _, generator := range k.ConfigMapGenerator {
			for _, source := range generator.FileSources {
				files[path.Join(dir, source)] = true
			}
		}
	}
	return files
}

func TestHygieneFindsWhatIsUntidy(t *testing.T) {
	for _, test := range []struct{ name, file, content, want string }{
		{"two objects", "service.yaml", "kind: Service\n---\nkind: Service\n", "2 objects"},
		{"other name", "deployment.yaml", "kind: Service\n", "want it in service.yaml"},
		{"key order", "service.yaml", "kind: Service\napiVersion: v1\n", "want apiVersion, kind first"},
		{"metadata late", "service.yaml", "apiVersion: v1\nkind: Service\nspec: {}\nmetadata: {}\n", "want apiVersion, kind, metadata first"},
		{"odd indent", "service.yaml", "kind: Service\nspec:\n   type: ClusterIP\n", ":3: indented by 3"},
		{"blanks", "service.yaml", "kind: Service \n", ":1: blanks"},
		{"no line end", "service.yaml", "kind: Service", "one line end"},
		{"tidy", "service.yaml", "apiVersion: v1\nkind: Service\nmetadata: {}\nspec: {}\n", ""},
		{"no object", "service.yaml", "just text\n", "no object"},
		{"tidy patch", "deployment.yaml", "- op: remove\n  path: /spec\n", ""},
		{"tidy component", "kustomization.yaml", "kind: Component\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			findings, err := policy.Hygiene(test.file, []byte(test.content))
			if err != nil {
				t.Fatal(err)
			}
			found := slices.ContainsFunc(findings, func(f string) bool { return strings.Contains(f, test.want) })
			if test.want == "" && len(findings) > 0 || test.want != "" && !found {
				t.Errorf("findings = %q, want %q", findings, test.want)
			}
		})
	}
}
