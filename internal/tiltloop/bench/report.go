package bench

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"
	"time"
)

// Print writes the figures as tables.
func (r *Report) Print(w io.Writer) error {
	fmt.Fprint(w, "\nFrom the saved file to the first answer that shows the edit, through the NodePort, in seconds:\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tedits\tmin\tmedian\tp95\t")
	for _, row := range []struct {
		name  string
		edits []Edit
	}{
		{"live update", r.Live},
		{"of greeter", of(r.Live, targets[0])},
		{"of a shared package, seen at comms", of(r.Live, targets[1])},
		{"image, load, rollout", r.Naive},
		{"go build alone", r.Compile},
	} {
		if len(row.edits) == 0 {
			continue
		}
		times := times(row.edits)
		fmt.Fprintf(table, "%s\t%d\t%.2f\t%.2f\t%.2f\t\n", row.name, len(times), times[0].Seconds(), quantile(times, 0.5).Seconds(), quantile(times, 0.95).Seconds())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if len(r.Live) > 0 && len(r.Naive) > 0 {
		live, naive, ready := quantile(times(r.Live), 0.5), quantile(times(r.Naive), 0.5), quantile(untilReady(r.Naive), 0.5)
		fmt.Fprintf(w, "\nLive update is %.1f times as fast as image, load and rollout; %.1f times, if those end when the new pod is ready (medians).\n",
			naive.Seconds()/live.Seconds(), ready.Seconds()/live.Seconds())
	}
	return errors.Join(printSteps(w, "with live update", r.Live), printSteps(w, "with image, load and rollout", r.Naive))
}

// untilReady are the times without the last step: an old pod answers until it has gone.
func untilReady(edits []Edit) []time.Duration {
	all := make([]time.Duration, 0, len(edits))
	for _, edit := range edits {
		all = append(all, edit.Took-edit.Steps[len(edit.Steps)-1].Took)
	}
	slices.Sort(all)
	return all
}

// printSteps tells where the time of an edit goes.
func printSteps(w io.Writer, how string, edits []Edit) error {
	if len(edits) == 0 {
		return nil
	}
	fmt.Fprintf(w, "\nWhere the time of an edit %s goes, in milliseconds (medians):\n\n", how)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	for i, step := range edits[0].Steps {
		var all []time.Duration
		for _, edit := range edits {
			all = append(all, edit.Steps[i].Took)
		}
		slices.Sort(all)
		fmt.Fprintf(table, "%s\t%d\t  %s\n", step.Name, quantile(all, 0.5).Milliseconds(), meaning[step.Name])
	}
	return table.Flush()
}

var meaning = map[string]string{
	"noticed":   "until the compiler starts",
	"compiled":  "until the binary is there",
	"copied":    "until it is in the pod as a whole",
	"restarted": "until the new process takes requests",
	"packed":    "until the image is there, compiling included",
	"loaded":    "until it is in the node",
	"ready":     "until a new pod is ready",
	"answered":  "until a client has seen it",
}

func of(edits []Edit, where target) []Edit {
	var those []Edit
	for _, edit := range edits {
		if edit.Where == where.name {
			those = append(those, edit)
		}
	}
	return those
}

func times(edits []Edit) []time.Duration {
	all := make([]time.Duration, 0, len(edits))
	for _, edit := range edits {
		all = append(all, edit.Took)
	}
	slices.Sort(all)
	return all
}

// quantile of sorted values by the nearest rank: the smallest that at least that part of all does not exceed.
func quantile(values []time.Duration, q float64) time.Duration {
	rank := int(math.Ceil(q * float64(len(values))))
	return values[max(rank, 1)-1]
}
