package servicebuild_test

import (
	"context"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/servicebuild"
)

// newCheckout makes a repository with one service, its one package of its own
// and a file that is no part of it.
func newCheckout(t *testing.T) servicebuild.Build {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		"go.mod":                      "module github.com/drydock-dev/drydock\n\ngo 1.26\n",
		"go.sum":                      "",
		"services/hello/main.go":      "package main\n\nimport \"github.com/drydock-dev/drydock/internal/buildinfo\"\n\nfunc main() { print(buildinfo.Text()) }\n",
		"internal/buildinfo/build.go": "package buildinfo\n\nvar version string\n\nfunc Text() string { return version }\n",
		"README.md":                   "hello\n",
	} {
		write(t, root, path, text)
	}
	git(t, root, "init", "-q")
	git(t, root, "add", ".")
	commit(t, root, "first")
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

func git(t *testing.T, root string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=t", "-c", "user.email=t@t"}, args...)...)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func commit(t *testing.T, root, message string) {
	t.Helper()
	git(t, root, "commit", "-qam", message)
}

func version(t *testing.T, b servicebuild.Build) string {
	t.Helper()
	v, err := b.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestVersionFollowsTheSources(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	first := version(t, b)
	if len(first) < 12 || strings.Contains(first, "dirty") {
		t.Errorf("version %q", first)
	}
	write(t, b.Root, "README.md", "changed\n")
	if v := version(t, b); v != first {
		t.Errorf("a document changed the version from %s to %s", first, v)
	}
	commit(t, b.Root, "document")
	if v := version(t, b); v != first {
		t.Errorf("a commit of a document changed the version from %s to %s", first, v)
	}
	write(t, b.Root, "internal/buildinfo/build.go", "package buildinfo\n\nvar version string\n\nfunc Text() string { return \"v\" + version }\n")
	if v := version(t, b); v != first+"-dirty" {
		t.Errorf("an edited source: %s", v)
	}
	commit(t, b.Root, "source")
	if v := version(t, b); v == first || strings.Contains(v, "dirty") {
		t.Errorf("a committed source: %s", v)
	}
}

func TestVersionOutsideVersionControl(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	if err := os.RemoveAll(filepath.Join(b.Root, ".git")); err != nil {
		t.Fatal(err)
	}
	if v := version(t, b); v != "dev" {
		t.Errorf("version %q", v)
	}
}

func TestFolders(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	got, err := b.Folders(t.Context())
	if want := []string{"internal/buildinfo", "services/hello"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	// A service is made of the files that it embeds too.
	write(t, b.Root, "services/hello/page.go", "package main\n\nimport \"embed\"\n\n//go:embed pages\nvar _ embed.FS\n")
	write(t, b.Root, "services/hello/pages/hello.html", "hello\n")
	write(t, b.Root, "services/hello/pages/more/more.html", "more\n")
	got, err = b.Folders(t.Context())
	if want := []string{"internal/buildinfo", "services/hello", "services/hello/pages", "services/hello/pages/more"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("with embedded files got %v, %v, want %v", got, err, want)
	}
}

func TestToIsReproducibleAndLinksTheVersion(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	var made [2]string
	for i := range made {
		output := filepath.Join(t.TempDir(), "hello")
		if err := b.To(t.Context(), output); err != nil {
			t.Fatal(err)
		}
		bytes, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = string(bytes)
		out, err := exec.CommandContext(t.Context(), output).CombinedOutput()
		if err != nil || string(out) != version(t, b) {
			t.Errorf("the program says %q (%v), want the version %q", out, err, version(t, b))
		}
	}
	if made[0] != made[1] {
		t.Error("the same sources gave two binaries")
	}
}

func TestLoopHasNoVersion(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	b.Loop = true
	output := filepath.Join(t.TempDir(), "hello")
	if err := b.To(t.Context(), output); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), output).CombinedOutput(); err != nil || string(out) != "dev" {
		t.Errorf("the program says %q (%v)", out, err)
	}
}

func TestDebugKeepsDebugInformation(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	b.OS = "linux" // for an ELF file on every host
	for _, debug := range []bool{false, true} {
		b.Debug = debug
		output := filepath.Join(t.TempDir(), "hello")
		if err := b.To(t.Context(), output); err != nil {
			t.Fatal(err)
		}
		file, err := elf.Open(output)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.DWARF(); (err == nil) != debug {
			t.Errorf("debug %t: reading debug information: %v", debug, err)
		}
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	b := newCheckout(t)
	write(t, b.Root, "services/hello/main.go", "package main\n\nfunc main() { nonsense }\n")
	if err := b.To(t.Context(), filepath.Join(t.TempDir(), "x")); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("a compile error: %v", err)
	}
	b.Service = "missing"
	if err := b.To(t.Context(), filepath.Join(t.TempDir(), "x")); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("a missing service: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newCheckout(t).To(ctx, filepath.Join(t.TempDir(), "x")); err == nil {
		t.Error("a cancelled build succeeded")
	}
}

func TestWantedFoldersOfWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	const module = "github.com/drydock-dev/drydock/"
	tests := []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"compiles", nil, []string{"internal/buildinfo", "services/hello"}},
		{"package with an error", map[string]string{
			"internal/buildinfo/build.go": "package buildinfo\n\nimport _ \"" + module + "internal/fresh\"\n",
			"internal/fresh/fresh.go":     "package fresh\n\nimport \"\n",
		}, []string{"internal/fresh", "internal/buildinfo", "services/hello"}},
		{"missing package, and one of another module", map[string]string{
			"internal/buildinfo/build.go": "package buildinfo\n\nimport (\n\t_ \"" + module + "internal/fresh/deep\"\n\t_ \"example.com/other\"\n)\n",
		}, []string{"internal/fresh/deep", "internal/buildinfo", "services/hello"}},
		{"missing files to embed", map[string]string{
			"internal/buildinfo/build.go": "package buildinfo\n\nimport \"embed\"\n\n//go:embed all:pages texts/*.txt\nvar _ embed.FS\n",
		}, []string{"internal/buildinfo", "internal/buildinfo/pages", "internal/buildinfo/texts", "services/hello"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newCheckout(t)
			for path, text := range test.files {
				write(t, b.Root, path, text)
			}
			if got, err := b.WantedFolders(t.Context()); err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
			if _, err := b.Folders(t.Context()); (err == nil) != (test.files == nil) {
				t.Errorf("what must be complete: %v", err)
			}
		})
	}
	t.Run("missing service", func(t *testing.T) {
		t.Parallel()
		b := newCheckout(t)
		b.Service = "missing"
		if got, err := b.WantedFolders(t.Context()); err != nil || !slices.Equal(got, []string{"services/missing"}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}
