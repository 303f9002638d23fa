//go:build linux

package supervisor

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// install copies the image's own binary to where it runs. One that is there stays: the container was restarted after it had been replaced.
func install(program, binary string) error {
	if _, err := os.Stat(binary); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	source, err := os.Open(program)
	if err != nil {
		return fmt.Errorf("copy the image's binary: %w", err)
	}
	defer source.Close()
	folder, err := os.OpenRoot(filepath.Dir(binary))
	if err != nil {
		return fmt.Errorf("the binary runs from a writable folder: %w", err)
	}
	defer folder.Close()
	return put(folder, filepath.Base(binary), 0o755, source)
}

// put makes a file appear in the folder at once and whole, or not at all. Nothing is left of a copy that broke off, and a file that is there with the
// same content stays, so that nobody takes it for a new one.
func put(folder *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	partial := filepath.Join(filepath.Dir(name), fmt.Sprintf(".%s.%d", filepath.Base(name), time.Now().UnixNano()))
	file, err := folder.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, content)
	// Closed before it has its name: Linux runs no file that is open for writing.
	err = errors.Join(err, file.Chmod(mode.Perm()), file.Close())
	if err == nil && same(folder, partial, name) {
		return folder.Remove(partial)
	}
	if err == nil {
		err = folder.Rename(partial, name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), folder.Remove(partial))
	}
	return nil
}

// same reports whether two files have the same content and mode.
func same(folder *os.Root, a, b string) bool {
	first, err := folder.Stat(a)
	if err != nil {
		return false
	}
	second, err := folder.Stat(b)
	if err != nil || first.Size() != second.Size() || first.Mode() != second.Mode() {
		return false
	}
	one, err := folder.ReadFile(a)
	if err != nil {
		return false
	}
	other, err := folder.ReadFile(b)
	return err == nil && bytes.Equal(one, other)
}
