// Package shape holds the span trees that a load's requests are expected to make, one or
// more for each kind of answer, and compares traces with them.
package shape

import (
	"fmt"
	"slices"
	"strings"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/traces"
)

// Shape is the expected trees by kind of answer. A kind without a tree may have any whole
// one: where a request timed out, say, nobody can tell how far it came.
type Shape struct {
	name  string
	trees [attack.Kinds][]string
}

// String is the name that the shape was parsed with.
func (s Shape) String() string { return s.name }

// Parse reads a shape: sections that begin with a kind of answer in brackets, like
// [greeter], each with one tree in the form of traces.Golden below. Several sections of one
// kind are alternatives. Blank lines and lines that begin with # do not count. name is what
// people know the shape by.
func Parse(name, text string) (Shape, error) {
	s := Shape{name: name}
	var tree *string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			kind, err := kindOf(strings.Trim(line, "[]"))
			if err != nil {
				return Shape{}, err
			}
			s.trees[kind] = append(s.trees[kind], "")
			tree = &s.trees[kind][len(s.trees[kind])-1]
		case tree == nil:
			return Shape{}, fmt.Errorf("%q stands before the first kind of answer, like [greeter]", line)
		default:
			*tree += line + "\n"
		}
	}
	if len(s.trees[attack.Greeter]) == 0 {
		return Shape{}, fmt.Errorf("there is no tree for [%s]", attack.Greeter)
	}
	for kind, trees := range s.trees {
		if slices.Contains(trees, "") {
			return Shape{}, fmt.Errorf("[%s] has no tree below it", attack.Kind(kind))
		}
	}
	return s, nil
}

func kindOf(name string) (attack.Kind, error) {
	for kind := range attack.Kind(attack.Kinds) {
		if kind.String() == name {
			return kind, nil
		}
	}
	return 0, fmt.Errorf("%q is no kind of answer", name)
}

// Difference returns "" when the trace is whole and has one of the trees expected for that
// kind of answer, else what is wrong: how it differs from the nearest of them, "-" lines
// missing and "+" lines unexpected, and what else keeps it from being one tree. The text
// has no id in it, so that traces broken in the same way have the same difference.
func (s Shape) Difference(kind attack.Kind, trace traces.Trace) string {
	var complaints []string
	if nearest := s.nearest(kind, trace); nearest != "" {
		complaints = append(complaints, nearest)
	}
	if len(trace.Roots) > 1 {
		complaints = append(complaints, fmt.Sprintf("%d spans stand at the top, want one", len(trace.Roots)))
	}
	for _, root := range trace.Roots {
		if root.ParentID != "" {
			complaints = append(complaints, fmt.Sprintf("%s %s %s: its parent is missing", root.Service, root.Kind, root.Name))
		}
	}
	return strings.Join(complaints, "\n")
}

// nearest compares with every alternative and returns the shortest difference.
func (s Shape) nearest(kind attack.Kind, trace traces.Trace) string {
	var shortest string
	for i, tree := range s.trees[kind] {
		difference := traces.Compare(tree, trace)
		if difference == "" {
			return ""
		}
		_, difference, _ = strings.Cut(difference, "\n") // the first line names the trace
		if i == 0 || edits(difference) < edits(shortest) {
			shortest = difference
		}
	}
	return shortest
}

func edits(difference string) int {
	n := 0
	for line := range strings.Lines(difference) {
		if !strings.HasPrefix(line, " ") {
			n++
		}
	}
	return n
}
