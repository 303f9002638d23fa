package tiltloop

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// newCheckout makes a module with a service hello of three packages, one of them with a folder that is no part of it.
func newCheckout(t *testing.T) servicebuild.Build {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"go.mod":                       "module github.com/drydock-dev/drydock\n\ngo 1.26\n",
		"go.sum":                       "",
		"services/hello/main.go":       "package main\n\nimport \"github.com/drydock-dev/drydock/internal/words\"\n\nfunc main() { print(words.Hello) }\n",
		"internal/words/words.go":      "package words\n\nconst Hello = \"hello\"\n",
		"internal/words/other/o.go":    "package other\n",
		"internal/words/words_test.go": "package words\n",
		"internal/more/more.go":        "package more\n\nconst Word = \"more\"\n",
	} {
		write(t, root, path, text)
	}
	return servicebuild.Build{Root: root, Service: "hello"}
}

func write(t *testing.T, root, path, text string) {
	t.Helper()
	full := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within a minute", what)
		}
	}
}

func compiled(t *testing.T, build servicebuild.Build) (told string, err error) {
	t.Helper()
	var out strings.Builder
	err = Compile(t.Context(), build, &out)
	return out.String(), err
}

func TestSources(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	got, err := noteSources(t.Context(), build.Root, "hello")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"go.mod", "go.sum", "internal/words", "services/hello"}; !slices.Equal(got.Paths, want) {
		t.Errorf("paths %v, want %v", got.Paths, want)
	}
	if want := []string{"internal/words/other"}; !slices.Equal(got.Others, want) {
		t.Errorf("others %v, want %v", got.Others, want)
	}
	if noted, err := notedSources(build.Root, "hello"); err != nil || !slices.Equal(noted.Paths, got.Paths) {
		t.Errorf("noted %v, %v", noted, err)
	}
}

func TestCompile(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	binary := filepath.Join(build.Root, Binary("hello"))
	if told, err := compiled(t, build); err != nil || !strings.HasPrefix(told, "compiled hello in ") {
		t.Fatalf("%q %v", told, err)
	}
	first := fileOf(t, binary)

	// Nothing changed: the outcome of before is told, to the letter.
	before, err := LastOutcome(build.Root, "hello")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	if after, err := LastOutcome(build.Root, "hello"); err != nil || after != before {
		t.Errorf("outcome %+v, %v, want that of before, %+v", after, err, before)
	}

	// Another file with the same meaning: compiled, and the binary is not touched.
	write(t, build.Root, "internal/words/words.go", "package words\n\nconst Hello = \"hel\" + \"lo\"\n")
	if told, err := compiled(t, build); err != nil || !strings.HasSuffix(told, "nothing changed\n") {
		t.Errorf("%q %v", told, err)
	}
	if !os.SameFile(first, fileOf(t, binary)) {
		t.Error("an equal binary was put in place of the one before")
	}

	// An error leaves the binary as it is, and is told again to who asks again.
	write(t, build.Root, "internal/words/words.go", "package words\n\nconst Hello = nonsense\n")
	for range 2 {
		if _, err := compiled(t, build); err == nil || !strings.Contains(err.Error(), "undefined: nonsense") {
			t.Errorf("compile error: %v", err)
		}
	}
	if !os.SameFile(first, fileOf(t, binary)) {
		t.Error("a compile error changed the binary")
	}

	// Mended; and what it is made of now is noted.
	write(t, build.Root, "internal/words/words.go", "package words\n\nimport \"github.com/drydock-dev/drydock/internal/more\"\n\nconst Hello = more.Word\n")
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	if os.SameFile(first, fileOf(t, binary)) {
		t.Error("the mended binary is not in place")
	}
	if sources, err := notedSources(build.Root, "hello"); err != nil || !slices.Contains(sources.Paths, "internal/more") {
		t.Errorf("sources %v, %v", sources, err)
	}
	// A test is no source: no reason to compile.
	if _, err := compiled(t, build); err != nil { // the new folder counts from here on
		t.Fatal(err)
	}
	if before, err = LastOutcome(build.Root, "hello"); err != nil {
		t.Fatal(err)
	}
	write(t, build.Root, "internal/words/words_test.go", "package words\n\n// Edited.\n")
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	if after, err := LastOutcome(build.Root, "hello"); err != nil || after != before {
		t.Error("an edited test was a reason to compile")
	}
}

func fileOf(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestWatchCompilesWhatChanges(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	var sent atomic.Int32
	go func() { ended <- Watch(ctx, []servicebuild.Build{build}, func(string) { sent.Add(1) }) }()
	content := func() string {
		binary, err := os.ReadFile(filepath.Join(build.Root, Binary("hello")))
		if err != nil {
			t.Fatal(err)
		}
		return string(binary)
	}
	// Nobody can tell from outside when the watching has begun: an edit that shows nothing for long is made again.
	edit := func(path, text, seen string) {
		var edited time.Time
		until(t, "binary with "+seen, func() bool {
			if time.Since(edited) > 10*time.Second {
				edited = time.Now()
				write(t, build.Root, path, text)
			}
			return strings.Contains(content(), seen)
		})
	}
	edit("internal/words/words.go", "package words\n\nconst Hello = \"a word to look for\"\n", "a word to look for")
	edit("internal/words/words.go", "package words\n\nimport \"github.com/drydock-dev/drydock/internal/more\"\n\nconst Hello = more.Word + \" of a new folder\"\n", "more of a new folder")
	// Which is watched from then on.
	edit("internal/more/more.go", "package more\n\nconst Word = \"edited\"\n", "edited of a new folder")
	// So is a folder of embedded files, which no package is.
	write(t, build.Root, "internal/words/words.go", "package words\n\nimport \"github.com/drydock-dev/drydock/internal/more\"\n\nvar Hello = more.Word\n")
	write(t, build.Root, "internal/more/texts/text.txt", "an embedded text")
	edit("internal/more/more.go", "package more\n\nimport _ \"embed\"\n\n//go:embed texts/text.txt\nvar Word string\n", "an embedded text")
	edit("internal/more/texts/text.txt", "another embedded text", "another embedded text")
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if n := sent.Load(); n < 5 {
		t.Errorf("%d binaries were sent ahead, want every one", n)
	}
}
