package tiltloop

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// Binary is where the compiled service lies, below the root.
func Binary(service string) string { return filepath.Join(Dir, service) }

// Compile compiles a service for the cluster's nodes. Its binary appears at once and whole, and stays untouched when its content would be the same.
// A compile error leaves it as it is.
func Compile(ctx context.Context, build servicebuild.Build, progress io.Writer) error {
	build.OS, build.Loop = "linux", true
	binary := filepath.Join(build.Root, Binary(build.Service))
	if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
		return err
	}
	// Its own name, so that nobody who watches the binary sees it grow.
	partial := binary + ".partial"
	begin := time.Now()
	if err := build.To(ctx, partial); err != nil {
		return err
	}
	took := time.Since(begin).Round(time.Millisecond)
	same, err := sameContent(partial, binary)
	if err != nil {
		return err
	}
	if same {
		fmt.Fprintf(progress, "compiled %s in %s, nothing changed\n", build.Service, took)
		return os.Remove(partial)
	}
	if err := os.Rename(partial, binary); err != nil {
		return err
	}
	fmt.Fprintf(progress, "compiled %s in %s\n", build.Service, took)
	// Behind the binary, whose way into the pod does not wait for it.
	_, err = noteSources(ctx, build.Root, build.Service)
	return err
}

func sameContent(a, b string) (bool, error) {
	first, err := os.ReadFile(a)
	if err != nil {
		return false, err
	}
	second, err := os.ReadFile(b)
	if err != nil {
		return false, nil //nolint:nilerr // no file is another content
	}
	return bytes.Equal(first, second), nil
}
