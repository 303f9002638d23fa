package traces

import (
	"fmt"
	"slices"
	"strings"
)

// Golden is the text form that expected trees are written in: one line for each span,
// "service kind name", indented by two spaces for each ancestor. Ids and times are left
// out, and siblings stand in the order of their text, so that equal requests give equal texts.
func (t Trace) Golden() string {
	return strings.Join(golden(t.Roots), "\n") + "\n"
}

func golden(spans []*Span) []string {
	blocks := make([][]string, 0, len(spans))
	for _, span := range spans {
		block := []string{fmt.Sprintf("%s %s %s", span.Service, span.Kind, span.Name)}
		for _, line := range golden(span.Children) {
			block = append(block, "  "+line)
		}
		blocks = append(blocks, block)
	}
	slices.SortFunc(blocks, slices.Compare)
	return slices.Concat(blocks...)
}

// Compare returns "" when the trace has exactly the expected tree, else a difference that
// shows both as one tree: "-" lines are missing, "+" lines should not be there. want
// is in the form of Golden; blank lines and lines that begin with # do not count.
func Compare(want string, got Trace) string {
	expected, found := lines(want), lines(got.Golden())
	if slices.Equal(expected, found) {
		return ""
	}
	return fmt.Sprintf("trace %s is not as expected (- missing, + unexpected):\n%s", got.ID, strings.Join(diff(expected, found), "\n"))
}

func lines(text string) []string {
	var kept []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		if line != "" && !strings.HasPrefix(line, "#") {
			kept = append(kept, line)
		}
	}
	return kept
}

// diff is the shortest edit of whole lines, by their longest common subsequence; trees
// have a few dozen lines at most.
func diff(a, b []string) []string {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []string
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, "  "+a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, "- "+a[i])
			i++
		default:
			out = append(out, "+ "+b[j])
			j++
		}
	}
	return out
}

// Problems lists what keeps the trace from being one whole tree: more than one root, and
// spans whose parent is not stored. caller is the span id that a request without a span of
// its own sent along; such a span is nobody's to store, so its children count as roots.
func (t Trace) Problems(caller string) []string {
	var problems []string
	if len(t.Roots) > 1 {
		var names []string
		for _, root := range t.Roots {
			names = append(names, root.Service+" "+root.Kind+" "+root.Name)
		}
		problems = append(problems, fmt.Sprintf("%d roots: %s", len(t.Roots), strings.Join(names, "; ")))
	}
	for _, root := range t.Roots {
		if root.ParentID != "" && root.ParentID != caller {
			problems = append(problems, fmt.Sprintf("%s %s %s: its parent %s is missing", root.Service, root.Kind, root.Name, root.ParentID))
		}
	}
	return problems
}
