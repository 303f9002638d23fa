package tiltloop

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/images/ociarchive"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Folder is the writable folder of a pod under live update, an emptyDir of k8s/components/live-update; the binary in it is what runs.
const Folder = "/app"

// DebugPort is where the debugger of a debug build listens in the pod.
const DebugPort = 40000

const (
	supervisorPath = "/bin/supervisor"
	debuggerPath   = "/bin/dlv"
)

// Image makes the development image of a compiled service: the production image, and over it the supervisor as PID 1, as tar and as rm; with debug a
// debugger too. It puts the image into the cluster and writes its reference, whose tag is its content, into the file refTo.
func Image(ctx context.Context, root string, c *cluster.Cluster, service, arch string, debug bool, refTo string, progress io.Writer) error {
	list, err := images.ReadList(root)
	if err != nil {
		return err
	}
	entries, err := list.Named(service)
	if err != nil {
		return err
	}
	entry := entries[0]
	programs := programs{service: filepath.Join(root, Binary(service))}
	if programs.supervisor, err = buildSupervisor(ctx, root, arch); err != nil {
		return err
	}
	if debug {
		if programs.debugger, err = toolchain.New(root, progress).Path(ctx, "dlv", toolchain.Target{OS: "linux", Arch: arch}); err != nil {
			return err
		}
	}
	image, err := liveImage(entry, arch, programs)
	if err != nil {
		return fmt.Errorf("image of %s: %w", service, err)
	}
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	reference := entry.Reference + ":live-" + digest.Hex[:12]
	name, err := ociarchive.FullName(reference)
	if err != nil {
		return err
	}
	archive := filepath.Join(root, Dir, service+".tar")
	if err := ociarchive.Write(archive, name, image); err != nil {
		return err
	}
	written, err := ociarchive.Read(archive)
	if err != nil {
		return err
	}
	if err := c.Load(ctx, []images.Archive{{Image: entry, Reference: reference, Archive: written}}); err != nil {
		return err
	}
	if err := os.Remove(archive); err != nil {
		return err
	}
	fmt.Fprintf(progress, "image %s, %d MB\n", reference, written.Size>>20)
	return os.WriteFile(refTo, []byte(reference), 0o644)
}

// programs are files that go into an image; debugger is empty where there is to be none.
type programs struct{ service, supervisor, debugger string }

func liveImage(entry images.Image, arch string, programs programs) (v1.Image, error) {
	service := ociarchive.Program{
		Binary: programs.service, Path: entry.Source.Path, User: entry.Source.User, Arch: arch,
		Env: append([]string{"SUPERVISOR_FOLDER=" + Folder}, entry.Source.Env...),
	}
	over := []file{
		{path: supervisorPath, binary: programs.supervisor},
		{path: "/bin/tar", link: path.Base(supervisorPath)},
		{path: "/bin/rm", link: path.Base(supervisorPath)},
	}
	if programs.debugger != "" {
		over = append(over, file{path: debuggerPath, binary: programs.debugger})
		service.Env = append(service.Env, fmt.Sprintf(
			"SUPERVISOR_WRAP=%s exec --headless --accept-multiclient --continue --api-version=2 --check-go-version=false --listen=:%d", debuggerPath, DebugPort))
	}
	production, err := ociarchive.Layer(service)
	if err != nil {
		return nil, err
	}
	development, err := layer(over)
	if err != nil {
		return nil, err
	}
	image, err := ociarchive.FromLayers(service, production, development)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config.Config.Entrypoint = append([]string{supervisorPath}, config.Config.Entrypoint...)
	return mutate.Config(image, config.Config)
}

// buildSupervisor compiles the supervisor for the nodes.
func buildSupervisor(ctx context.Context, root, arch string) (string, error) {
	binary := filepath.Join(root, Dir, "supervisor-"+arch)
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", binary, "./cmd/supervisor")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch, "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the supervisor: %w\n%s", err, bytes.TrimSpace(out))
	}
	return binary, nil
}

// file is an entry of a layer: a program, or a link to one.
type file struct{ path, binary, link string }

// layer is a tar without time stamps: the same files give the same digest.
func layer(files []file) (v1.Layer, error) {
	var content bytes.Buffer
	writer := tar.NewWriter(&content)
	if err := writer.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: "bin/", Mode: 0o755, ModTime: time.Unix(0, 0)}); err != nil {
		return nil, err
	}
	for _, f := range files {
		header := tar.Header{Typeflag: tar.TypeSymlink, Name: f.path[1:], Linkname: f.link, Mode: 0o777, ModTime: time.Unix(0, 0)}
		var program []byte
		if f.binary != "" {
			var err error
			if program, err = os.ReadFile(f.binary); err != nil {
				return nil, err
			}
			header.Typeflag, header.Mode, header.Size = tar.TypeReg, 0o755, int64(len(program))
		}
		if err := writer.WriteHeader(&header); err != nil {
			return nil, err
		}
		if _, err := writer.Write(program); err != nil {
			return nil, err
		}
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return static.NewLayer(content.Bytes(), types.OCIUncompressedLayer), nil
}
