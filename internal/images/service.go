package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/drydock-dev/drydock/internal/images/ociarchive"
	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// service builds a service of this repository. The go command's own cache decides whether there is anything to compile, and the image's digest is
// its tag: a changed service gets a new tag and so a rollout, an unchanged one keeps both.
func (s *Store) service(ctx context.Context, arch string, image Image) (Archive, error) {
	binary, err := s.ServiceBinary(ctx, arch, image)
	if err != nil {
		return Archive{}, err
	}
	made, err := scratch(binary, arch, image)
	if err != nil {
		return Archive{}, err
	}
	digest, err := made.Digest()
	if err != nil {
		return Archive{}, err
	}
	reference := image.Reference + ":" + digest.Hex[:12]
	stored, err := ociarchive.FullName(reference)
	if err != nil {
		return Archive{}, err
	}
	archive := filepath.Join(s.Cache, fmt.Sprintf("%s-%s.tar", image.Name, digest.Hex[:12]))
	if ready, err := ociarchive.Read(archive); !errors.Is(err, fs.ErrNotExist) {
		return Archive{image, reference, ready}, err
	}
	if err := s.forgetServices(image.Name); err != nil {
		return Archive{}, err
	}
	return s.make(image, reference, stored, archive, "packing", func() (v1.Image, error) { return made, nil })
}

// ServiceBinary compiles a service for linux and returns the binary.
func (s *Store) ServiceBinary(ctx context.Context, arch string, image Image) (string, error) {
	binary := filepath.Join(s.Cache, "services", arch, path.Base(image.Source.Package))
	build := servicebuild.Build{Root: s.Root, Service: image.Source.Package, OS: "linux", Arch: arch}
	if err := build.To(ctx, binary); err != nil {
		return "", err
	}
	return binary, nil
}

// keptServices is how many archives of a service stay: enough for both processors and the last few changes.
const keptServices = 8

// forgetServices makes room for one more archive of the service by removing the oldest.
func (s *Store) forgetServices(name string) error {
	archives, err := filepath.Glob(filepath.Join(s.Cache, name+"-????????????.tar"))
	if err != nil || len(archives) < keptServices {
		return err
	}
	age := map[string]time.Time{}
	for _, archive := range archives {
		info, err := os.Stat(archive)
		if err != nil {
			return err
		}
		age[archive] = info.ModTime()
	}
	slices.SortFunc(archives, func(a, b string) int { return age[a].Compare(age[b]) })
	for _, archive := range archives[:len(archives)-keptServices+1] {
		if err := os.Remove(archive); err != nil {
			return err
		}
	}
	return nil
}

func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:12]
}
