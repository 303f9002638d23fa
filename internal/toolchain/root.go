package toolchain

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/mod/modfile"
)

// ModulePath is the project's own module; its go.mod marks the root of a checkout.
const ModulePath = "github.com/drydock-dev/drydock"

// Root is the root of the checkout that the working directory is in.
func Root() (string, error) {
	start, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		data, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		switch {
		case err == nil && modfile.ModulePath(data) == ModulePath:
			return dir, nil
		case err != nil && !errors.Is(err, os.ErrNotExist):
			return "", err
		case dir == filepath.Dir(dir):
			return "", fmt.Errorf("no checkout of %s at %s or above: run this inside one", ModulePath, start)
		}
	}
}

// CacheDir is $DRYDOCK_CACHE, or drydock in the user's cache folder. Without a home
// folder it is below the system's temporary one.
func CacheDir() string {
	if dir := os.Getenv("DRYDOCK_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	return filepath.Join(dir, "drydock")
}
