package nodeimage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// base is the Debian root file system as a tar file, made once for a list of packages.
func (b *Builder) base(ctx context.Context) (string, error) {
	key, err := b.baseKey()
	if err != nil {
		return "", err
	}
	archive := filepath.Join(b.Cache, "node-base-"+key+".tar")
	if _, err := os.Stat(archive); err == nil {
		return archive, nil
	}
	if err := checkHost(); err != nil {
		return "", err
	}
	packages, err := b.packages()
	if err != nil {
		return "", err
	}
	mirror := os.Getenv("DEBIAN_MIRROR")
	if mirror == "" {
		mirror = defaultMirror
	}

	return archive, b.step(ctx, "Debian "+suite+" for the node image (about 90 s)", func(ctx context.Context) error {
		// Downloaded packages are kept, so that an interrupted run goes on where it was.
		downloads := filepath.Join(b.Cache, "debian-"+suite)
		if err := os.MkdirAll(downloads, 0o755); err != nil {
			return err
		}
		root, remove, err := b.workplace()
		if err != nil {
			return err
		}
		defer remove()
		if err := contained(ctx, "debootstrap", "--variant=minbase", "--cache-dir="+downloads, "--include="+strings.Join(packages, ","), suite, root, mirror); err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return fmt.Errorf("%w (another Debian mirror: DEBIAN_MIRROR=<address>)", err)
		}
		for _, surplus := range []string{"var/cache/apt/archives", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "var/log/bootstrap.log"} {
			if err := os.RemoveAll(filepath.Join(root, surplus)); err != nil {
				return err
			}
		}
		if err := pack(ctx, root, archive); err != nil {
			return err
		}
		return os.RemoveAll(downloads)
	})
}

// checkHost says at once what would otherwise go wrong deep inside debootstrap.
func checkHost() error {
	if runtime.GOOS != "linux" {
		return errors.New("the node image can be built from source on Linux only: make a registry reachable and use IMAGES=pull, or use 'make run', which needs no cluster")
	}
	if os.Geteuid() != 0 {
		return errors.New("building the node image needs root for debootstrap and chroot: run 'sudo -E env PATH=\"$PATH\" go run ./cmd/images build node' once; later runs use what it made")
	}
	for _, program := range []string{"debootstrap", "unshare", "tar"} {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("building the node image needs %s: apt-get install debootstrap util-linux tar", program)
		}
	}
	return nil
}

// lock keeps other processes from building the same, and clears away what one that was killed has left behind.
func (b *Builder) lock(ctx context.Context) (unlock func(), err error) {
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(b.Cache, "node.lock"))
	locked, err := lock.TryLock()
	if err == nil && !locked {
		fmt.Fprintln(b.Progress, "waiting for another process that builds the node image")
		_, err = lock.TryLockContext(ctx, time.Second)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	unlock = func() { _ = lock.Unlock() }
	if err := errors.Join(b.forget("*.partial"), os.RemoveAll(b.workplaces())); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// forget removes the files of the cache that match, except those to keep: a node image is large, and an older one can be built again.
func (b *Builder) forget(pattern string, keep ...string) error {
	files, err := filepath.Glob(filepath.Join(b.Cache, pattern))
	if err != nil {
		return err
	}
	for _, file := range files {
		if !slices.Contains(keep, file) {
			err = errors.Join(err, os.Remove(file))
		}
	}
	return err
}

func (b *Builder) workplaces() string { return filepath.Join(b.Cache, "work") }

// workplace is an empty folder on the file system of the cache, with what removes it.
func (b *Builder) workplace() (string, func(), error) {
	if err := os.MkdirAll(b.workplaces(), 0o755); err != nil {
		return "", nil, err
	}
	dir, err := os.MkdirTemp(b.workplaces(), "node-")
	if err != nil {
		return "", nil, err
	}
	// The root of a file system is readable for all.
	if err := os.Chmod(dir, 0o755); err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// contained runs a program in mount and process namespaces of its own: whatever it mounts or leaves running ends with it, also when it is killed.
func contained(ctx context.Context, command ...string) error {
	return run(ctx, append([]string{"unshare", "--mount", "--pid", "--fork", "--kill-child"}, command...)...)
}

// pack makes the tar file appear whole or not at all.
func pack(ctx context.Context, root, archive string) error {
	partial := archive + ".partial"
	if err := run(ctx, "tar", "--create", "--numeric-owner", "--xattrs", "--sort=name", "--file", partial, "--directory", root, "."); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	return os.Rename(partial, archive)
}

func unpack(ctx context.Context, archive, root string) error {
	return run(ctx, "tar", "--extract", "--numeric-owner", "--xattrs", "--same-permissions", "--file", archive, "--directory", root)
}

// overlay copies a tree of files over the root file system: folders and files readable, programs told by their first bytes.
func overlay(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		mode := os.FileMode(0o644)
		if strings.HasPrefix(string(content), "#!") {
			mode = 0o755
		}
		if err := os.WriteFile(target, content, mode); err != nil {
			return err
		}
		return os.Chmod(target, mode)
	})
}

// copyProgram copies a binary by the file system where that can be done without copying bytes.
func copyProgram(ctx context.Context, from, to string) error {
	return run(ctx, "install", "-D", "--mode=0755", from, to)
}
