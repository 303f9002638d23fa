//go:build e2e

package e2e

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy"
)

// progress prints whole lines with the time since the suite began, at once and not when the test ends.
type progress struct{}

func (progress) Write(p []byte) (int, error) {
	var out bytes.Buffer
	for line := range bytes.Lines(p) {
		fmt.Fprintf(&out, "%7.1f s  %s\n", time.Since(settings.begin).Seconds(), bytes.TrimRight(line, "\n"))
	}
	_, err := os.Stdout.Write(out.Bytes())
	return len(p), err
}

// printFigures prints what was measured; nothing passes or fails by it.
func (s *system) printFigures(t *testing.T) {
	var table deploy.Table
	table.Section("CASES")
	for _, one := range s.cases {
		table.Time(one.Name, one.Took)
	}
	table.Time("the suite", time.Since(settings.begin))
	var out bytes.Buffer
	out.WriteString("\n")
	if s.report != nil {
		fmt.Fprintln(&out, "FIRST DEPLOYMENT")
		if err := s.report.PrintFigures(&out); err != nil {
			t.Error(err)
		}
		table.Section("FIGURES")
		if !settings.keep {
			table.Time("from images to the first traced greeting", s.up)
		}
		for _, node := range s.report.Memory {
			table.Bytes("memory of "+node.Node, node.Used, "")
		}
	}
	if err := table.Print(&out); err != nil {
		t.Error(err)
	}
	if settings.keep && s.cluster != nil {
		fmt.Fprintf(&out, "\nThe cluster is kept: kubectl --kubeconfig %s get pods -A\n", s.cluster.Kubeconfig)
	}
	os.Stdout.Write(out.Bytes())
}
