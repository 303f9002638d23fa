package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

const (
	pollInterval = 500 * time.Millisecond
	// tellInterval is how often a wait that makes no progress repeats what it waits for, with the events that may tell why.
	tellInterval = 10 * time.Second
)

// Wait waits until the workloads are rolled out. progress hears what is waited for, whenever that changes and every few seconds, with the reasons.
// After patience the error has them, and the last lines that the containers which keep failing have logged.
func (c *Client) Wait(ctx context.Context, progress io.Writer, patience time.Duration, workloads ...Workload) error {
	deadline := time.Now().Add(patience)
	var told string
	var toldAt time.Time
	for {
		now, err := c.state(ctx, workloads)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var pending []string
		var kept []controller
		if err != nil {
			// The API server of a busy machine may be out of breath for a moment.
			pending = []string{err.Error()}
		} else if pending, kept = now.pending(workloads); len(pending) == 0 {
			return nil
		}
		summary := strings.Join(pending, ", ")
		late := time.Now().After(deadline)
		if summary != told || late || time.Since(toldAt) > tellInterval {
			// In the first seconds of a rollout every pod has a reason not to be ready.
			var reasons []string
			if summary == told || late {
				reasons = c.reasons(ctx, now, kept)
			}
			if late {
				return fmt.Errorf("after %s still waiting for %s\n%s", patience, summary, strings.Join(reasons, "\n"))
			}
			fmt.Fprintf(progress, "  waiting for %s\n", summary)
			for _, reason := range reasons {
				fmt.Fprintf(progress, "    %s\n", reason)
			}
			told, toldAt = summary, time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}

func (s state) pending(workloads []Workload) (pending []string, kept []controller) {
	for _, w := range workloads {
		c, found := s.controllers[w]
		if !found {
			pending = append(pending, w.String()+" (not there)")
		} else if what := c.pending(); what != "" {
			pending, kept = append(pending, w.String()+" ("+what+")"), append(kept, c)
		}
	}
	return pending, kept
}

// reasons are those of the workloads and their pods, what the pods that fail have said, and the newest warnings of their namespaces. The cluster's own
// pods belong to them: without kube-proxy or DNS nothing else can start.
func (c *Client) reasons(ctx context.Context, now state, kept []controller) []string {
	var reasons, namespaces []string
	for _, controller := range kept {
		reasons = append(reasons, controller.why(now.pods)...)
		namespaces = append(namespaces, controller.Metadata.Namespace)
	}
	for _, pod := range now.pods {
		if pod.Metadata.Namespace == clusterNamespace && pod.Waiting() != "" {
			reasons = append(reasons, "pod "+pod.Metadata.Name+" of the cluster itself: "+pod.Waiting())
		}
	}
	reasons = append(reasons, c.lastWords(ctx, now, kept)...)
	slices.Sort(namespaces)
	for _, namespace := range slices.Compact(namespaces) {
		warnings, err := c.warnings(ctx, namespace)
		if err != nil {
			warnings = []string{err.Error()}
		}
		reasons = append(reasons, warnings...)
	}
	return reasons
}

// clusterNamespace has what every cluster brings.
const clusterNamespace = "kube-system"

// event is the part of an Event that people read.
type event struct {
	Reason         string `json:"reason"`
	Message        string `json:"message"`
	Count          int    `json:"count"`
	InvolvedObject struct {
		Kind string `json:"kind"`
		Name string `json:"name"`
	} `json:"involvedObject"`
	LastTimestamp time.Time `json:"lastTimestamp"`
}

// warnings are the newest warning events of a namespace that happened lately.
func (c *Client) warnings(ctx context.Context, namespace string) ([]string, error) {
	out, err := c.Run(ctx, nil, "get", "events", "--namespace", namespace, "--field-selector", "type=Warning", "-o", "json")
	if err != nil {
		return nil, err
	}
	return parseWarnings(out, time.Now())
}

func parseWarnings(out []byte, now time.Time) ([]string, error) {
	const most, recent = 5, time.Minute
	var found struct {
		Items []event `json:"items"`
	}
	if err := json.Unmarshal(out, &found); err != nil {
		return nil, fmt.Errorf("kubectl's answer: %w", err)
	}
	slices.SortFunc(found.Items, func(a, b event) int { return b.LastTimestamp.Compare(a.LastTimestamp) })
	var warnings []string
	for _, e := range found.Items {
		if e.Reason == "BackOff" {
			continue // the container's own state says so
		}
		if len(warnings) == most || now.Sub(e.LastTimestamp) > recent {
			break
		}
		warnings = append(warnings, fmt.Sprintf("event of %s/%s: %s: %s", strings.ToLower(e.InvolvedObject.Kind), e.InvolvedObject.Name, e.Reason, e.Message))
	}
	return warnings, nil
}

// lastWords are the last line of each of the containers that ended badly or are being restarted.
func (c *Client) lastWords(ctx context.Context, now state, kept []controller) []string {
	var words []string
	for _, pod := range now.pods {
		concerns := pod.Metadata.Namespace == clusterNamespace || slices.ContainsFunc(kept, func(k controller) bool { return k.owns(pod) })
		if !concerns {
			continue
		}
		for _, status := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
			if status.Ready || (status.LastState.Terminated == nil && status.State.Terminated == nil) {
				continue
			}
			out, err := c.Run(ctx, nil, "logs", "--namespace", pod.Metadata.Namespace, pod.Metadata.Name, "--container", status.Name,
				fmt.Sprintf("--previous=%t", status.State.Terminated == nil), "--tail=1")
			if err == nil && len(out) > 0 {
				words = append(words, fmt.Sprintf("last words of %s in %s: %s", status.Name, pod.Metadata.Name, message(out)))
			}
		}
	}
	return words
}

// message is what a line of a log says, without the rest of its record where it is one.
func message(line []byte) string {
	var record struct {
		Message string `json:"msg"`
	}
	if json.Unmarshal(line, &record) == nil && record.Message != "" {
		return record.Message
	}
	return strings.TrimSpace(string(line))
}

// ErrTimeout is what Until returns, with the last complaint, when its patience is at an end.
var ErrTimeout = errors.New("timed out")

// Until tries until do succeeds, telling progress every few seconds why it has not yet.
func Until(ctx context.Context, progress io.Writer, patience time.Duration, what string, do func(context.Context) error) error {
	begin := time.Now()
	toldAt := begin
	for {
		err := do(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if time.Since(begin) > patience {
			return fmt.Errorf("%w: %s after %s: %w", ErrTimeout, what, patience, err)
		}
		if time.Since(toldAt) > tellInterval {
			fmt.Fprintf(progress, "  waiting for %s: %v\n", what, err)
			toldAt = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}
