package nodeimage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Ensure makes the node image be in Docker and returns its reference there. What is built is kept as <cache>/node-<key>.tar, so that a Docker that
// has lost its images takes it from there.
func (b *Builder) Ensure(ctx context.Context) (string, error) {
	key, err := b.key(ctx)
	if err != nil {
		return "", err
	}
	reference := repository + ":" + key
	inDocker := func() bool { return run(ctx, "docker", "image", "inspect", reference) == nil }
	if inDocker() {
		return reference, nil
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	if inDocker() { // by the process that held the lock
		return reference, nil
	}
	archive, err := b.archive(ctx, key)
	if err != nil {
		return "", err
	}
	err = b.step(ctx, "the node image's entry in Docker", func(ctx context.Context) error {
		return run(ctx, "docker", "import",
			// As kind's Dockerfile has them: systemd asks for the variable.
			"--change", `ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]`,
			"--change", "ENV container=docker",
			"--platform", "linux/"+runtime.GOARCH,
			archive, reference)
	})
	if err != nil {
		return "", err
	}
	return reference, forgetImages(ctx, reference)
}

// forgetImages removes older node images from Docker, which keeps those that a cluster runs on.
func forgetImages(ctx context.Context, keep string) error {
	references, err := output(ctx, "docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", repository)
	if err != nil {
		return err
	}
	for _, reference := range strings.Fields(references) {
		if reference != keep {
			_ = run(ctx, "docker", "image", "rm", reference)
		}
	}
	return ctx.Err()
}

// archive is the node's root file system as a tar file; needs no Docker, and the lock held.
func (b *Builder) archive(ctx context.Context, key string) (string, error) {
	archive := filepath.Join(b.Cache, "node-"+key+".tar")
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	base, err := b.base(ctx)
	if err != nil {
		return "", err
	}
	// The long part first and outside the step: the toolchain tells its own progress and keeps what is done.
	programs, err := b.programs(ctx)
	if err != nil {
		return "", err
	}
	err = b.step(ctx, "the node image", func(ctx context.Context) error {
		return b.assemble(ctx, base, programs, archive)
	})
	if err != nil {
		return "", err
	}
	return archive, b.forget("node-*.tar", base, archive)
}

// programs builds all that goes into the image and returns the binaries of the node itself.
func (b *Builder) programs(ctx context.Context) (map[string]string, error) {
	binaries := map[string]string{}
	for _, name := range append(sortedControlPlane(), nodePrograms...) {
		binary, err := b.Tools.Path(ctx, name, toolchain.Target{})
		if err != nil {
			return nil, err
		}
		binaries[name] = binary
	}
	return binaries, nil
}

func (b *Builder) assemble(ctx context.Context, base string, programs map[string]string, archive string) (err error) {
	if err := checkHost(); err != nil {
		return err
	}
	kubernetes, err := b.Tools.Tool("kubelet")
	if err != nil {
		return err
	}
	kind, err := goList(ctx, b.Root, "{{.Dir}}")
	if err != nil {
		return err
	}
	root, remove, err := b.workplace()
	if err != nil {
		return err
	}
	defer remove()
	archives, removeArchives, err := b.workplace()
	if err != nil {
		return err
	}
	defer removeArchives()

	if err := unpack(ctx, base, root); err != nil {
		return err
	}
	for _, tree := range []string{filepath.Join(kind, "images", "base", "files"), filepath.Join(b.recipe(), "files")} {
		if err := overlay(tree, root); err != nil {
			return err
		}
	}
	for _, name := range nodePrograms {
		if err := copyProgram(ctx, programs[name], filepath.Join(root, "usr", "bin", name)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(root, "kind", "version"), []byte(kubernetes.Version), 0o644); err != nil {
		return err
	}
	pause, err := b.writeControlPlane(ctx, archives, root, programs["kubeadm"], kubernetes.Version)
	if err != nil {
		return err
	}
	if err := b.inside(ctx, root, "", "prepare.sh", pause); err != nil {
		return err
	}
	if err := b.inside(ctx, root, archives, "import.sh"); err != nil {
		return err
	}
	return pack(ctx, root, archive)
}

// inside runs a script of the recipe in the root file system, with the folder imports, if any, at /import.
func (b *Builder) inside(ctx context.Context, root, imports, script string, args ...string) (err error) {
	copied := filepath.Join(root, script)
	if err := copyProgram(ctx, filepath.Join(b.recipe(), script), copied); err != nil {
		return err
	}
	defer os.Remove(copied)
	const enter = `
set -eu
root=$1 imports=$2 script=$3
shift 3
mount -t proc proc "$root/proc"
if [ -n "$imports" ]; then
	mkdir "$root/import"
	mount --bind "$imports" "$root/import"
fi
exec chroot "$root" "/$script" "$@"
`
	err = contained(ctx, append([]string{"sh", "-c", enter, "enter", root, imports, script}, args...)...)
	if imports != "" {
		err = errors.Join(err, os.Remove(filepath.Join(root, "import")))
	}
	return err
}
