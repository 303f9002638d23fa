package policy

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// keyOrder is how the API documents order an object; what else there is comes after.
var keyOrder = []string{"apiVersion", "kind", "metadata"}

// Hygiene finds what makes a manifest written by hand hard to find or to read: name is the file's, from the root.
func Hygiene(name string, data []byte) ([]string, error) {
	var findings []string
	if !bytes.HasSuffix(data, []byte("\n")) || bytes.HasSuffix(data, []byte("\n\n")) {
		findings = append(findings, name+": does not end in one line end")
	}
	number := 0
	for line := range bytes.Lines(data) {
		number++
		text := strings.TrimRight(string(line), "\n")
		if strings.TrimRight(text, " \t") != text {
			findings = append(findings, fmt.Sprintf("%s:%d: blanks at the end of the line", name, number))
		}
		if indent := len(text) - len(strings.TrimLeft(text, " ")); indent%2 != 0 {
			findings = append(findings, fmt.Sprintf("%s:%d: indented by %d blanks, want steps of two", name, number, indent))
		}
	}
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(file.Docs) != 1 {
		return append(findings, fmt.Sprintf("%s: %d objects, want one in a file", name, len(file.Docs))), nil
	}
	return append(findings, object(name, file.Docs[0].Body)...), nil
}

// object checks the order of an object's keys and that its file is named after its kind.
func object(name string, body ast.Node) []string {
	if _, patch := body.(*ast.SequenceNode); patch {
		return nil // JSON patches; the kustomization beside them says of what
	}
	mapping, ok := body.(*ast.MappingNode)
	if !ok {
		return []string{name + ": no object"}
	}
	var keys []string
	kind := ""
	for _, value := range mapping.Values {
		key := value.Key.String()
		keys = append(keys, key)
		if key == "kind" {
			kind = value.Value.String()
		}
	}
	var findings []string
	known := slices.DeleteFunc(slices.Clone(keyOrder), func(key string) bool { return !slices.Contains(keys, key) })
	if len(keys) < len(known) || !slices.Equal(keys[:len(known)], known) {
		findings = append(findings, fmt.Sprintf("%s: begins with %s, want %s first", name, strings.Join(keys, ", "), strings.Join(known, ", ")))
	}
	want := strings.ToLower(kind) + ".yaml"
	if kind == "Component" {
		want = "kustomization.yaml"
	}
	if path.Base(name) != want {
		findings = append(findings, fmt.Sprintf("%s: has a %s, want it in %s", name, kind, want))
	}
	return findings
}
