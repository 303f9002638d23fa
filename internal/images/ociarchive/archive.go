// Package ociarchive makes images of static binaries and keeps images as OCI layouts in tar files, the form in which containerd imports them.
package ociarchive

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// nameAnnotation is what containerd reads an imported image's name from.
const nameAnnotation = "io.containerd.image.name"

// Archive is one image as an OCI layout in a tar file, for one platform.
type Archive struct {
	// Name is the one under which containerd keeps the image, with registry and repository spelled out.
	Name string
	// Digest is that of the image's manifest, which containerd keeps too.
	Digest string
	// Path of the tar file and its size in bytes.
	Path string
	Size int64
}

// FullName spells a reference out as containerd keeps it: drydock/comms:1 is docker.io/drydock/comms:1.
func FullName(reference string) (string, error) {
	ref, err := name.ParseReference(reference)
	if err != nil {
		return "", err
	}
	return strings.Replace(ref.Name(), name.DefaultRegistry+"/", "docker.io/", 1), nil
}

// Write writes the image to path, named name (see [FullName]), by way of a temporary file, so that an archive that is there is whole. The bytes depend on the image and
// the name alone. The index comes first: an archive is identified by its first kilobyte.
func Write(path, name string, image v1.Image) error {
	manifest, err := image.RawManifest()
	if err != nil {
		return err
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	mediaType, err := image.MediaType()
	if err != nil {
		return err
	}
	index, err := json.Marshal(v1.IndexManifest{
		SchemaVersion: 2,
		MediaType:     types.OCIImageIndex,
		Manifests: []v1.Descriptor{{
			MediaType: mediaType, Digest: digest, Size: int64(len(manifest)),
			Annotations: map[string]string{nameAnnotation: name},
		}},
	})
	if err != nil {
		return err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	configName, err := image.ConfigName()
	if err != nil {
		return err
	}
	layers, err := image.Layers()
	if err != nil {
		return err
	}

	return replaceFile(path, func(file io.Writer) error {
		writer := tar.NewWriter(file)
		for _, entry := range []struct {
			name    string
			content []byte
		}{
			{"index.json", index},
			{"oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`)},
			{blobName(digest), manifest},
			{blobName(configName), config},
		} {
			if err := writeEntry(writer, entry.name, int64(len(entry.content)), strings.NewReader(string(entry.content))); err != nil {
				return err
			}
		}
		written := map[v1.Hash]bool{}
		for _, layer := range layers {
			if err := writeLayer(writer, layer, written); err != nil {
				return err
			}
		}
		return writer.Close()
	})
}

func writeLayer(writer *tar.Writer, layer v1.Layer, written map[v1.Hash]bool) error {
	digest, err := layer.Digest()
	if err != nil || written[digest] {
		return err
	}
	written[digest] = true
	size, err := layer.Size()
	if err != nil {
		return err
	}
	content, err := layer.Compressed()
	if err != nil {
		return err
	}
	defer content.Close()
	return writeEntry(writer, blobName(digest), size, content)
}

func blobName(digest v1.Hash) string { return "blobs/" + digest.Algorithm + "/" + digest.Hex }

func writeEntry(writer *tar.Writer, name string, size int64, content io.Reader) error {
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: size, Format: tar.FormatUSTAR}); err != nil {
		return err
	}
	_, err := io.Copy(writer, content)
	return err
}

// Read identifies the archive at path; an error that is fs.ErrNotExist says that it has not been made yet.
func Read(path string) (Archive, error) {
	file, err := os.Open(path)
	if err != nil {
		return Archive{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Archive{}, err
	}
	reader := tar.NewReader(file)
	header, err := reader.Next()
	if err != nil || header.Name != "index.json" {
		return Archive{}, fmt.Errorf("%s is no image archive of ours: delete it", path)
	}
	var index v1.IndexManifest
	if err := json.NewDecoder(reader).Decode(&index); err != nil {
		return Archive{}, fmt.Errorf("%s: %w", path, err)
	}
	if len(index.Manifests) != 1 {
		return Archive{}, fmt.Errorf("%s holds %d images instead of one: delete it", path, len(index.Manifests))
	}
	image := index.Manifests[0]
	return Archive{Name: image.Annotations[nameAnnotation], Digest: image.Digest.String(), Path: path, Size: info.Size()}, nil
}

// replaceFile makes the file at path appear at once and whole, or not at all.
func replaceFile(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".partial-*")
	if err != nil {
		return err
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return os.Rename(file.Name(), path)
}
