package toolchain

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

func TestToolsRefusesABadList(t *testing.T) {
	tests := []struct{ name, entries, want string }{
		{"unknown field", helloEntry + "    tag: x\n", "tag"},
		{"no package", "  - {name: hello, module: hello}\n", "needs name, module and package"},
		{"no such module", "  - {name: hello, module: away, package: .}\n", "away"},
		{"version from nowhere", "  - {name: hello, module: hello, package: example.test/other}\n", "requires no module that holds example.test/other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := checkout(t, tt.entries, helloModule)
			if _, err := b.Tools(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Tools: %v, want an error with %q", err, tt.want)
			}
		})
	}
}

func TestVersionIsOfTheInnermostModule(t *testing.T) {
	const mod = "module example.test/hello\n\ngo 1.26\n\nrequire (\n\texample.test/up v1.0.0\n\texample.test/up/server v1.2.0\n\texample.test/up/serve v1.3.0\n)\n"
	b, _ := checkout(t, "  - {name: hello, module: hello, package: example.test/up/server/cmd}\n", map[string]string{"hello/go.mod": mod})
	tool, err := b.Tool("hello")
	if err != nil || tool.Version != "v1.2.0" {
		t.Errorf("version %q, %v; want v1.2.0", tool.Version, err)
	}
}

func TestUnknownToolNamesTheKnown(t *testing.T) {
	b, _ := checkout(t, helloEntry, helloModule)
	if _, err := b.Path(t.Context(), "helo", Target{}); err == nil || !strings.Contains(err.Error(), "tools/tools.yaml has hello") {
		t.Errorf("Path: %v, want the names that there are", err)
	}
}

// The project's own list is whole: every entry reads, and no module is left without one.
func TestOwnList(t *testing.T) {
	root, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	b := New(root, nil)
	tools, err := b.Tools()
	if err != nil {
		t.Fatal(err)
	}
	var names, used []string
	for _, tool := range tools {
		if slices.Contains(names, tool.Name) {
			t.Errorf("two entries are called %s", tool.Name)
		}
		names = append(names, tool.Name)
		used = append(used, tool.Module)
		if tool.Purpose == "" {
			t.Errorf("%s has no purpose", tool.Name)
		}
		if _, err := tool.buildArgs(); err != nil {
			t.Error(err)
		}
		if _, err := b.sources(tool); err != nil {
			t.Error(err)
		}
		if strings.Contains(tool.Package, ".") && tool.VersionModule == "" && !keepsTool(t, b, tool) {
			t.Errorf("tools/%s/go.mod has no tool line for %s, so `go mod tidy` would drop it", tool.Module, tool.Package)
		}
	}
	modules, err := filepath.Glob(filepath.Join(root, "tools", "*", "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range modules {
		family := filepath.Base(filepath.Dir(module))
		if slices.Contains(used, family) {
			continue
		}
		data, err := os.ReadFile(module)
		if err != nil {
			t.Fatal(err)
		}
		// A module may be pinned for the files that it carries, such as a schema.
		if !strings.HasPrefix(string(data), "// Only for ") {
			t.Errorf("tools/%s belongs to no entry of tools.yaml, and its go.mod does not begin by saying what it is only for", family)
		}
	}
}

func keepsTool(t *testing.T, b *Builder, tool Tool) bool {
	t.Helper()
	path := filepath.Join(b.moduleDir(tool), "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := modfile.Parse(path, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(file.Tool, func(line *modfile.Tool) bool { return line.Path == tool.Package })
}
