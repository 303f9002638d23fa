package ociarchive_test

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/drydock-dev/drydock/internal/images/ociarchive"
)

// scratch makes the image of a file with the content, written anew so that place and time differ from call to call.
func scratch(t *testing.T, content string, modified time.Time) v1.Image {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(binary, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(binary, modified, modified); err != nil {
		t.Fatal(err)
	}
	image, err := ociarchive.Scratch(ociarchive.Program{
		Binary: binary, Path: "/bin/program", User: "65532:65532", Env: []string{"A=b"}, Arch: "arm64",
	})
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func write(t *testing.T, image v1.Image) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	if err := ociarchive.Write(path, "docker.io/drydock/program:1", image); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestSameInputSameBytes(t *testing.T) {
	first, err := os.ReadFile(write(t, scratch(t, "content", time.Unix(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	second, err := os.ReadFile(write(t, scratch(t, "content", time.Now())))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Error("two archives of one program differ")
	}
	other, err := os.ReadFile(write(t, scratch(t, "Content", time.Unix(1, 0))))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first, other) {
		t.Error("archives of two programs are the same")
	}
}

func TestScratchHoldsTheProgramAlone(t *testing.T) {
	image := scratch(t, "content", time.Unix(1, 0))
	config, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if config.OS != "linux" || config.Architecture != "arm64" || config.Config.User != "65532:65532" {
		t.Errorf("got %s/%s as user %q", config.OS, config.Architecture, config.Config.User)
	}
	if want := []string{"/bin/program"}; !slices.Equal(config.Config.Entrypoint, want) {
		t.Errorf("got entrypoint %v, want %v", config.Config.Entrypoint, want)
	}
	if !slices.Contains(config.Config.Env, "A=b") {
		t.Errorf("got environment %v, want A=b in it", config.Config.Env)
	}
	layers, err := image.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(layers) != 1 {
		t.Fatalf("got %d layers, want 1", len(layers))
	}
	content, err := layers[0].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	var names []string
	for reader := tar.NewReader(content); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		if header.Uid != 0 || header.Mode != 0o755 || !header.ModTime.Equal(time.Unix(0, 0)) {
			t.Errorf("%s: owner %d, mode %o, time %s", header.Name, header.Uid, header.Mode, header.ModTime)
		}
	}
	if want := []string{"bin/", "bin/program"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

func TestReadTellsWhatWriteWrote(t *testing.T) {
	image := scratch(t, "content", time.Unix(1, 0))
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, image)
	archive, err := ociarchive.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if archive.Name != "docker.io/drydock/program:1" || archive.Digest != digest.String() || archive.Path != path {
		t.Errorf("got %+v, want %s", archive, digest)
	}
	leftovers, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left behind: %v %v", leftovers, err)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "image.tar")
	if _, err := ociarchive.Read(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: got %v, want fs.ErrNotExist", err)
	}
	if err := os.WriteFile(path, []byte("not a tar file"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ociarchive.Read(path); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no archive: got %v, want an error that is not fs.ErrNotExist", err)
	}
}

func TestFullName(t *testing.T) {
	for reference, want := range map[string]string{
		"drydock/comms:1":           "docker.io/drydock/comms:1",
		"busybox:1":                 "docker.io/library/busybox:1",
		"ghcr.io/dapr/daprd:1.18.0": "ghcr.io/dapr/daprd:1.18.0",
		"registry.k8s.io/pause:3.1": "registry.k8s.io/pause:3.1",
	} {
		if got, err := ociarchive.FullName(reference); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", reference, got, err, want)
		}
	}
	if _, err := ociarchive.FullName("Not A Name"); err == nil {
		t.Error("got no error for what is no reference")
	}
}
