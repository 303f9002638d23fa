package toolchain

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// ModuleDir is the folder with the source of an upstream module that the family's module
// (a folder below tools/) requires. It is fetched when absent and verified by go.sum, and
// must not be written to.
func (b *Builder) ModuleDir(ctx context.Context, family, modulePath string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", modulePath)
	cmd.Dir = filepath.Join(b.Root, "tools", family)
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GO111MODULE=on")
	out, err := cmd.Output()
	// With -json the reason of a failure is in the answer, not in the error.
	var answer struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &answer); jsonErr == nil && answer.Error != "" {
		err = errors.New(answer.Error)
	}
	if err != nil {
		return "", fmt.Errorf("fetch %s for tools/%s: %w", modulePath, family, err)
	}
	return answer.Dir, nil
}

// copyModule copies the tool's upstream module to dir and adds the recipe's files to it.
// Go refuses to overlay files inside its module cache, so nothing less than a copy will do.
func (b *Builder) copyModule(ctx context.Context, tool Tool, dir string) error {
	upstream, err := b.ModuleDir(ctx, tool.Module, tool.source)
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(upstream)); err != nil {
		return fmt.Errorf("copy %s: %w", tool.source, err)
	}
	for added, file := range tool.Copy {
		data, err := os.ReadFile(filepath.Join(b.moduleDir(tool), file))
		if err != nil {
			return err
		}
		path := filepath.Join(dir, added)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}
