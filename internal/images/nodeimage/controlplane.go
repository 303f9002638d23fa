package nodeimage

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/drydock-dev/drydock/internal/images/ociarchive"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func sortedControlPlane() []string { return slices.Sorted(maps.Keys(controlPlane)) }

// writeControlPlane writes an archive of every image that kubeadm names into dir and returns the reference of the pause image.
// root is the node's file system, where kube-proxy's iptables is taken from.
func (b *Builder) writeControlPlane(ctx context.Context, dir, root, kubeadm, version string) (pause string, err error) {
	listed, err := output(ctx, kubeadm, "config", "images", "list", "--kubernetes-version", version)
	if err != nil {
		return "", err
	}
	for _, reference := range strings.Fields(listed) {
		repository, _, _ := strings.Cut(reference, ":")
		name := path.Base(repository)
		var image v1.Image
		switch name {
		case "pause":
			pause = reference
			image, err = b.pauseImage(ctx, dir)
		case "kube-proxy":
			image, err = b.kubeProxyImage(ctx, root)
		default:
			image, err = b.programImage(ctx, name)
		}
		if err != nil {
			return "", fmt.Errorf("image %s: %w", reference, err)
		}
		if err := ociarchive.Write(filepath.Join(dir, name+".tar"), reference, image); err != nil {
			return "", fmt.Errorf("image %s: %w", reference, err)
		}
	}
	if pause == "" {
		return "", fmt.Errorf("kubeadm %s names no pause image", version)
	}
	return pause, nil
}

func (b *Builder) program(ctx context.Context, name string) (ociarchive.Program, error) {
	place, known := controlPlane[name]
	if !known {
		return ociarchive.Program{}, fmt.Errorf("no recipe for %q: add it to internal/images/nodeimage and tools/", name)
	}
	binary, err := b.Tools.Path(ctx, name, toolchain.Target{})
	return ociarchive.Program{Binary: binary, Path: place, Arch: runtime.GOARCH}, err
}

func (b *Builder) programImage(ctx context.Context, name string) (v1.Image, error) {
	program, err := b.program(ctx, name)
	if err != nil {
		return nil, err
	}
	return ociarchive.Scratch(program)
}

// pauseImage compiles images/node/pause; non-root, as the original is.
func (b *Builder) pauseImage(ctx context.Context, dir string) (v1.Image, error) {
	binary := filepath.Join(dir, "pause")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "./images/node/pause")
	build.Dir, build.Env = b.Root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	defer os.Remove(binary)
	return ociarchive.Scratch(ociarchive.Program{Binary: binary, Path: "/pause", User: "65535:65535", Arch: runtime.GOARCH})
}

// kubeProxyImage is the program with iptables out of the node's own Debian.
func (b *Builder) kubeProxyImage(ctx context.Context, root string) (v1.Image, error) {
	program, err := b.program(ctx, "kube-proxy")
	if err != nil {
		return nil, err
	}
	script, err := os.Open(filepath.Join(b.recipe(), "iptables.sh"))
	if err != nil {
		return nil, err
	}
	defer script.Close()
	var layer, problem bytes.Buffer
	chroot := exec.CommandContext(ctx, "chroot", root, "sh")
	chroot.Stdin, chroot.Stdout, chroot.Stderr = script, &layer, &problem
	if err := chroot.Run(); err != nil {
		return nil, fmt.Errorf("collect iptables: %w\n%s", err, problem.String())
	}
	binary, err := ociarchive.Layer(program)
	if err != nil {
		return nil, err
	}
	return ociarchive.FromLayers(program, static.NewLayer(layer.Bytes(), types.OCIUncompressedLayer), binary)
}
