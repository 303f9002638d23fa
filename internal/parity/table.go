package parity

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Document has the list as a table, in the block of that name.
const (
	Document = "docs/eks.md"
	Block    = "parity"
)

// Check compares EKS with kind in the checkout at root.
func Check(root string) (Allow, Result, error) {
	allow, err := ReadAllow(root)
	if err != nil {
		return nil, Result{}, err
	}
	eks, err := EKS.Render(root)
	if err != nil {
		return nil, Result{}, err
	}
	kind, err := Kind.Render(root)
	if err != nil {
		return nil, Result{}, err
	}
	return allow, allow.Judge(Compare(eks, kind)), nil
}

// Print writes the list for a terminal, with every field when all is asked for.
func Print(w io.Writer, allow Allow, result Result, all bool) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tDIFFERENCE\tEKS\tKIND\tIN REHEARSAL\tFIELDS")
	for i, entry := range allow {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\tas %s\t%d\n", i+1, entry.What, entry.EKS, entry.Kind, entry.Rehearsal, len(result.Covered[i]))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	for i, entry := range allow {
		fmt.Fprintf(w, "%d. %s: %s\n", i+1, entry.What, entry.Why)
		if all {
			for _, difference := range result.Covered[i] {
				fmt.Fprintf(w, "     %s: eks %s, kind %s\n", difference, short(difference.Left), short(difference.Right))
			}
		}
	}
	return nil
}

// Markdown is the table of docs/eks.md.
func Markdown(allow Allow) string {
	var b strings.Builder
	b.WriteString("| what | EKS | kind | why | in the rehearsal |\n| --- | --- | --- | --- | --- |\n")
	for _, entry := range allow {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | as %s |\n", entry.What, entry.EKS, entry.Kind, entry.Why, entry.Rehearsal)
	}
	return b.String()
}

// Problems is everything that is wrong, a line for each.
func (r Result) Problems() []string {
	var problems []string
	for _, difference := range r.Unlisted {
		problems = append(problems, fmt.Sprintf("%s: eks %s, kind %s; not in %s", difference, short(difference.Left), short(difference.Right), AllowFile))
	}
	for _, stale := range r.Stale {
		problems = append(problems, stale+": in "+AllowFile+", and no difference any more")
	}
	return problems
}

// short is a value as it fits into a line.
func short(value string) string {
	if value == "" {
		return "(none)"
	}
	value = strings.Join(strings.Fields(value), " ")
	if runes := []rune(value); len(runes) > 60 {
		value = string(runes[:57]) + "..."
	}
	return value
}
