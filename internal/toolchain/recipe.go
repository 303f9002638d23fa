package toolchain

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/semver"
)

// environment is the user's environment, less what would change the result or confuse
// the go command in another module: flags, a workspace, a raised architecture level.
// What says where modules come from and how they are verified stays the user's.
func (t Tool) environment(target Target) []string {
	target = target.resolved()
	cgo := "0"
	if t.CGO {
		cgo = "1"
	}
	return append(os.Environ(),
		// An empty GOFLAGS would let `go env -w GOFLAGS=` through.
		"GOFLAGS=-buildvcs=false",
		"GOWORK=off",
		"GO111MODULE=on",
		"GOOS="+target.OS,
		"GOARCH="+target.Arch,
		"GOAMD64=v1",
		"GOARM64=v8.0",
		"CGO_ENABLED="+cgo,
	)
}

// buildArgs are the go command's arguments that make the tool, without -o. -v names each
// package on its own line, which is what progress is told from.
func (t Tool) buildArgs() ([]string, error) {
	ldflags, err := t.expandedLDFlags()
	if err != nil {
		return nil, err
	}
	// readonly also passes over a vendor folder, whose packages a module's archive never has.
	args := []string{"build", "-v", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=" + ldflags}
	if len(t.Tags) > 0 {
		args = append(args, "-tags="+strings.Join(t.Tags, ","))
	}
	return args, nil
}

func (t Tool) expandedLDFlags() (string, error) {
	version := strings.TrimPrefix(t.Version, "v")
	var unknown error
	expanded := os.Expand("-s -w "+t.LDFlags, func(name string) string {
		switch name {
		case "version":
			return version
		case "major":
			return strings.TrimPrefix(semver.Major(t.Version), "v")
		case "minor":
			_, minor, _ := strings.Cut(semver.MajorMinor(t.Version), ".")
			return minor
		default:
			unknown = fmt.Errorf("ldflags of %s: ${%s} is none of version, major, minor", t.Name, name)
			return ""
		}
	})
	return expanded, unknown
}

// describe is the part of the recipe that is not a file, for the content key.
func (t Tool) describe(target Target, goVersion string) (string, error) {
	args, err := t.buildArgs()
	if err != nil {
		return "", err
	}
	fields := append([]string{goVersion, target.String(), t.Package, strconv.FormatBool(t.CGO)}, args...)
	return strings.Join(fields, "\n"), nil
}
