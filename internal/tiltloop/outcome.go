package tiltloop

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// Outcome is what came of compiling a service.
type Outcome struct {
	// Fingerprint is that of the files that were compiled.
	Fingerprint string `json:"fingerprint"`
	// Problem is what the compiler said; empty when there is a binary.
	Problem string `json:"problem,omitempty"`
	// Same tells that the binary is the one before.
	Same bool `json:"same,omitempty"`
	// Imports stand for what was imported when the service's sources were last looked for.
	Imports string `json:"imports,omitempty"`
	// Began and Ended are when the compiler ran.
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
}

func outcomePath(root, service string) string {
	return filepath.Join(root, Dir, service+".outcome.json")
}

// LastOutcome returns what came of compiling the service the last time.
func LastOutcome(root, service string) (Outcome, error) {
	var outcome Outcome
	content, err := os.ReadFile(outcomePath(root, service))
	if err != nil {
		return outcome, err
	}
	return outcome, json.Unmarshal(content, &outcome)
}

// repeat is how long a compile error is told again to who asks again, as Tilt does right behind [Watch]. Later it may have gone without a change of a
// file: the disk was full, a module could not be fetched.
const repeat = 5 * time.Second

// lastOutcome is the last one as far as it can be relied on.
func lastOutcome(build servicebuild.Build) (Outcome, bool) {
	outcome, err := LastOutcome(build.Root, build.Service)
	if err != nil {
		return outcome, false
	}
	if outcome.Problem != "" {
		return outcome, time.Since(outcome.Ended) < repeat
	}
	_, err = os.Stat(filepath.Join(build.Root, Binary(build.Service)))
	return outcome, err == nil
}

// forget makes the next compilation a real one: files may be the same and the compiler another.
func forget(root, service string) error {
	err := os.Remove(outcomePath(root, service))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (o Outcome) write(build servicebuild.Build) error {
	content, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return replace(outcomePath(build.Root, build.Service), content)
}

// fingerprint tells one state of the files that a service is made of from another by their names, sizes and times, in far less time than the go
// command needs to find that there is nothing to do.
func fingerprint(ctx context.Context, build servicebuild.Build) (string, error) {
	sources, err := notedSources(build.Root, build.Service)
	if errors.Is(err, fs.ErrNotExist) {
		sources, err = noteSources(ctx, build)
	}
	if err != nil {
		return "", err
	}
	hash := sha256.New()
	fmt.Fprintln(hash, build.Arch, build.Debug)
	for _, path := range sources.Paths {
		err := visit(filepath.Join(build.Root, path), func(file fs.FileInfo) {
			fmt.Fprintln(hash, path, file.Name(), file.Size(), file.ModTime().UnixNano())
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// imports is a hash of all that the files of a service import and embed, and of what makes a platform take a file or leave it: its name and its
// constraint. While it is the same the service is made of the same folders, which this tells in a hundredth of the time that the go command needs.
func imports(root string, sources Sources) (string, error) {
	all := map[string]bool{}
	for _, path := range sources.Paths {
		err := visit(filepath.Join(root, path), func(file fs.FileInfo) {
			if !strings.HasSuffix(file.Name(), ".go") {
				return
			}
			content, err := os.ReadFile(filepath.Join(root, path, file.Name()))
			if err != nil {
				return // it has just been removed, and another compilation follows
			}
			all[filepath.Join(path, file.Name())] = true
			for line := range strings.Lines(string(content)) {
				if strings.HasPrefix(line, "//go:embed ") || strings.HasPrefix(line, "//go:build ") {
					all[path+line] = true
				}
			}
			// A file that does not parse does not compile either.
			parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), content, parser.ImportsOnly)
			if err != nil {
				return
			}
			for _, spec := range parsed.Imports {
				all[spec.Path.Value] = true
			}
		})
		if err != nil {
			return "", err
		}
	}
	sum := sha256.Sum256([]byte(strings.Join(slices.Sorted(maps.Keys(all)), "\n")))
	return hex.EncodeToString(sum[:]), nil
}

// visit calls do for a file, or for the files of a folder that matter.
func visit(path string, do func(fs.FileInfo)) error {
	info, err := os.Stat(path)
	if missing(err) {
		return nil // the compiler will say what that means
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		do(info)
		return nil
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() || !matters(entry.Name()) {
			continue
		}
		if info, err := entry.Info(); err == nil { // else it has just been removed
			do(info)
		}
	}
	return nil
}

// matters tells files that may be compiled in from tests and from what editors leave about.
func matters(name string) bool {
	return !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "~") && !strings.HasSuffix(name, "_test.go")
}
