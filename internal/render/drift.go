package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// headerStart marks a file as rendered, so that one which a chart no longer makes is known.
var headerStart = []byte("# Rendered by `make render`")

// Drift tells, a line for each file, where the checkout at root differs from what was
// rendered for p. No lines mean that there is no difference.
func Drift(root string, p Platform, want Files) ([]string, error) {
	var drift []string
	for _, name := range slices.Sorted(maps.Keys(want)) {
		have, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			drift = append(drift, name+": missing")
		case err != nil:
			return nil, err
		case !bytes.Equal(have, want[name]):
			drift = append(drift, fmt.Sprintf("%s: differs from line %d on", name, firstDifference(have, want[name])))
		}
	}
	stale, err := stale(root, p, want)
	for _, name := range stale {
		drift = append(drift, name+": no longer rendered")
	}
	return drift, err
}

// Write makes the checkout at root what was rendered for p, and removes what was
// rendered before and is no more.
func Write(root string, p Platform, want Files) error {
	for name, content := range want {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	stale, err := stale(root, p, want)
	for _, name := range stale {
		err = errors.Join(err, os.Remove(filepath.Join(root, filepath.FromSlash(name))))
	}
	return err
}

// stale are the files of p that bear our header and are not in want.
func stale(root string, p Platform, want Files) ([]string, error) {
	var names []string
	dir := filepath.Join(root, filepath.FromSlash(p.Dir()))
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(relative)
		if _, ok := want[name]; ok {
			return nil
		}
		data, err := os.ReadFile(file)
		if bytes.HasPrefix(data, headerStart) {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// firstDifference is the number of the first line that differs, from 1.
func firstDifference(a, b []byte) int {
	linesA, linesB := bytes.Split(a, []byte("\n")), bytes.Split(b, []byte("\n"))
	for i := range min(len(linesA), len(linesB)) {
		if !bytes.Equal(linesA[i], linesB[i]) {
			return i + 1
		}
	}
	return min(len(linesA), len(linesB)) + 1
}
