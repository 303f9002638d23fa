//go:build linux

package supervisor

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Extract is the tar of `tar -C dir -x -f -`, as far as Tilt and kubectl cp need it: it takes a tar from input and puts its files below dir, each as a
// whole. folder is the only place where it writes; an entry elsewhere, or one that is neither file nor folder, ends it with an error.
func Extract(args []string, input io.Reader, folder string) error {
	dir, err := parseTar(args)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	archive := tar.NewReader(input)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the archive: %w", err)
		}
		name, err := within(folder, filepath.Join(dir, header.Name))
		if err != nil {
			return err
		}
		switch header.Typeflag {
		case tar.TypeReg:
			if name == "." {
				return fmt.Errorf("%s is a folder", folder)
			}
			if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			err = put(root, name, header.FileInfo().Mode(), archive)
		case tar.TypeDir:
			err = root.MkdirAll(name, 0o755)
		default:
			err = fmt.Errorf("%s is neither a file nor a folder", header.Name)
		}
		if err != nil {
			return err
		}
	}
}

// Remove is the rm of `rm -rf path...`. folder is the only place where it removes anything, and is not removed itself.
func Remove(args []string, folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, path := range args {
		if strings.HasPrefix(path, "-") {
			if strings.Trim(path, "-rRf") != "" {
				return fmt.Errorf("rm: no option %s here, only -r and -f", path)
			}
			continue
		}
		name, err := within(folder, path)
		if err != nil {
			return err
		}
		if name == "." {
			return fmt.Errorf("%s itself stays", folder)
		}
		if err := root.RemoveAll(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// within returns path relative to folder. Both are absolute and cleaned, so ".." cannot lead out; links cannot either, see [os.Root].
func within(folder, path string) (string, error) {
	name, err := filepath.Rel(folder, path)
	if err != nil || !filepath.IsLocal(name) {
		return "", fmt.Errorf("%s is outside of %s, the only folder that may be written to", path, folder)
	}
	return name, nil
}

// parseTar returns the folder to extract to.
func parseTar(args []string) (dir string, err error) {
	dir, file := "/", ""
	extract := false
	for i := 0; i < len(args); i++ {
		letters, isOption := strings.CutPrefix(args[i], "-")
		if !isOption && i > 0 {
			return "", fmt.Errorf("tar: unexpected argument %q", args[i])
		}
		for _, letter := range letters {
			switch letter {
			case 'x':
				extract = true
			case 'm', 'o', 'p': // times, owners and modes of the archive: the first two are never kept, the last always
			case 'C', 'f':
				i++
				if i == len(args) {
					return "", fmt.Errorf("tar: -%c wants an argument", letter)
				}
				if letter == 'C' {
					dir = args[i]
				} else {
					file = args[i]
				}
			default:
				return "", fmt.Errorf("tar: no option -%c here, only -x -f - and -C", letter)
			}
		}
	}
	if !extract || file != "-" || !filepath.IsAbs(dir) {
		return "", errors.New("tar: only extracts from standard input, to an absolute folder: tar -C / -x -f -")
	}
	return dir, nil
}
