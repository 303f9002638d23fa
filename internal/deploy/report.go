package deploy

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
)

// Report is what a deployment did and what it took.
type Report struct {
	// Cluster it went to.
	Cluster *cluster.Cluster
	// Comms and Traces are base addresses on this machine; empty where the overlay opens none.
	Comms, Traces string
	// Phases in their order.
	Phases []Phase
	// Changed are the objects that were made or altered.
	Changed []string
	// Images that the cluster needs, with the size of their archives in bytes.
	Images []Figure
	// Memory of each node.
	Memory []NodeMemory
}

// Phase is a part of a deployment.
type Phase struct {
	Name string
	Took time.Duration
}

// Figure is a number of bytes.
type Figure struct {
	Name  string
	Bytes int64
}

// NodeMemory is what a node uses, in bytes.
type NodeMemory struct {
	Node string
	// Used by all of the node's container.
	Used int64
	Pods []PodMemory
}

// PodMemory is what a pod's containers use, in bytes.
type PodMemory struct {
	Namespace, Name string
	Containers      []Figure
}

func (p PodMemory) total() int64 {
	var total int64
	for _, container := range p.Containers {
		total += container.Bytes
	}
	return total
}

// Took is the time of all phases.
func (r *Report) Took() time.Duration {
	var total time.Duration
	for _, phase := range r.Phases {
		total += phase.Took
	}
	return total
}

// Print writes addresses, a line to try and the figures.
func (r *Report) Print(w io.Writer) error {
	fmt.Fprintf(w, "\nDeployed to cluster %s in %s.\n\n", r.Cluster.Name, seconds(r.Took()))
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	if r.Comms != "" {
		fmt.Fprintf(table, "  comms\t%s\tPOST /greet, GET /health, GET /ready\n", r.Comms)
	}
	if r.Traces != "" {
		fmt.Fprintf(table, "  traces\t%s\tJaeger's UI\n", r.Traces)
	}
	fmt.Fprintf(table, "  context\t%s\tfor kubectl\n", r.Cluster.Context)
	if err := table.Flush(); err != nil {
		return err
	}
	if r.Comms != "" {
		fmt.Fprintf(w, "\nTry:  curl -s %s/greet -H 'content-type: application/json' -d '{\"name\":\"Ada\"}'\n", r.Comms)
	}
	fmt.Fprintln(w)
	return r.PrintFigures(w)
}

// PrintFigures writes the times, sizes and memory as a table.
func (r *Report) PrintFigures(w io.Writer) error {
	var table Table
	table.Section("TIME")
	for _, phase := range r.Phases {
		table.Time(phase.Name, phase.Took)
	}
	table.Time("all", r.Took())
	var size int64
	for _, image := range r.Images {
		size += image.Bytes
	}
	table.Section("SIZE")
	table.Bytes(fmt.Sprintf("%d images", len(r.Images)), size, "")
	for _, node := range r.Memory {
		table.Section("MEMORY")
		table.Bytes(node.Node, node.Used, "with everything in it")
		slices.SortFunc(node.Pods, func(a, b PodMemory) int {
			return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
		})
		for _, pod := range node.Pods {
			table.Bytes("  "+pod.Namespace+"/"+pod.Name, pod.total(), parts(pod.Containers))
		}
	}
	return table.Print(w)
}

// parts are the containers of a pod that has several.
func parts(containers []Figure) string {
	if len(containers) < 2 {
		return ""
	}
	texts := make([]string, 0, len(containers))
	for _, container := range containers {
		texts = append(texts, container.Name+" "+mebibytes(container.Bytes))
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
