package toolchain

import (
	"fmt"
	"strings"
)

// CompileError is a build that the go command gave up.
type CompileError struct {
	Err    error  // how the go command ended
	Output string // its last lines
	Fix    string // what to do about it
}

// Error has several lines: how it ended, what the compiler said, what to do.
func (e *CompileError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "go build: %v", e.Err)
	for line := range strings.Lines(e.Output) {
		fmt.Fprintf(&text, "\n    %s", strings.TrimSuffix(line, "\n"))
	}
	fmt.Fprintf(&text, "\n  fix: %s", e.Fix)
	return text.String()
}

// Unwrap is the error of the process.
func (e *CompileError) Unwrap() error { return e.Err }

// fixFor finds the advice for what the compiler said; the first match wins.
func fixFor(output string) string {
	advice := []struct{ said, fix string }{
		{"no space left on device", "free some disk; `go clean -cache` gives back what earlier builds left"},
		{"signal: killed", "the system ran out of memory: close something, or set GOMAXPROCS=1 and run again"},
		{"cannot allocate memory", "the system ran out of memory: close something, or set GOMAXPROCS=1 and run again"},
		{"SECURITY ERROR", "a module differs from what go.sum pins: do not go on; find out what GOPROXY serves"},
		{"dial tcp", "the module proxy is out of reach: check the network and `go env GOPROXY`, then run again"},
		{"missing go.sum entry", "go.sum lacks a module: run `go mod download` in the tool's folder and compare with upstream's go.sum"},
		{"updates to go.mod needed", "go.mod is incomplete: run `go get -tool PACKAGE@VERSION` in the tool's folder"},
		{"requires go >=", "install the Go version that it names, or set GOTOOLCHAIN=auto"},
	}
	for _, a := range advice {
		if strings.Contains(output, a.said) {
			return a.fix
		}
	}
	return "run again; packages that were already compiled are kept. If it fails the same way, the tool's folder under tools/ needs a look"
}
