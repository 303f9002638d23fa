// Package images makes every image that the local cluster needs, from the one list images/images.yaml: pulled from its registry by digest, or, where
// no registry answers, built from pinned source. Either way the result is an OCI archive in the cache, under the reference that manifests use.
package images

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/google/go-containerregistry/pkg/name"
)

// NodeName is the entry of the list that is kind's node image. It is no scratch image: package nodeimage makes it.
const NodeName = "node"

// Image is one entry of the list.
type Image struct {
	// Name is the short name, unique in the list, that commands take.
	Name string `yaml:"name"`
	// Reference is what manifests write: repository and tag, or only the repository for an image of our own, whose tag is its content.
	Reference string `yaml:"reference"`
	// Digest pins what is pulled ("sha256:..."); empty where it is not known, then the tag is pulled.
	Digest string `yaml:"digest,omitempty"`
	// Source says how the image is built here.
	Source Recipe `yaml:"source"`
}

// Recipe is the source of an image: exactly one of Tool, Package and Recipe is set.
type Recipe struct {
	// Tool is a pinned program of tools/tools.yaml.
	Tool string `yaml:"tool,omitempty"`
	// Package is a main package of this repository.
	Package string `yaml:"package,omitempty"`
	// Recipe names a recipe of its own package; "node" is the only one.
	Recipe string `yaml:"recipe,omitempty"`
	// Path is where the program lies in the image, and its entrypoint.
	Path string `yaml:"path,omitempty"`
	// User is "uid:gid", numeric because a scratch image has no passwd file and Kubernetes can verify only numbers as non-root.
	User string `yaml:"user,omitempty"`
	// Env is the environment, as "NAME=value".
	Env []string `yaml:"env,omitempty"`
}

// Own reports whether the image is made of this repository's code: it has no registry and its tag is its content.
func (i Image) Own() bool { return i.Source.Package != "" }

// Service reports whether the image is one of the services, which every environment runs.
func (i Image) Service() bool { return strings.HasPrefix(i.Source.Package, "./services/") }

// List is the images in the order of the file.
type List []Image

var userPattern = regexp.MustCompile(`^[1-9][0-9]*:[1-9][0-9]*$`)

// ReadList reads and checks images/images.yaml below root. An unknown field is an error, so that a typo is not a silent default.
func ReadList(root string) (List, error) {
	path := filepath.Join(root, "images", "images.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	list, err := parseList(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

func parseList(content []byte) (List, error) {
	var file struct {
		Images List `yaml:"images"`
	}
	if err := yaml.UnmarshalWithOptions(content, &file, yaml.Strict()); err != nil {
		return nil, err
	}
	if len(file.Images) == 0 {
		return nil, errors.New("no images")
	}
	names, references := map[string]bool{}, map[string]bool{}
	for _, image := range file.Images {
		if err := image.check(); err != nil {
			return nil, fmt.Errorf("image %q: %w", image.Name, err)
		}
		if names[image.Name] || references[image.Reference] {
			return nil, fmt.Errorf("image %q: its name or reference %q is in the list twice", image.Name, image.Reference)
		}
		names[image.Name], references[image.Reference] = true, true
	}
	return file.Images, nil
}

func (i Image) check() error {
	source := i.Source
	if i.Name == "" || i.Reference == "" {
		return errors.New("name and reference are required")
	}
	recipes := 0
	for _, recipe := range []string{source.Tool, source.Package, source.Recipe} {
		if recipe != "" {
			recipes++
		}
	}
	if recipes != 1 {
		return errors.New("source needs exactly one of tool, package and recipe")
	}
	if source.Recipe != "" && source.Recipe != NodeName {
		return fmt.Errorf("unknown recipe %q", source.Recipe)
	}
	if source.Recipe == "" {
		if !filepath.IsAbs(source.Path) {
			return fmt.Errorf("path %q is not absolute", source.Path)
		}
		if !userPattern.MatchString(source.User) {
			return fmt.Errorf("user %q is not a numeric, non-root uid:gid", source.User)
		}
	}
	if i.Own() {
		if i.Digest != "" {
			return errors.New("an image of our own has no digest to pull")
		}
		_, err := name.NewRepository(i.Reference)
		return err
	}
	tag, err := name.NewTag(i.Reference)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(i.Reference, ":"+tag.TagStr()) || tag.TagStr() == "latest" {
		return fmt.Errorf("reference %q needs a version as its tag", i.Reference)
	}
	if i.Digest != "" {
		_, err = name.NewDigest(tag.Repository.Name() + "@" + i.Digest)
	}
	return err
}

// Named returns the images of the given names in the list's order, all of them without names.
func (l List) Named(names ...string) (List, error) {
	if len(names) == 0 {
		return l, nil
	}
	var found List
	known := make([]string, 0, len(l))
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	for _, image := range l {
		known = append(known, image.Name)
		if wanted[image.Name] {
			found = append(found, image)
			delete(wanted, image.Name)
		}
	}
	for name := range wanted {
		return nil, fmt.Errorf("no image %q in images/images.yaml; there are: %s", name, strings.Join(known, ", "))
	}
	return found, nil
}

// Pinned is what is pulled: the reference with its digest, where one is known.
func (i Image) Pinned() string {
	if i.Digest == "" {
		return i.Reference
	}
	return i.Reference + "@" + i.Digest
}
