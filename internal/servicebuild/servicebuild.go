// Package servicebuild compiles the services, in one way for every place that
// runs them: as child processes, in images, under Tilt.
package servicebuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// tags leave out what no service uses: gin's MessagePack codec and gRPC's
// tracing pages. Both reach for methods by name, which keeps the linker from
// dropping any method at all: without the tags the binaries are twice the size.
const tags = "nomsgpack,grpcnotrace"

// unknown is the version of what comes from no commit in particular.
const unknown = "dev"

// modulePath of the project, which the version is linked into.
const modulePath = "github.com/drydock-dev/drydock"

// Build says what to compile. OS and Arch are Go's names; empty for the host's.
type Build struct {
	Root     string // of the repository
	Service  string // a folder under services/, or a main package by its path from the root: ./cmd/load
	OS, Arch string
	// Loop is for a binary that lives until the next edit: its version is "dev",
	// because to find the true one takes as long as compiling.
	Loop bool
	// Debug keeps symbols and leaves optimisation out, for a debugger.
	Debug bool
}

// To compiles the service, static and stripped, into the file output. Nothing
// of the moment or the place goes into it: the same sources give the same bytes.
func (b Build) To(ctx context.Context, output string) error {
	version := unknown
	if !b.Loop {
		var err error
		if version, err = b.Version(ctx); err != nil {
			return err
		}
	}
	compiler, linker := "", "-s -w "
	if b.Debug {
		compiler, linker = "all=-N -l", ""
	}
	cmd := b.command(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-tags="+tags,
		"-gcflags="+compiler, "-ldflags="+linker+"-X "+modulePath+"/internal/buildinfo.version="+version,
		"-o", output, b.packagePath())
	if b.Loop {
		// Compiler and linker end before they need what garbage they leave; a tenth less to wait for.
		cmd.Env = append(cmd.Env, "GOGC=off", "GOMEMLIMIT=512MiB")
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("compile %s: %w\n%s", b.Service, err, bytes.TrimSpace(out))
	}
	return nil
}

// Version names the sources of the service: the last commit that changed one of
// them, with "-dirty" behind it where the checkout differs, and "dev" outside
// version control. A commit that changes nothing of the service keeps its
// version, and so its binary and its image.
func (b Build) Version(ctx context.Context) (string, error) {
	folders, err := b.Folders(ctx)
	if err != nil {
		return "", err
	}
	paths := append([]string{"go.mod", "go.sum"}, folders...)
	commit, err := b.command(ctx, "git", append([]string{"log", "-1", "--format=%h", "--abbrev=12", "--"}, paths...)...).Output()
	if err != nil || len(commit) == 0 {
		return unknown, nil //nolint:nilerr // no git, no checkout or no commit: all mean that there is no version
	}
	version := string(bytes.TrimSpace(commit))
	if b.command(ctx, "git", append([]string{"diff", "--quiet", "HEAD", "--"}, paths...)...).Run() != nil {
		version += "-dirty"
	}
	return version, nil
}

func (b Build) packagePath() string {
	if strings.HasPrefix(b.Service, "./") {
		return b.Service
	}
	return "./services/" + b.Service
}

// command runs in the root, with what would change the build taken out of the environment.
func (b Build) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	goos, goarch := b.OS, b.Arch
	if goos == "" {
		goos = runtime.GOOS
	}
	if goarch == "" {
		goarch = runtime.GOARCH
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = b.Root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch,
		"GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-mod=readonly", "GOWORK=off")
	return cmd
}
