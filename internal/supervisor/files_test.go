//go:build linux

package supervisor

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type file struct{ name, content string }

// archiveOf makes a tar like Tilt's: names are absolute paths without the leading slash.
func archiveOf(t *testing.T, files ...file) *bytes.Buffer {
	t.Helper()
	var archive bytes.Buffer
	writer := tar.NewWriter(&archive)
	for _, f := range files {
		header := tar.Header{Typeflag: tar.TypeReg, Name: strings.TrimPrefix(f.name, "/"), Mode: 0o755, Size: int64(len(f.content))}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		}
		writeTar(t, writer, header, f.content)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return &archive
}

func writeTar(t *testing.T, writer *tar.Writer, header tar.Header, content string) {
	t.Helper()
	if err := writer.WriteHeader(&header); err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
}

var tiltsArgs = []string{"-C", "/", "-x", "-f", "-"}

func TestExtract(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	archive := archiveOf(t, file{folder + "/hello", "one"}, file{folder + "/deep/", ""}, file{folder + "/deep/er/file", "two"}, file{folder + "/deep/../odd", "three"})
	if err := Extract(tiltsArgs, archive, folder); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"hello": "one", "deep/er/file": "two", "odd": "three"} {
		content, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil || string(content) != want {
			t.Errorf("%s: %q %v", name, content, err)
		}
	}
	if info, err := os.Stat(filepath.Join(folder, "hello")); err != nil || info.Mode() != 0o755 {
		t.Errorf("mode: %v %v", info, err)
	}
	// kubectl cp calls it this way.
	if err := Extract([]string{"-xmf", "-", "-C", folder}, archiveOf(t, file{"hello", "two"}), folder); err != nil {
		t.Error(err)
	}
}

func TestExtractRefusesWhatIsOutside(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{
		"elsewhere":       "/etc/passwd",
		"up":              "FOLDER/../up",
		"far up":          "FOLDER/../../../../../../etc/passwd",
		"same prefix":     "FOLDERsuffix/file",
		"the folder":      "FOLDER",
		"through a link":  "FOLDER/link/file",
		"relative to /":   "../../tmp/x",
		"parent of it":    "FOLDER/..",
		"down and far up": "FOLDER/a/b/../../../up",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			folder, outside := filepath.Join(parent, "folder"), filepath.Join(parent, "outside")
			for _, dir := range []string{folder, outside} {
				if err := os.Mkdir(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(outside, filepath.Join(folder, "link")); err != nil {
				t.Fatal(err)
			}
			archive := archiveOf(t, file{strings.ReplaceAll(path, "FOLDER", folder), "evil"})
			if err := Extract(tiltsArgs, archive, folder); err == nil {
				t.Error("no error")
			}
			if got := below(t, parent); got != "folder folder/link outside" {
				t.Errorf("afterwards there are %s", got)
			}
		})
	}
}

func TestExtractRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]byte{"link": tar.TypeSymlink, "hard link": tar.TypeLink, "device": tar.TypeChar, "pipe": tar.TypeFifo} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			var archive bytes.Buffer
			writer := tar.NewWriter(&archive)
			writeTar(t, writer, tar.Header{Typeflag: kind, Name: strings.TrimPrefix(folder, "/") + "/it", Linkname: "/etc/passwd"}, "")
			if err := Extract(tiltsArgs, &archive, folder); err == nil || !strings.Contains(err.Error(), "neither a file nor a folder") {
				t.Errorf("error %v", err)
			}
			if got := below(t, folder); got != "" {
				t.Errorf("made %s", got)
			}
		})
	}
}

func TestTarArguments(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"", "-c -f -", "-x -f file", "-x", "-x -f", "-xf - -C", "-xf - -C relative", "-xzf -", "-xf - member", "--help"} {
		if dir, err := parseTar(strings.Fields(args)); err == nil {
			t.Errorf("tar %s: extracts to %q instead of an error", args, dir)
		}
	}
	for args, want := range map[string]string{"-C / -x -f -": "/", "xf -": "/", "-xmf - -C /app": "/app"} {
		if dir, err := parseTar(strings.Fields(args)); err != nil || dir != want {
			t.Errorf("tar %s: %q %v", args, dir, err)
		}
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		args string
		left string
		fail bool
	}{
		"a file":          {args: "-rf FOLDER/file", left: "folder folder/dir folder/dir/file folder/link outside outside/file"},
		"a folder":        {args: "-rf FOLDER/dir FOLDER/file", left: "folder folder/link outside outside/file"},
		"missing":         {args: "-r -f FOLDER/missing", left: all},
		"a link":          {args: "-rf FOLDER/link", left: "folder folder/dir folder/dir/file folder/file outside outside/file"},
		"through a link":  {args: "-rf FOLDER/link/file", left: all, fail: true},
		"outside":         {args: "-rf FOLDER/../outside", left: all, fail: true},
		"all":             {args: "-rf /", left: all, fail: true},
		"relative":        {args: "-rf file", left: all, fail: true},
		"itself":          {args: "-rf FOLDER", left: all, fail: true},
		"unknown option":  {args: "-rfv FOLDER/file", left: all, fail: true},
		"option as a way": {args: "-rf --no-preserve-root", left: all, fail: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			folder := filepath.Join(parent, "folder")
			for _, dir := range []string{folder + "/dir", parent + "/outside"} {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			for _, path := range []string{folder + "/file", folder + "/dir/file", parent + "/outside/file"} {
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Symlink(parent+"/outside", folder+"/link"); err != nil {
				t.Fatal(err)
			}
			err := Remove(strings.Fields(strings.ReplaceAll(test.args, "FOLDER", folder)), folder)
			if (err != nil) != test.fail {
				t.Errorf("error %v", err)
			}
			if got := below(t, parent); got != test.left {
				t.Errorf("left: %s\nwant: %s", got, test.left)
			}
		})
	}
}

// all is what TestRemove makes.
const all = "folder folder/dir folder/dir/file folder/file folder/link outside outside/file"

// below lists what is in dir, at any depth.
func below(t *testing.T, dir string) string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			found = append(found, strings.TrimPrefix(path, dir+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(found, " ")
}
