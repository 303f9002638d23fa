package toolchain

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestKeyFollowsWhatDecidesTheBytes(t *testing.T) {
	tests := []struct {
		name    string
		change  func(t *testing.T, b *Builder) Target
		changes bool
	}{
		{"nothing", func(*testing.T, *Builder) Target { return Target{} }, false},
		{"notes beside the sources", changed("hello/README.md", "new"), false},
		{"purpose", changed("tools.yaml", "tools:\n"+strings.ReplaceAll(copyEntry, "says hello", "greets")), false},
		{"go.mod", changed("hello/go.mod", helloModule["hello/go.mod"]+"\n// new\n"), true},
		{"go.sum", changed("hello/go.sum", "new"), true},
		{"Go file", changed("hello/main.go", "package main\n\nfunc main() {}\n"), true},
		{"added file", changed("hello/page.html", "new"), true},
		{"recipe", changed("tools.yaml", "tools:\n"+copyEntry+"    tags: [more]\n"), true},
		{"target", func(*testing.T, *Builder) Target { return Target{"linux", "mips64"} }, true},
		{"Go version", func(_ *testing.T, b *Builder) Target {
			b.goVersions[filepath.Join(b.Root, "tools", "hello")] = "go0.1"
			return Target{}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, _ := checkout(t, copyEntry, helloModule)
			write(t, filepath.Join(b.Root, "tools", "hello", "go.sum"), "")
			write(t, filepath.Join(b.Root, "tools", "hello", "page.html"), "")
			before := key(t, b, Target{})
			after := key(t, b, tt.change(t, b))
			if (before != after) != tt.changes {
				t.Errorf("key %s, then %s; want a change: %t", before, after, tt.changes)
			}
		})
	}
}

const copyEntry = helloEntry + "    copy: {web/index.html: page.html}\n"

func TestKeyRefusesFilesOutsideTheModule(t *testing.T) {
	b, _ := checkout(t, helloEntry+"    copy: {../up.html: page.html}\n", helloModule)
	if _, err := b.Key("hello", Target{}); err == nil {
		t.Error("Key accepted a file that a copy would write outside its folder")
	}
}

func changed(file, content string) func(*testing.T, *Builder) Target {
	return func(t *testing.T, b *Builder) Target {
		t.Helper()
		write(t, filepath.Join(b.Root, "tools", file), content)
		return Target{}
	}
}

func key(t *testing.T, b *Builder, target Target) string {
	t.Helper()
	key, err := b.Key("hello", target)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
