// Package docs tests the documents: what they tell people to run exists, what
// they point at is there.
package docs

import (
	"bytes"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// documents returns every Markdown file that git tracks, with its text.
func documents(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "*.md").Output()
	if err != nil {
		t.Fatalf("list documents: %v", err)
	}
	texts := map[string]string{}
	for name := range strings.Lines(string(out)) {
		name = strings.TrimSpace(name)
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // deleted, not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	if texts["README.md"] == "" {
		t.Fatal("no README.md among the documents")
	}
	return texts
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			target, err := url.Parse(match[1])
			if err != nil {
				t.Errorf("%s: link %q: %v", name, match[1], err)
				continue
			}
			switch {
			case target.Scheme == "https":
			case target.Scheme != "":
				t.Errorf("%s: link %q is neither https nor a path", name, match[1])
			case target.Path == "":
				if !hasAnchor(text, target.Fragment) {
					t.Errorf("%s: no heading for #%s", name, target.Fragment)
				}
			default:
				path := filepath.Join(root, filepath.Dir(name), target.Path)
				if _, err := os.Stat(path); err != nil {
					t.Errorf("%s: link %q: %v", name, match[1], err)
				}
			}
		}
	}
}

// hasAnchor reports whether a heading has that anchor, as GitHub makes them.
func hasAnchor(text, anchor string) bool {
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for line := range strings.Lines(text) {
		heading, found := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !strings.HasPrefix(line, "#") || !found {
			continue
		}
		made := strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(strings.TrimSpace(heading)), ""), " ", "-")
		if made == anchor {
			return true
		}
	}
	return false
}

var (
	fence   = regexp.MustCompile("(?s)```(?:sh|bash|console)\n(.*?)```")
	code    = regexp.MustCompile("`([^`\n]+)`")
	makeRun = regexp.MustCompile(`(?:^|[;&|(\s])make ([a-z0-9][a-z0-9-]*)`)
	goRun   = regexp.MustCompile(`go (?:run|test) [^\n]*?(\./[a-z0-9/_.-]+)`)
)

// commands returns what a document tells people to type: its shell blocks, and
// its inline code that begins with a command we know.
func commands(text string) []string {
	var found []string
	for _, match := range fence.FindAllStringSubmatch(text, -1) {
		for line := range strings.Lines(match[1]) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	for _, match := range code.FindAllStringSubmatch(text, -1) {
		if strings.HasPrefix(match[1], "make ") || strings.HasPrefix(match[1], "go ") {
			found = append(found, match[1])
		}
	}
	return found
}

func TestMakeTargetsExist(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var seen int
	for name, text := range documents(t) {
		for _, command := range commands(text) {
			for _, match := range makeRun.FindAllStringSubmatch(strings.SplitN(command, " #", 2)[0], -1) {
				seen++
				if !regexp.MustCompile(`(?m)^` + match[1] + `:`).Match(makefile) {
					t.Errorf("%s: %q: the Makefile has no target %q", name, command, match[1])
				}
			}
		}
	}
	if seen == 0 {
		t.Error("found no make command in any document: the search is broken")
	}
}

// curl calls a body a form unless told otherwise, and the services take JSON only.
func TestCurlSendsJSON(t *testing.T) {
	t.Parallel()
	var seen int
	for name, text := range documents(t) {
		for _, command := range commands(text) {
			if !strings.Contains(command, "curl ") || !strings.Contains(command, "{") {
				continue
			}
			seen++
			if !strings.Contains(command, "--json ") && !strings.Contains(strings.ToLower(command), "content-type: application/json") {
				t.Errorf("%s: %q does not say that it sends JSON", name, command)
			}
		}
	}
	if seen == 0 {
		t.Error("found no request in any document: the search is broken")
	}
}

func TestGoCommandsNamePackages(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, command := range commands(text) {
			for _, match := range goRun.FindAllStringSubmatch(command, -1) {
				folder := filepath.Join(root, strings.TrimSuffix(match[1], "/..."))
				if sources, err := filepath.Glob(filepath.Join(folder, "*.go")); err != nil || len(sources) == 0 && !strings.HasSuffix(match[1], "/...") {
					t.Errorf("%s: %q: no Go package in %s", name, command, match[1])
				}
			}
		}
	}
}

// The two commands a newcomer meets first: run the system, pass the tests.
func TestReadmeStartsWithTwoCommands(t *testing.T) {
	t.Parallel()
	first := commands(documents(t)["README.md"])
	if len(first) < 2 || !strings.HasPrefix(first[0], "make run") || !strings.HasPrefix(first[1], "make test") {
		t.Errorf("README starts with %q", first)
	}
}

// `make` alone lists the targets that have a description; every target a person
// may call should have one.
func TestMakePrintsHelp(t *testing.T) {
	t.Parallel()
	help, err := exec.CommandContext(t.Context(), "make", "-s", "--no-print-directory", "-C", root).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"make run", "make test", "make trace"} {
		if !bytes.Contains(help, []byte(target)) {
			t.Errorf("the help does not tell %q:\n%s", target, help)
		}
	}
}

var inPath = regexp.MustCompile("`((?:services|internal|cmd|test|tools|images|k8s|eks|docs)/[A-Za-z0-9_./-]+)`")

// Paths in running text, such as `internal/tracecontext`, exist.
func TestPathsExist(t *testing.T) {
	t.Parallel()
	for name, text := range documents(t) {
		for _, match := range inPath.FindAllStringSubmatch(text, -1) {
			if strings.Contains(match[1], "NAME") {
				continue
			}
			// A path may be told from the root or from a service's folder.
			candidates := []string{match[1], filepath.Join("services/comms", match[1]), filepath.Join("services/greeter", match[1])}
			var found bool
			for _, candidate := range candidates {
				_, err := fs.Stat(os.DirFS(root), filepath.Clean(candidate))
				found = found || err == nil
			}
			if !found {
				t.Errorf("%s: there is no %s", name, match[1])
			}
		}
	}
}
