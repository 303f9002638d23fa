//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	loadrun "github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/shape"
	"github.com/drydock-dev/drydock/test/goldentraces"
)

// testLoadReport is a short `make load` against the cluster: every request is greeter's and every trace complete. The report stays with the logs.
func testLoadReport(ctx context.Context, t *testing.T, s *system) {
	s.greets(ctx, t)
	expected, err := shape.Parse("greet", goldentraces.LoadGreet)
	if err != nil {
		t.Fatal(err)
	}
	failOn, err := result.ParseFailOn(result.DefaultFailOn)
	if err != nil {
		t.Fatal(err)
	}
	r, err := loadrun.Run(ctx, loadrun.Options{
		System: loadrun.System{
			Where: "the cluster " + s.cluster.Name, Target: s.comms() + "/greet",
			TraceAPI: fmt.Sprintf("http://127.0.0.1:%d", s.cluster.Ports.Traces), OTLP: fmt.Sprintf("http://127.0.0.1:%d", s.cluster.Ports.OTLP),
		},
		Requests: 300, Rate: 30, Concurrency: 10, Timeout: 30 * time.Second,
		Shape: expected, Settle: 1500 * time.Millisecond, Deadline: time.Minute, FailOn: failOn, Progress: progress{},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := loadrun.WriteFiles(filepath.Join(settings.artifacts, "load"), &r); err != nil {
		t.Fatal(err)
	}
	if n := r.Run.Requests; !r.Verdict.OK || n != 300 || r.Traces.Complete != n {
		var text strings.Builder
		r.WriteText(&text) //nolint:errcheck // to memory
		t.Error(text.String())
	}
}
