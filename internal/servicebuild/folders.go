package servicebuild

import (
	"bytes"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Folders returns the folders of this module whose packages the service is made
// of, and those of the files that they embed, relative to the root.
func (b Build) Folders(ctx context.Context) ([]string, error) {
	return b.folders(ctx)
}

// WantedFolders returns what Folders does, as far as that can be told of a
// service that does not compile. A folder of this module, or a file to embed,
// that is missing is among them.
func (b Build) WantedFolders(ctx context.Context) ([]string, error) {
	return b.folders(ctx, "-e")
}

func (b Build) folders(ctx context.Context, flags ...string) ([]string, error) {
	// A line for the package, which is a folder, and for each file that it embeds.
	// Only where there is none of them are the patterns more than other names for the files.
	const format = `{{.ImportPath}}/{{range .EmbedFiles}}{{"\n"}}{{$.ImportPath}}/{{.}}{{else}}{{range .EmbedPatterns}}{{"\n"}}{{$.ImportPath}}/{{.}}/{{end}}{{end}}`
	args := slices.Concat([]string{"list", "-deps", "-tags=" + tags, "-f", format}, flags, []string{b.packagePath()})
	cmd := b.command(ctx, "go", args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("list what %s is made of: %w\n%s", b.Service, err, bytes.TrimSpace(stderr.Bytes()))
	}
	var folders []string
	for line := range strings.Lines(string(out)) {
		folder, ours := inModule(strings.TrimSpace(line))
		if ours && !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders, nil
}

// inModule returns the folder that a line of the go command means, relative to
// the root, unless it is one of another module. What does not exist has no
// module, so its name has to tell.
func inModule(line string) (folder string, ours bool) {
	below, ours := strings.CutPrefix(line, modulePath+"/")
	if !ours {
		// A main package that is missing has the name by which it was asked for.
		below, ours = strings.CutPrefix(line, "./")
	}
	// The prefix makes a pattern include hidden files, and is no part of the name.
	below = strings.Replace(below, "/all:", "/", 1)
	// From a pattern with wildcards on, there is no telling what is meant.
	if wild := strings.IndexAny(below, `*?[\`); wild >= 0 {
		below = below[:wild]
	}
	return path.Dir(below), ours
}
