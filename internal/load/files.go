package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/drydock-dev/drydock/internal/load/htmlreport"
	"github.com/drydock-dev/drydock/internal/load/result"
)

// The files of a report, in its folder.
const (
	TextFile = "report.txt"
	JSONFile = "report.json"
	HTMLFile = "report.html"
)

// WriteFiles writes the report's files into a folder, which it makes. Each file is either
// the old one or the whole new one at any moment.
func WriteFiles(folder string, r *result.Result) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("report folder: %w", err)
	}
	for name, write := range map[string]func(io.Writer) error{
		TextFile: r.WriteText,
		JSONFile: func(w io.Writer) error {
			encoder := json.NewEncoder(w)
			encoder.SetIndent("", " ")
			return encoder.Encode(r)
		},
		HTMLFile: func(w io.Writer) error { return htmlreport.Write(w, r) },
	} {
		var content bytes.Buffer
		if err := write(&content); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if err := replace(filepath.Join(folder, name), content.Bytes()); err != nil {
			return fmt.Errorf("write report: %w", err)
		}
	}
	return nil
}

// replace writes a file under another name and renames it.
func replace(path string, content []byte) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".report-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	_, err = file.Write(content)
	if err = errors.Join(err, file.Chmod(0o644), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
