package tiltloop

import (
	"archive/tar"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/drydock-dev/drydock/internal/images"
)

var entry = images.Image{Name: "hello", Reference: "drydock/hello", Source: images.Recipe{
	Package: "./services/hello", Path: "/hello", User: "65532:65532", Env: []string{"A=b"},
}}

// newPrograms makes files that stand for programs.
func newPrograms(t *testing.T) programs {
	t.Helper()
	dir := t.TempDir()
	p := programs{filepath.Join(dir, "service"), filepath.Join(dir, "supervisor"), filepath.Join(dir, "debugger")}
	for _, path := range []string{p.service, p.supervisor, p.debugger} {
		if err := os.WriteFile(path, []byte(filepath.Base(path)+" program"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func makeImage(t *testing.T, p programs) v1.Image {
	t.Helper()
	image, err := liveImage(entry, "arm64", p)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestLiveImage(t *testing.T) {
	t.Parallel()
	p := newPrograms(t)
	debugger := p.debugger
	p.debugger = ""
	image := makeImage(t, p)
	want := map[string]string{
		"hello": "service program", "bin/supervisor": "supervisor program", "bin/tar": "-> supervisor", "bin/rm": "-> supervisor",
	}
	if got := filesOf(t, image); !maps.Equal(got, want) {
		t.Errorf("files %v, want %v", got, want)
	}
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(config.Config.Entrypoint, " "); got != "/bin/supervisor /hello" {
		t.Errorf("entrypoint %s", got)
	}
	if config.Config.User != "65532:65532" || config.Architecture != "arm64" ||
		!slices.Contains(config.Config.Env, "SUPERVISOR_FOLDER=/app") || !slices.Contains(config.Config.Env, "A=b") {
		t.Errorf("configuration %+v", config)
	}

	p.debugger = debugger
	image = makeImage(t, p)
	want["bin/dlv"] = "debugger program"
	if got := filesOf(t, image); !maps.Equal(got, want) {
		t.Errorf("files for a debugger %v, want %v", got, want)
	}
	if config, err = image.ConfigFile(); err != nil || !slices.ContainsFunc(config.Config.Env, func(env string) bool {
		return strings.HasPrefix(env, "SUPERVISOR_WRAP=/bin/dlv exec ") && strings.HasSuffix(env, ":40000")
	}) {
		t.Errorf("configuration for a debugger %+v, %v", config, err)
	}
}

func TestLiveImageIsItsContent(t *testing.T) {
	t.Parallel()
	digest := func(p programs) v1.Hash {
		digest, err := makeImage(t, p).Digest()
		if err != nil {
			t.Fatal(err)
		}
		return digest
	}
	p := newPrograms(t)
	first := digest(p)
	if again := digest(newPrograms(t)); again != first {
		t.Errorf("the same files gave %s and %s", first, again)
	}
	if err := os.WriteFile(p.supervisor, []byte("another"), 0o755); err != nil {
		t.Fatal(err)
	}
	if digest(p) == first {
		t.Error("another supervisor gave the same image")
	}
}

// filesOf are the contents of an image's files, and where its links lead.
func filesOf(t *testing.T, image v1.Image) map[string]string {
	t.Helper()
	content := mutate.Extract(image)
	defer content.Close()
	files := map[string]string{}
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		switch header.Typeflag {
		case tar.TypeReg:
			files[header.Name] = string(text)
		case tar.TypeSymlink:
			files[header.Name] = "-> " + header.Linkname
		}
	}
}
