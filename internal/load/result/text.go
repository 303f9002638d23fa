package result

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/drydock-dev/drydock/internal/load/attack"
)

// maxShownDifferences is how many kinds of broken traces the text shows as a tree.
const maxShownDifferences = 5

// WriteText writes the result for people.
func (r *Result) WriteText(w io.Writer) error {
	fmt.Fprintf(w, "\n%d requests to %s in %.1f s (%.0f/s, %d at once), %s\n\n",
		r.Run.Requests, r.Run.Target, r.Run.Seconds, r.Run.Achieved, r.Run.Concurrency, r.Run.Where)
	r.writeAnswers(w)
	if err := r.writeTimes(w); err != nil {
		return err
	}
	r.writeEpisodes(w)
	r.writeDifferences(w)
	for _, note := range r.Notes {
		fmt.Fprintf(w, "note: %s\n", note)
	}
	if len(r.Notes) > 0 {
		fmt.Fprintln(w)
	}
	if r.Verdict.OK {
		_, err := fmt.Fprintf(w, "OK: none of %s\n", r.Verdict.FailOn)
		return err
	}
	_, err := fmt.Fprintf(w, "FAILED: %s\n", strings.Join(r.Verdict.Failed, "; "))
	return err
}

func (r *Result) writeAnswers(w io.Writer) {
	fmt.Fprintf(w, "  answers   %d greeter", r.Answers[attack.Greeter.String()])
	for kind := attack.Fallback; int(kind) < attack.Kinds; kind++ {
		if n := r.Answers[kind.String()]; n > 0 || kind <= attack.Timeout {
			fmt.Fprintf(w, ", %d %s", n, kind)
		}
	}
	fmt.Fprintln(w)
	if !r.Traces.Judged {
		fmt.Fprint(w, "  traces    not judged\n\n")
		return
	}
	t := r.Traces
	fmt.Fprintf(w, "  traces    %d complete, %d incomplete, %d missing", t.Complete, t.Incomplete, t.Missing)
	if t.Unjudged > 0 {
		fmt.Fprintf(w, ", %d unjudged", t.Unjudged)
	}
	n := r.Run.Requests
	equal := n == r.Answers[attack.Greeter.String()] && n == t.Roots && n == t.Complete
	sign := map[bool]string{true: "=", false: "/"}[equal]
	fmt.Fprintf(w, "\n  balance   %d requests %s %d greeter's answers %s %d roots %s %d complete traces\n\n",
		n, sign, r.Answers[attack.Greeter.String()], sign, t.Roots, sign, t.Complete)
}

func (r *Result) writeTimes(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "milliseconds\tp50\tp95\tp99\tmax\tshare\t")
	row := func(name string, q Quantiles, share string) {
		fmt.Fprintf(table, "%s\t%.2f\t%.2f\t%.2f\t%.2f\t%s\t\n", name, q.P50, q.P95, q.P99, q.Max, share)
	}
	row("whole request", r.Latency, "")
	merged := ""
	if r.measured() {
		for _, c := range r.Components {
			if !c.Told {
				merged = " (answers had no Server-Timing: comms' sidecar counts as comms handler, greeter's handler as greeter sidecar)"
				continue
			}
			row(c.Name, c.Quantiles, fmt.Sprintf("%.0f%%", 100*c.Share))
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if r.measured() {
		fmt.Fprintf(w, "\n  sidecars' share of the time: %.0f%%%s\n", 100*r.SidecarShare, merged)
	}
	_, err := fmt.Fprintln(w)
	return err
}

func (r *Result) measured() bool { return len(r.Components) > 0 && r.Components[0].Count > 0 }

func (r *Result) writeEpisodes(w io.Writer) {
	for _, e := range r.Episodes {
		fmt.Fprintf(w, "  %s: %d from +%.1fs to +%.1fs", e.What, e.Count, e.From, e.To)
		if e.Error != "" {
			fmt.Fprintf(w, "  (%s)", e.Error)
		}
		fmt.Fprintln(w)
	}
	if len(r.Episodes) > 0 {
		fmt.Fprintln(w)
	}
}

func (r *Result) writeDifferences(w io.Writer) {
	for i, d := range r.Differences {
		if i == maxShownDifferences {
			fmt.Fprintf(w, "  and %d more kinds of incomplete traces, see the report\n\n", len(r.Differences)-i)
			return
		}
		fmt.Fprintf(w, "  %d traces answered by %s are incomplete (- missing, + unexpected), like %s:\n", d.Count, d.Answer, d.Example[0])
		for line := range strings.Lines(d.Text) {
			fmt.Fprintf(w, "      %s", line)
		}
		fmt.Fprint(w, "\n\n")
	}
}
