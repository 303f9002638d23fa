//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// testGreeterAway takes greeter away and brings it back: every request is answered, and what comms made up itself says so.
func testGreeterAway(ctx context.Context, t *testing.T, s *system) {
	l := startLoad(ctx, t, s)
	s.kubectl(ctx, t, "scale", "--namespace", greeter.Namespace, greeter.String(), "--replicas=0")
	s.gone(ctx, t, greeter, nil)
	away := l.now().fallback
	l.until(ctx, t, "fallbacks", func(t tally) bool { return t.fallback >= away+10*callers && t.row == 0 })
	s.kubectl(ctx, t, "scale", "--namespace", greeter.Namespace, greeter.String(), "--replicas=1")
	s.rolledOut(ctx, t, greeter)
	l.until(ctx, t, "greetings again", func(t tally) bool { return t.row >= 10*callers })
	got := l.stop()
	fmt.Fprintf(progress{}, "  under load: %s\n", got)
	if len(got.lost) > 0 {
		t.Errorf("%s; lost:\n%s", got, few(got.lost))
	}
}

// testRollingRestart replaces every pod of both services while they are asked.
func testRollingRestart(ctx context.Context, t *testing.T, s *system) {
	l := startLoad(ctx, t, s)
	before := append(s.pods(ctx, t, comms), s.pods(ctx, t, greeter)...)
	s.kubectl(ctx, t, "rollout", "restart", "--namespace", servicesNamespace, comms.String(), greeter.String())
	s.rolledOut(ctx, t, comms, greeter)
	// The old pods answer and drain until they are gone.
	s.gone(ctx, t, comms, before)
	s.gone(ctx, t, greeter, before)
	l.until(ctx, t, "greetings of the new pods", func(t tally) bool { return t.row >= 5*callers })
	expectNothingLost(t, l.stop())
}

// testCollectorAway takes the Collector from the sidecars: nobody who asks for a greeting notices, and when it is back so are the traces.
func testCollectorAway(ctx context.Context, t *testing.T, s *system) {
	l := startLoad(ctx, t, s)
	s.kubectl(ctx, t, "delete", "--namespace", collector.Namespace, collector.String())
	s.gone(ctx, t, collector, nil)
	away := l.now().greeter
	l.until(ctx, t, "greetings without a collector", func(t tally) bool { return t.greeter >= away+20*callers })
	expectNothingLost(t, l.stop())

	if _, err := s.deploy(ctx); err != nil {
		t.Fatal(err)
	}
	// The deployment has seen a trace; this one must be whole, and stay so when the sidecars have sent what they kept.
	s.greets(ctx, t)
	caller := greet.NewCaller()
	if _, err := greet.Ask(ctx, s.comms(), "Ada", caller.Traceparent("01")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.wholeTrace(ctx, caller, goldentraces.Greet); err != nil {
		t.Error(err)
	}
}

// gone waits until a workload has none of the pods (nil: none at all).
func (s *system) gone(ctx context.Context, t *testing.T, w kube.Workload, these []kube.Pod) {
	t.Helper()
	leaving := map[string]bool{}
	for _, pod := range these {
		leaving[pod.Metadata.UID] = true
	}
	eventually(ctx, t, "the end of pods of "+w.String(), func(ctx context.Context) error {
		pods, err := s.kube.Pods(ctx, w.Namespace, "app="+w.Name)
		if err != nil {
			return err
		}
		for _, pod := range pods {
			if these == nil || leaving[pod.Metadata.UID] {
				return errors.New(pod.Metadata.Name + " is still there")
			}
		}
		return nil
	})
}
