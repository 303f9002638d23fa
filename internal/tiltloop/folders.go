package tiltloop

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/fsnotify/fsnotify"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// folders are those that are watched for a service: what it is made of, and all above that up to the root, which tell when one of them comes or goes.
type folders struct {
	watcher *fsnotify.Watcher
	build   servicebuild.Build
	sources []string // whole paths, of go.mod and go.sum too
}

// follow watches what the service is made of now, as far as it exists, and reports whether it watches more than before.
func (f *folders) follow() (more bool, err error) {
	if noted, err := notedSources(f.build.Root, f.build.Service); err == nil {
		f.sources = nil
		for _, path := range noted.Paths {
			f.sources = append(f.sources, filepath.Join(f.build.Root, path))
		}
	}
	wanted, present := f.wanted(), f.watcher.WatchList()
	for _, folder := range present {
		if !slices.Contains(wanted, folder) {
			f.drop(folder)
		}
	}
	for _, folder := range wanted {
		if slices.Contains(present, folder) {
			continue
		}
		err := f.watcher.Add(folder)
		if missing(err) {
			continue // the folder above tells when it is there
		}
		if err != nil {
			return more, err
		}
		more = true
	}
	return more, nil
}

// wanted has each folder behind the one above it: one that is made meanwhile is either there or will be told of.
func (f *folders) wanted() []string {
	root := filepath.Clean(f.build.Root)
	all := []string{root}
	for _, source := range f.sources {
		if slices.Contains(moduleFiles, filepath.Base(source)) {
			continue // an editor puts another file in its place, which the root tells
		}
		for ; source != root; source = filepath.Dir(source) {
			all = append(all, source)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// concerns reports whether an event is about what the service is made of.
func (f *folders) concerns(event fsnotify.Event) bool {
	if event.Op&(fsnotify.Write|fsnotify.Create|fsnotify.Remove|fsnotify.Rename) == 0 {
		return false
	}
	if slices.ContainsFunc(f.sources, func(source string) bool { return within(source, event.Name) }) {
		// A folder of that name is another one from now on, and a watch follows the folder, not the name.
		f.drop(event.Name)
		return true
	}
	return matters(filepath.Base(event.Name)) && slices.Contains(f.sources, filepath.Dir(event.Name))
}

// drop ends the watching of a folder and of those below it.
func (f *folders) drop(folder string) {
	for _, watched := range f.watcher.WatchList() {
		if within(watched, folder) {
			_ = f.watcher.Remove(watched) // which fails when it is gone, and with it the watch
		}
	}
}

// missing reports whether an error says that a path does not exist, which it does not below a file either.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// within reports whether path is the folder or below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+string(filepath.Separator))
}
