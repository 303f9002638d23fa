// Package manifests renders the kustomizations of this repository, as `kubectl kustomize` does.
package manifests

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// traceIdentity tells the sidecars which image they stand beside. It must run again once the image is another.
const traceIdentity = "k8s/transformers/trace-identity"

// Build renders the kustomization in dir, a folder below root with slashes. tags gives images of ours, by the name
// that manifests write ("drydock/comms"), another tag than the overlay's; every image that it names must be there.
// No tracked file is changed.
func Build(root, dir string, tags map[string]string) ([]byte, error) {
	if len(tags) == 0 {
		return run(filepath.Join(root, filepath.FromSlash(dir)))
	}
	var over types.Kustomization
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		over.Images = append(over.Images, types.Image{Name: name, NewTag: tags[name]})
	}
	return BuildOver(root, dir, over)
}

// BuildOver renders what over changes of the kustomization in dir, a folder below root with slashes. over has no
// resources and no transformers of its own, and names no files. No tracked file is changed.
func BuildOver(root, dir string, over types.Kustomization) ([]byte, error) {
	overlay, err := os.MkdirTemp("", "drydock-overlay-")
	if err != nil {
		return nil, err
	}
	out, err := buildIn(overlay, root, dir, over)
	return out, errors.Join(err, os.RemoveAll(overlay))
}

// buildIn writes over into the folder overlay and renders it.
func buildIn(overlay, root, dir string, over types.Kustomization) ([]byte, error) {
	base, err := relative(overlay, filepath.Join(root, filepath.FromSlash(dir)))
	if err != nil {
		return nil, err
	}
	over.TypeMeta = types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind}
	over.Resources = []string{base}
	if len(over.Images) > 0 {
		transformer, err := relative(overlay, filepath.Join(root, filepath.FromSlash(traceIdentity)))
		if err != nil {
			return nil, err
		}
		over.Transformers = []string{transformer}
	}
	data, err := yaml.Marshal(over)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(overlay, "kustomization.yaml"), data, 0o600); err != nil {
		return nil, err
	}
	return run(overlay)
}

// relative is the path from one folder to another with links resolved, for kustomize takes no absolute paths and
// resolves links itself (the temporary folder of macOS is one).
func relative(from, to string) (string, error) {
	from, err := filepath.EvalSymlinks(from)
	if err != nil {
		return "", err
	}
	to, err = filepath.EvalSymlinks(to)
	if err != nil {
		return "", err
	}
	path, err := filepath.Rel(from, to)
	return filepath.ToSlash(path), err
}

func run(dir string) ([]byte, error) {
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, fmt.Errorf("kustomize %s: %w", dir, err)
	}
	return resources.AsYaml()
}
