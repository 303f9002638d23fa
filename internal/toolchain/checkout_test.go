package toolchain

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/logbuffer"
)

// hello is a tool without requirements; the version comes from a module that nothing imports,
// so that no test needs the network.
const helloEntry = `
  - name: hello
    purpose: says hello
    module: hello
    package: .
    version: example.test/upstream
    ldflags: -X main.version=${version} -X main.minor=${major}.${minor}
`

var helloModule = map[string]string{
	"hello/go.mod":  "module example.test/hello\n\ngo 1.26\n\nrequire example.test/upstream v1.34.4\n",
	"hello/main.go": "package main\n\nvar version, minor string\n\nfunc main() { print(version, \" \", minor) }\n",
}

// checkout writes a checkout that has the given entries and files below tools/, and is a
// Builder with a cache of its own.
func checkout(t *testing.T, entries string, files map[string]string) (*Builder, *log) {
	t.Helper()
	root := t.TempDir()
	write(t, filepath.Join(root, "tools", "tools.yaml"), "tools:\n"+entries)
	for name, content := range files {
		write(t, filepath.Join(root, "tools", name), content)
	}
	progress := new(log)
	return &Builder{Root: root, Cache: t.TempDir(), Progress: progress}, progress
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// log collects progress from several goroutines.
type log struct{ logbuffer.Buffer }

// builds counts the builds that were started.
func (l *log) builds() int { return strings.Count(l.String(), " ...\n") }
