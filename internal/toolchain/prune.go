package toolchain

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"
)

// Prune removes programs from the cache that the list no longer makes: other versions,
// other recipes, another Go. It keeps those for this machine and for Linux on amd64 and
// arm64, and what is being built right now. It tells what it removed, by folder, and
// how many bytes that freed.
func (b *Builder) Prune() (removed []string, freed int64, err error) {
	keep, err := b.current(Target{}, Target{"linux", "amd64"}, Target{"linux", "arm64"})
	if err != nil {
		return nil, 0, err
	}
	dirs, err := filepath.Glob(filepath.Join(b.Cache, "tools", "*"))
	if err != nil {
		return nil, 0, err
	}
	for _, dir := range dirs {
		if slices.Contains(keep, dir) {
			continue
		}
		size, err := remove(dir)
		switch {
		case errors.Is(err, errBusy):
			continue
		case err != nil:
			return removed, freed, err
		}
		removed = append(removed, dir)
		freed += size
	}
	return removed, freed, nil
}

// current are the cache's folders of all tools for the targets.
func (b *Builder) current(targets ...Target) ([]string, error) {
	tools, err := b.Tools()
	if err != nil {
		return nil, err
	}
	var dirs []string
	for _, tool := range tools {
		for _, target := range targets {
			path, err := b.cached(tool, target)
			if err != nil {
				return nil, err
			}
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	return dirs, nil
}

var errBusy = errors.New("another process builds it")

// remove deletes a folder of the cache unless it is being built, and tells its size.
func remove(dir string) (size int64, err error) {
	lock := flock.New(filepath.Join(dir, "lock"))
	locked, err := lock.TryLock()
	switch {
	case err != nil:
		return 0, err
	case !locked:
		return 0, errBusy
	}
	defer func() { _ = lock.Unlock() }()
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return size, os.RemoveAll(dir)
}
