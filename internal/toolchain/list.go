package toolchain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// Tool is an entry of tools/tools.yaml; the file's header tells what the fields mean.
type Tool struct {
	Name          string            `yaml:"name"`
	Purpose       string            `yaml:"purpose"`
	Module        string            `yaml:"module"`
	Package       string            `yaml:"package"`
	VersionModule string            `yaml:"version"`
	Tags          []string          `yaml:"tags"`
	LDFlags       string            `yaml:"ldflags"`
	CGO           bool              `yaml:"cgo"`
	Copy          map[string]string `yaml:"copy"`
	Note          string            `yaml:"note"`

	// Version is what the module's go.mod requires, with the leading v; it is not in the file.
	Version string `yaml:"-"`
	// source is the upstream module that carries the version.
	source string
}

// String is the tool's name and version, such as "daprd 1.18.0".
func (t Tool) String() string { return t.Name + " " + strings.TrimPrefix(t.Version, "v") }

// Tools are all entries of tools/tools.yaml, in its order.
func (b *Builder) Tools() ([]Tool, error) {
	path := filepath.Join(b.Root, "tools", "tools.yaml")
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list struct {
		Tools []Tool `yaml:"tools"`
	}
	if err := yaml.UnmarshalWithOptions(data, &list, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	for i := range list.Tools {
		tool := &list.Tools[i]
		if tool.Name == "" || tool.Module == "" || tool.Package == "" {
			return nil, fmt.Errorf("%s: entry %d (%q) needs name, module and package", path, i+1, tool.Name)
		}
		if err := b.readVersion(tool); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", path, tool.Name, err)
		}
	}
	return list.Tools, nil
}

// Tool is the entry called name.
func (b *Builder) Tool(name string) (Tool, error) {
	tools, err := b.Tools()
	if err != nil {
		return Tool{}, err
	}
	names := make([]string, 0, len(tools))
	for _, tool := range tools {
		if tool.Name == name {
			return tool, nil
		}
		names = append(names, tool.Name)
	}
	slices.Sort(names)
	return Tool{}, fmt.Errorf("no tool is called %q: tools/tools.yaml has %s", name, strings.Join(names, ", "))
}

// readVersion takes the version from the requirement whose module holds the package.
func (b *Builder) readVersion(tool *Tool) error {
	path := filepath.Join(b.moduleDir(*tool), "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	file, err := modfile.Parse(path, data, nil)
	if err != nil {
		return err
	}
	want := tool.VersionModule
	if want == "" {
		want = tool.Package
	}
	var found module.Version
	for _, require := range file.Require {
		holds := want == require.Mod.Path || strings.HasPrefix(want, require.Mod.Path+"/")
		if holds && len(require.Mod.Path) > len(found.Path) {
			found = require.Mod
		}
	}
	if found.Version == "" {
		return errors.New("its go.mod requires no module that holds " + want)
	}
	tool.source, tool.Version = found.Path, found.Version
	return nil
}

func (b *Builder) moduleDir(tool Tool) string {
	return filepath.Join(b.Root, "tools", tool.Module)
}
