package manifests

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/yannh/kubeconform/pkg/validator"

	"github.com/drydock-dev/drydock/internal/render"
	"github.com/drydock-dev/drydock/test/manifests/schema"
)

// newValidator is kubeconform with schemas out of the modules that tools/ pins: Kubernetes' own and those of Dapr's CRDs.
func newValidator(t *testing.T) validator.Validator {
	t.Helper()
	tools := tools(t)
	kubernetes, err := tools.ModuleDir(t.Context(), "kubernetes", "k8s.io/kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := schema.New(filepath.Join(kubernetes, "api", "openapi-spec", "swagger.json"))
	if err != nil {
		t.Fatal(err)
	}
	dapr, err := tools.ModuleDir(t.Context(), "dapr", render.Dapr.Module)
	if err != nil {
		t.Fatal(err)
	}
	if err := schemas.AddCRDs(filepath.Join(dapr, filepath.FromSlash(render.Dapr.Chart), "crds", "*.yaml")); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := schemas.Write(dir); err != nil {
		t.Fatal(err)
	}
	v, err := validator.New([]string{schema.Location(dir)}, validator.Opts{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestRenderedObjectsFitTheirSchemas(t *testing.T) {
	v := newValidator(t)
	for _, dir := range append([]string{render.Dapr.Dir(), "k8s/base"}, overlays...) {
		t.Run(dir, func(t *testing.T) {
			valid := 0
			for _, result := range v.Validate(dir, io.NopCloser(bytes.NewReader(build(t, dir)))) {
				switch result.Status {
				case validator.Valid:
					valid++
				case validator.Empty:
				default:
					signature, err := result.Resource.Signature()
					t.Errorf("%v: %v (%v)", signature, result.Err, err)
				}
			}
			if valid == 0 {
				t.Error("no object was validated")
			}
		})
	}
}

func TestSchemasRefuseWhatIsWrong(t *testing.T) {
	v := newValidator(t)
	files, err := filepath.Glob(filepath.Join("testdata", "schema", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, result := range v.Validate(file, io.NopCloser(bytes.NewReader(data))) {
				if result.Status == validator.Valid {
					t.Error("passes")
				}
			}
		})
	}
}
