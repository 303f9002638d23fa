package traces

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// Render writes the trace as a tree for people: service, kind and name, when the span
// began after the trace did, how long it took, and its error.
func (t Trace) Render(w io.Writer) error {
	if len(t.Roots) == 0 {
		_, err := fmt.Fprintf(w, "trace %s has no spans\n", t.ID)
		return err
	}
	begin := t.Roots[0].Start
	fmt.Fprintf(w, "trace %s  %s  %d spans\n\n", t.ID, begin.Local().Format("2006-01-02 15:04:05.000"), t.Len())
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SPAN\tKIND\tSTART\tDURATION")
	t.renderSpans(table, t.Roots, "", true, begin)
	return table.Flush()
}

func (t Trace) renderSpans(w io.Writer, spans []*Span, indent string, top bool, begin time.Time) {
	for i, span := range spans {
		branch, deeper := "├─ ", "│  "
		if i == len(spans)-1 {
			branch, deeper = "└─ ", "   "
		}
		if top {
			branch, deeper = "", ""
		}
		fmt.Fprintf(w, "%s%s%s  %s\t%s\t+%s\t%s", indent, branch, span.Service, span.Name, span.Kind, millis(span.Start.Sub(begin)), millis(span.Duration))
		if span.Error != "" {
			fmt.Fprintf(w, "\tERROR %s", strings.ReplaceAll(span.Error, "\n", " "))
		}
		if top && span.ParentID != "" {
			fmt.Fprintf(w, "\tparent %s is not stored", span.ParentID)
		}
		fmt.Fprintln(w)
		t.renderSpans(w, span.Children, indent+deeper, false, begin)
	}
}

// millis keeps three digits after the point: a span over loopback takes less than one.
func millis(d time.Duration) string {
	return fmt.Sprintf("%.3fms", float64(d)/float64(time.Millisecond))
}
