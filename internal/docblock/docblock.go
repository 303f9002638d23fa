// Package docblock keeps parts of documents that a program writes: what stands between two comments of Markdown is
// replaced, the rest is people's.
package docblock

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Replace returns the document with new content in the block called name, which begins with a line
// "<!-- NAME: begin, ... -->" and ends with "<!-- NAME: end -->".
func Replace(document []byte, name, content string) ([]byte, error) {
	begin, end := []byte("<!-- "+name+": begin"), []byte("<!-- "+name+": end -->")
	if bytes.Count(document, begin) != 1 || bytes.Count(document, end) != 1 {
		return nil, fmt.Errorf("want one block %q, between lines %q and %q", name, begin, end)
	}
	from := bytes.Index(document, begin)
	lineEnd := bytes.IndexByte(document[from:], '\n')
	to := bytes.Index(document, end)
	if lineEnd < 0 || from+lineEnd > to {
		return nil, fmt.Errorf("block %q ends before it begins", name)
	}
	var out bytes.Buffer
	out.Write(document[:from+lineEnd+1])
	out.WriteString("\n" + strings.TrimSpace(content) + "\n\n")
	out.Write(document[to:])
	return out.Bytes(), nil
}

// Write replaces the block in the document at path, below root with slashes, and reports whether that changed it.
func Write(root, path, name, content string) (changed bool, err error) {
	file := filepath.Join(root, filepath.FromSlash(path))
	document, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	replaced, err := Replace(document, name, content)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	if bytes.Equal(document, replaced) {
		return false, nil
	}
	return true, os.WriteFile(file, replaced, 0o644)
}
