package ociarchive

import (
	"archive/tar"
	"bytes"
	"os"
	"path"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Program is a static binary to be made an image of.
type Program struct {
	// Binary is the file on this host, Path where it lies in the image and its entrypoint.
	Binary, Path string
	// User is "uid:gid"; empty is root.
	User string
	// Env is the image's environment, as "NAME=value".
	Env []string
	// Arch is the Go name of the processor, as in GOARCH.
	Arch string
}

// Scratch makes an image that holds one static binary and nothing else. It has no time stamps and no order that could vary: the same binary gives
// the same digest. The layer is not compressed, because the image goes into a node on this host, where compressing costs more than it saves.
func Scratch(program Program) (v1.Image, error) {
	layer, err := Layer(program)
	if err != nil {
		return nil, err
	}
	return FromLayers(program, layer)
}

// FromLayers makes an image of ready layers, with the entrypoint, user and environment of program.
func FromLayers(program Program, layers ...v1.Layer) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err := mutate.ConfigFile(image, &v1.ConfigFile{
		Architecture: program.Arch,
		OS:           "linux",
		RootFS:       v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
		Config: v1.Config{
			Entrypoint: []string{program.Path},
			Env:        append([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, program.Env...),
			User:       program.User,
		},
	})
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(image, layers...)
}

// Layer is a tar of the binary and of the folders above it.
func Layer(program Program) (v1.Layer, error) {
	content, err := os.ReadFile(program.Binary)
	if err != nil {
		return nil, err
	}
	var layer bytes.Buffer
	layer.Grow(len(content) + 1<<16)
	writer := tar.NewWriter(&layer)
	target := strings.TrimPrefix(path.Clean(program.Path), "/")
	for i, letter := range target {
		if letter != '/' {
			continue
		}
		if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: target[:i+1], Mode: 0o755, ModTime: time.Unix(0, 0)}); err != nil {
			return nil, err
		}
	}
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: target, Mode: 0o755, Size: int64(len(content)), ModTime: time.Unix(0, 0)}); err != nil {
		return nil, err
	}
	if _, err := writer.Write(content); err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(layer.Bytes(), types.OCIUncompressedLayer), nil
}
