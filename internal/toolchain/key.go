package toolchain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/dirhash"
)

// Key is a hash, in hex, of all that decides a program's bytes: the module's go.mod,
// go.sum and Go files, the files added to a copy, the recipe, the Go version and the
// target. It names the program in the cache, and fits as a part of an image's key.
func (b *Builder) Key(name string, t Target) (string, error) {
	tool, err := b.Tool(name)
	if err != nil {
		return "", err
	}
	return b.key(tool, t)
}

func (b *Builder) key(tool Tool, t Target) (string, error) {
	goVersion, err := b.goVersion(b.moduleDir(tool))
	if err != nil {
		return "", err
	}
	recipe, err := tool.describe(t, goVersion)
	if err != nil {
		return "", err
	}
	files, err := b.sources(tool)
	if err != nil {
		return "", err
	}
	hash, err := dirhash.Hash1(files, func(name string) (io.ReadCloser, error) {
		return os.Open(filepath.Join(b.moduleDir(tool), name))
	})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(recipe + "\n" + hash))
	return hex.EncodeToString(sum[:]), nil
}

// sources are the files of the tool's module that a build reads, relative to its folder.
func (b *Builder) sources(tool Tool) ([]string, error) {
	entries, err := os.ReadDir(b.moduleDir(tool))
	if err != nil {
		return nil, err
	}
	var files []string
	for _, entry := range entries {
		name := entry.Name()
		if name == "go.mod" || name == "go.sum" || filepath.Ext(name) == ".go" {
			files = append(files, name)
		}
	}
	for added, file := range tool.Copy {
		if !filepath.IsLocal(added) || !filepath.IsLocal(file) {
			return nil, fmt.Errorf("copy of %s: %s and %s must be paths below the module's folder", tool.Name, added, file)
		}
		files = append(files, file)
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// goVersion is the version of the go command that builds in dir; a go.mod may choose a
// newer one than the command on the PATH.
func (b *Builder) goVersion(dir string) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if version := b.goVersions[dir]; version != "" {
		return version, nil
	}
	cmd := exec.CommandContext(context.Background(), "go", "env", "GOVERSION")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go env GOVERSION: %w: is Go installed and on the PATH?", err)
	}
	if b.goVersions == nil {
		b.goVersions = make(map[string]string)
	}
	b.goVersions[dir] = strings.TrimSpace(string(out))
	return b.goVersions[dir], nil
}
