package toolchain

import (
	"fmt"
	"strings"
	"testing"
)

func TestCompilerOutput(t *testing.T) {
	const said = "go: downloading example.test/up v1.0.0\nexample.test/up/a\nexample.test/up/b\n# example.test/up/b\nb.go:1:2: undefined: x\n"
	output := new(compilerOutput)
	for i := range said { // in pieces of one byte, as a pipe may hand it over
		if _, err := output.Write([]byte{said[i]}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := output.progress(), "2 packages compiled, now example.test/up/b"; got != want {
		t.Errorf("progress %q, want %q", got, want)
	}
	if got, want := output.messages(), "# example.test/up/b\nb.go:1:2: undefined: x"; got != want {
		t.Errorf("messages %q, want %q", got, want)
	}
}

func TestCompilerOutputKeepsTheLastLines(t *testing.T) {
	output := new(compilerOutput)
	for i := range 3 * keptMessages {
		fmt.Fprintf(output, "message %d\n", i)
	}
	fmt.Fprint(output, "cut off in the midd")
	lines := strings.Split(output.messages(), "\n")
	if len(lines) != keptMessages+1 || lines[0] != fmt.Sprintf("message %d", 2*keptMessages) || lines[keptMessages] != "cut off in the midd" {
		t.Errorf("kept %d lines: %q", len(lines), lines)
	}
}

func TestFixFor(t *testing.T) {
	for said, want := range map[string]string{
		"write /x: no space left on device":                         "disk",
		"compile: signal: killed":                                   "memory",
		"verifying x@v1: checksum mismatch\n\nSECURITY ERROR\nThis": "go.sum",
		"dial tcp: lookup proxy: no such host":                      "GOPROXY",
		"main.go:1: undefined: x":                                   "run again",
	} {
		if got := fixFor(said); !strings.Contains(got, want) {
			t.Errorf("fix for %q is %q, want one about %s", said, got, want)
		}
	}
}
