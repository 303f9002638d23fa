package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/drydock-dev/drydock/internal/images/ociarchive"
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
	return s.make(image, reference, stored, archive, "packing", func() (v1.Image, error) { return made, nil })
}

// ServiceBinary compiles a service for linux and returns the binary. Nothing of the moment or the place goes into it, the commit neither: the
// digest of what was built says more, and a commit that changes no code must roll nothing out.
func (s *Store) ServiceBinary(ctx context.Context, arch string, image Image) (string, error) {
	binary := filepath.Join(s.Cache, "services", arch, path.Base(image.Source.Package))
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags=nomsgpack",
		"-ldflags=-s -w -X github.com/drydock-dev/drydock/internal/buildinfo.version=dev", "-o", binary, image.Source.Package)
	build.Dir = s.Root
	build.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=off", "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOAMD64=v1", "GOARM64=v8.0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", image.Source.Package, err, strings.TrimSpace(string(out)))
	}
	return binary, nil
}

func shortHash(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:])[:12]
}
