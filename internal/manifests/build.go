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
	path := filepath.Join(root, filepath.FromSlash(dir))
	if len(tags) == 0 {
		return run(path)
	}
	tagged, remove, err := tagOverlay(root, path, tags)
	if err != nil {
		return nil, err
	}
	out, err := run(tagged)
	return out, errors.Join(err, remove())
}

// tagOverlay makes an overlay of path in a temporary folder that sets the tags.
func tagOverlay(root, path string, tags map[string]string) (dir string, remove func() error, err error) {
	dir, err = os.MkdirTemp("", "drydock-overlay-")
	if err != nil {
		return "", nil, err
	}
	remove = func() error { return os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			err = errors.Join(err, remove())
		}
	}()
	base, err := relative(dir, path)
	if err != nil {
		return "", nil, err
	}
	transformer, err := relative(dir, filepath.Join(root, filepath.FromSlash(traceIdentity)))
	if err != nil {
		return "", nil, err
	}
	overlay := types.Kustomization{
		TypeMeta:     types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		Resources:    []string{base},
		Transformers: []string{transformer},
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		overlay.Images = append(overlay.Images, types.Image{Name: name, NewTag: tags[name]})
	}
	data, err := yaml.Marshal(overlay)
	if err != nil {
		return "", nil, err
	}
	return dir, remove, os.WriteFile(filepath.Join(dir, "kustomization.yaml"), data, 0o600)
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
