// Package toolchain builds the Go programs that the project uses from source that
// go.sum pins, once for each version, recipe and target, and keeps them in a cache.
//
// tools/tools.yaml lists the programs. Each is built by a module of its own, so that
// its requirements never meet those of the project.
package toolchain

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sync"
)

// Target is the platform that a program is built for. The zero value is this machine's.
type Target struct{ OS, Arch string }

// String is the usual name of a platform, such as linux/arm64.
func (t Target) String() string {
	t = t.resolved()
	return t.OS + "/" + t.Arch
}

func (t Target) resolved() Target {
	if t.OS == "" {
		t.OS = runtime.GOOS
	}
	if t.Arch == "" {
		t.Arch = runtime.GOARCH
	}
	return t
}

// Builder builds programs and finds those already built. It may be used by several
// goroutines, and several processes may share one cache.
type Builder struct {
	Root     string    // folder that holds tools/
	Cache    string    // folder that holds the built programs
	Progress io.Writer // hears of long work, a line at a time

	mu         sync.Mutex
	goVersions map[string]string // by module folder
}

// New is a Builder of the checkout at root with the user's cache.
func New(root string, progress io.Writer) *Builder {
	return &Builder{Root: root, Cache: CacheDir(), Progress: progress}
}

// Path is the path of the program called name, which is built first when the cache has
// none that fits. A canceled context stops the build and leaves nothing half done.
func (b *Builder) Path(ctx context.Context, name string, t Target) (string, error) {
	tool, err := b.Tool(name)
	if err != nil {
		return "", err
	}
	path, err := b.cached(tool, t)
	if err != nil || isFile(path) {
		return path, err
	}
	if err := b.build(ctx, tool, t, path); err != nil {
		return "", fmt.Errorf("build %s for %s: %w", tool, t, err)
	}
	return path, nil
}

// Built is the path of the program called name when the cache has it, else "".
func (b *Builder) Built(name string, t Target) (string, error) {
	tool, err := b.Tool(name)
	if err != nil {
		return "", err
	}
	path, err := b.cached(tool, t)
	if err != nil || !isFile(path) {
		return "", err
	}
	return path, nil
}

// cached is where the cache keeps a tool, there or not.
func (b *Builder) cached(tool Tool, t Target) (string, error) {
	key, err := b.key(tool, t)
	if err != nil {
		return "", err
	}
	return filepath.Join(b.Cache, "tools", tool.Name+"-"+key[:12], tool.Name), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}
