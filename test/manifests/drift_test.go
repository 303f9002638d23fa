package manifests

import (
	"maps"
	"slices"
	"testing"

	"github.com/drydock-dev/drydock/internal/render"
)

func TestPlatformIsWhatItsPinsRenderTo(t *testing.T) {
	for _, platform := range render.Platforms() {
		t.Run(platform.Name, func(t *testing.T) {
			files, err := render.Render(t.Context(), tools(t), platform)
			if err != nil {
				t.Fatal(err)
			}
			drift, err := render.Drift(root(t), platform, files)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range drift {
				t.Errorf("%s (make render mends it)", line)
			}
			kustomizations := kustomizations(t)
			for _, name := range slices.Sorted(maps.Keys(files)) {
				if !listed(kustomizations, name) {
					t.Errorf("%s is rendered, and no kustomization lists it", name)
				}
			}
		})
	}
}
