//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/test/greet"
)

// testLiveSetting gives greeter, in comms' sidecar, a time limit that nothing can meet, and takes it back: both take effect in the pods that run.
func testLiveSetting(ctx context.Context, t *testing.T, s *system) {
	s.greets(ctx, t)
	before := s.running(ctx, t)
	s.patchTimeout(ctx, t, "1us")
	eventually(ctx, t, "the new time limit", func(ctx context.Context) error {
		caller := greet.NewCaller()
		a, err := greet.Ask(ctx, s.comms(), "Ada", caller.Traceparent("01"))
		if err == nil {
			err = greet.FromFallback(a, "Ada")
		}
		if err != nil {
			return err
		}
		// A sidecar takes a setting by starting anew within its process, and a fallback in that moment would prove nothing.
		// Whichever pod it was that answered.
		logged, err := s.kube.Run(ctx, nil, "logs", "--namespace", comms.Namespace, "--selector", "app="+comms.Name, "--container", comms.Name, "--tail=50")
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(logged)) {
			if strings.Contains(line, caller.TraceID) && strings.Contains(line, "context deadline exceeded") {
				return nil
			}
		}
		return errors.New("greeter was unavailable for another reason than the time limit")
	})
	s.patchTimeout(ctx, t, "1500ms") // as k8s/base/dapr/resiliency.yaml has it
	s.greets(ctx, t)
	if after := s.running(ctx, t); !maps.Equal(before, after) {
		t.Errorf("pods and restarts were %v and are %v, want the same", before, after)
	}
}

func (s *system) patchTimeout(ctx context.Context, t *testing.T, timeout string) {
	t.Helper()
	s.kubectl(ctx, t, "patch", "resiliency", "dapr-resiliency", "--namespace", servicesNamespace, "--type=merge",
		"--patch", fmt.Sprintf(`{"spec":{"policies":{"timeouts":{"greeter":%q}}}}`, timeout))
}

// running are the pods of both services that are to stay, by their identity, with how often their containers were restarted.
func (s *system) running(ctx context.Context, t *testing.T) map[string]int {
	t.Helper()
	pods := map[string]int{}
	for _, pod := range append(s.pods(ctx, t, comms), s.pods(ctx, t, greeter)...) {
		if pod.Metadata.DeletionTimestamp == nil {
			pods[pod.Metadata.Name+" "+pod.Metadata.UID] = pod.Restarts()
		}
	}
	return pods
}
