package toolchain

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
)

// keptMessages is how many of the compiler's last lines a failure shows.
const keptMessages = 20

// compilerOutput reads what `go build -v` prints: names of packages, a line each, modules
// that are fetched, and messages. It may be written to and asked at the same time.
type compilerOutput struct {
	mu       sync.Mutex
	partial  []byte
	packages int
	current  string
	last     []string
}

// Write takes output in pieces of any size.
func (o *compilerOutput) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.partial = append(o.partial, p...)
	for {
		line, rest, found := bytes.Cut(o.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		o.take(string(line))
		o.partial = rest
	}
}

func (o *compilerOutput) take(line string) {
	fetched, isFetch := strings.CutPrefix(line, "go: downloading ")
	switch {
	case line == "":
	case isFetch:
		o.current = "fetching " + fetched
	case !strings.ContainsAny(line, " :"):
		o.packages++
		o.current = line
	default:
		o.last = append(o.last, line)
		if len(o.last) > keptMessages {
			o.last = o.last[1:]
		}
	}
}

// progress is how far the build is, for a person.
func (o *compilerOutput) progress() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.current == "" {
		return "resolving modules"
	}
	return fmt.Sprintf("%d packages compiled, now %s", o.packages, o.current)
}

// messages are the last lines that are neither a package's name nor a download.
func (o *compilerOutput) messages() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	lines := o.last
	if len(o.partial) > 0 {
		lines = append(lines[:len(lines):len(lines)], string(o.partial))
	}
	return strings.Join(lines, "\n")
}
