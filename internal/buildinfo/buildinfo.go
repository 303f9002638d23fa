// Package buildinfo says which build of the project is running.
package buildinfo

import "runtime/debug"

// version is set at link time: -ldflags "-X github.com/drydock-dev/drydock/internal/buildinfo.version=v1".
var version string

// Version returns the version given at link time, else the main module's version
// as the Go toolchain stamped it ("(devel)" for a build without version control).
func Version() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}
