package images

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/drydock-dev/drydock/internal/images/nodeimage"
	"github.com/drydock-dev/drydock/internal/images/ociarchive"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Archive is an image of the list in the cache, ready to be loaded into a node.
type Archive struct {
	// Image is the entry of the list.
	Image Image
	// Reference is what a manifest must say to get this image: the list's, with the tag where it is one of our own.
	Reference string
	ociarchive.Archive
}

// Store makes images and keeps them in the cache.
type Store struct {
	// Root of the repository and folder of the archives.
	Root, Cache string
	// Progress gets a line for each image that has to be made.
	Progress io.Writer
	// Tools builds the programs.
	Tools *toolchain.Builder

	registries registries
}

// New returns the store of the checkout at root, with its archives in images/ of [toolchain.CacheDir].
func New(root string, progress io.Writer) *Store {
	return &Store{Root: root, Cache: filepath.Join(toolchain.CacheDir(), "images"), Progress: progress, Tools: toolchain.New(root, progress)}
}

// Ensure makes the images of the list be in the cache for linux and the given processor (empty: this host's), except the node image, for which see
// [Store.Node]. What is there already takes no time; after an interruption it goes on with the first image that is not whole.
func (s *Store) Ensure(ctx context.Context, mode Mode, arch string, list List) ([]Archive, error) {
	if arch == "" {
		arch = runtime.GOARCH
	}
	var archives []Archive
	for _, image := range list {
		if image.Name == NodeName {
			continue
		}
		archive, err := s.ensure(ctx, mode, arch, image)
		if err != nil {
			return nil, fmt.Errorf("image %s: %w", image.Name, err)
		}
		archives = append(archives, archive)
	}
	return archives, nil
}

func (s *Store) ensure(ctx context.Context, mode Mode, arch string, image Image) (Archive, error) {
	if image.Own() {
		return s.service(ctx, arch, image)
	}
	stored, err := ociarchive.FullName(image.Reference)
	if err != nil {
		return Archive{}, err
	}
	pulled := filepath.Join(s.Cache, fmt.Sprintf("%s-%s.tar", image.Name, shortHash("pull", arch, image.Reference, image.Digest)))
	if mode != Source {
		// What was pulled before needs no registry now.
		if archive, err := ociarchive.Read(pulled); !errors.Is(err, fs.ErrNotExist) {
			return Archive{image, image.Reference, archive}, err
		}
		if mode == Pull || s.registries.reach(ctx, image.Reference) {
			return s.make(image, image.Reference, stored, pulled, "pulling", func() (v1.Image, error) { return pull(ctx, arch, image) })
		}
	}

	target := toolchain.Target{OS: "linux", Arch: arch}
	key, err := s.Tools.Key(image.Source.Tool, target)
	if err != nil {
		return Archive{}, err
	}
	recipe := fmt.Sprintf("%+v", image.Source)
	built := filepath.Join(s.Cache, fmt.Sprintf("%s-%s.tar", image.Name, shortHash("build", key, image.Reference, recipe)))
	if archive, err := ociarchive.Read(built); !errors.Is(err, fs.ErrNotExist) {
		return Archive{image, image.Reference, archive}, err
	}
	binary, err := s.Tools.Path(ctx, image.Source.Tool, target)
	if err != nil {
		return Archive{}, err
	}
	return s.make(image, image.Reference, stored, built, "packing", func() (v1.Image, error) { return scratch(binary, arch, image) })
}

// make writes the archive that is not there yet and tells so.
func (s *Store) make(image Image, reference, stored, path, doing string, get func() (v1.Image, error)) (Archive, error) {
	start := time.Now()
	made, err := get()
	if err != nil {
		return Archive{}, err
	}
	if err := ociarchive.Write(path, stored, made); err != nil {
		return Archive{}, err
	}
	archive, err := ociarchive.Read(path)
	fmt.Fprintf(s.Progress, "%s image %s: %d MB in %s\n", doing, reference, archive.Size>>20, time.Since(start).Round(100*time.Millisecond))
	return Archive{image, reference, archive}, err
}

func scratch(binary, arch string, image Image) (v1.Image, error) {
	return ociarchive.Scratch(ociarchive.Program{
		Binary: binary, Path: image.Source.Path, User: image.Source.User, Env: image.Source.Env, Arch: arch,
	})
}

func pull(ctx context.Context, arch string, image Image) (v1.Image, error) {
	ref, err := name.ParseReference(image.Pinned())
	if err != nil {
		return nil, err
	}
	pulled, err := remote.Image(ref, remote.WithContext(ctx), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: arch}))
	if err != nil {
		return nil, fmt.Errorf("pull: %w (without a registry: IMAGES=source)", err)
	}
	return pulled, nil
}

// Node makes the node image be in Docker and returns its reference there. own tells that it was built here, without kindnet.
func (s *Store) Node(ctx context.Context, mode Mode, list List) (reference string, own bool, err error) {
	entries, err := list.Named(NodeName)
	if err != nil {
		return "", false, err
	}
	pinned := entries[0].Pinned()
	if mode != Source {
		present := exec.CommandContext(ctx, "docker", "image", "inspect", pinned).Run() == nil
		if !present && (mode == Pull || s.registries.reach(ctx, entries[0].Reference)) {
			fmt.Fprintf(s.Progress, "pulling image %s\n", entries[0].Reference)
			if out, err := exec.CommandContext(ctx, "docker", "pull", "--quiet", pinned).CombinedOutput(); err != nil {
				return "", false, fmt.Errorf("docker pull %s: %w: %s (without a registry: IMAGES=source)", pinned, err, strings.TrimSpace(string(out)))
			}
			present = true
		}
		if present {
			return pinned, false, nil
		}
	}
	node := nodeimage.Builder{Root: s.Root, Cache: s.Cache, Tools: s.Tools, Progress: s.Progress}
	reference, err = node.Ensure(ctx)
	return reference, true, err
}
