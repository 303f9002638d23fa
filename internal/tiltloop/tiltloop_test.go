package tiltloop

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
	got, err := noteSources(t.Context(), build)
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

// A package that is broken or missing when it is first imported is one of the sources: what mends it is a reason to compile.
func TestCompileOfANewPackage(t *testing.T) {
	t.Parallel()
	for name, broken := range brokenPackages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build := newCheckout(t)
			if _, err := compiled(t, build); err != nil {
				t.Fatal(err)
			}
			write(t, build.Root, "internal/words/words.go", wordsOf("fresh"))
			if broken != "" {
				write(t, build.Root, "internal/fresh/f.go", broken)
			}
			for range 2 {
				if _, err := compiled(t, build); err == nil || !strings.Contains(err.Error(), "internal/fresh") {
					t.Errorf("compile error: %v", err)
				}
			}
			if sources, err := notedSources(build.Root, "hello"); err != nil || !slices.Contains(sources.Paths, "internal/fresh") {
				t.Errorf("sources %v, %v", sources, err)
			}
			write(t, build.Root, "internal/fresh/f.go", "package fresh\n\nconst Word = \"mended\"\n")
			if _, err := compiled(t, build); err != nil {
				t.Error(err)
			}
		})
	}
}

// brokenPackages are what a new package may hold when it is first imported; without anything it is missing.
var brokenPackages = map[string]string{
	"missing":         "",
	"type error":      "package fresh\n\nconst Word = nonsense\n",
	"error in import": "package fresh\n\nimport \"\n",
}

// wordsOf is the package words with a word of another package.
func wordsOf(other string) string {
	return "package words\n\nimport \"github.com/drydock-dev/drydock/internal/" + other + "\"\n\nconst Hello = " + other + ".Word\n"
}

func TestCompileForgetsNoSourcesForAnError(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	before, err := notedSources(build.Root, "hello")
	if err != nil {
		t.Fatal(err)
	}
	write(t, build.Root, "services/hello/main.go", "package main\n\nimport \"\n")
	if _, err := compiled(t, build); err == nil {
		t.Fatal("no compile error")
	}
	if after, err := notedSources(build.Root, "hello"); err != nil || !slices.Equal(after.Paths, before.Paths) {
		t.Errorf("sources %v, %v, want those of before, %v", after.Paths, err, before.Paths)
	}
}

// What was no fault of the files is tried again without a change of one.
func TestCompileRepeatsNoErrorForLong(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	mark, err := fingerprint(t.Context(), build)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		ago  time.Duration
		want string
	}{"just now": {0, "the disk is full"}, "long ago": {time.Hour, ""}} {
		if err := (Outcome{Fingerprint: mark, Problem: "the disk is full", Ended: time.Now().Add(-test.ago)}).write(build); err != nil {
			t.Fatal(err)
		}
		if _, err := compiled(t, build); (err == nil) != (test.want == "") {
			t.Errorf("an error of %s: %v", name, err)
		}
	}
}

func TestSourcesAreThoseOfTheNode(t *testing.T) {
	t.Parallel()
	build := newCheckout(t)
	build.Arch = "arm64"
	if runtime.GOARCH == build.Arch {
		build.Arch = "amd64"
	}
	if _, err := compiled(t, build); err != nil {
		t.Fatal(err)
	}
	module := "github.com/drydock-dev/drydock/internal/"
	write(t, build.Root, "internal/words/words_"+build.Arch+".go", "package words\n\nimport _ \""+module+"node\"\n")
	write(t, build.Root, "internal/words/words_"+runtime.GOARCH+".go", "package words\n\nimport _ \""+module+"host\"\n")
	write(t, build.Root, "internal/words/system_linux.go", "package words\n\nimport _ \""+module+"system\"\n")
	for _, name := range []string{"node", "host", "system", "held"} {
		write(t, build.Root, "internal/"+name+"/"+name+".go", "package "+name+"\n")
	}
	write(t, build.Root, "internal/words/held.go", "//go:build ignore\n\npackage words\n\nimport _ \""+module+"held\"\n")
	noted := func() []string {
		if _, err := compiled(t, build); err != nil {
			t.Fatal(err)
		}
		sources, err := notedSources(build.Root, "hello")
		if err != nil {
			t.Fatal(err)
		}
		return sources.folders()
	}
	noted() // the new folders' own imports count from here on
	if want, got := []string{"internal/node", "internal/system", "internal/words", "services/hello"}, noted(); !slices.Equal(got, want) {
		t.Errorf("sources %v, want %v", got, want)
	}
	// Another constraint and nothing else: another package.
	write(t, build.Root, "internal/words/held.go", "//go:build "+build.Arch+"\n\npackage words\n\nimport _ \""+module+"held\"\n")
	if got := noted(); !slices.Contains(got, "internal/held") {
		t.Errorf("sources %v, want those of a file that counts now", got)
	}
}
