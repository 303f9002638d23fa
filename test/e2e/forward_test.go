//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// sidecar forwards a free port of this machine to the HTTP API of the sidecar in a workload's pod, which listens inside the pod only, and returns the
// base address. It ends with the test.
func (s *system) sidecar(ctx context.Context, t *testing.T, w kube.Workload) string {
	t.Helper()
	const daprHTTPPort = 3500
	var pod string
	for _, candidate := range s.pods(ctx, t, w) {
		if candidate.Ready() {
			pod = candidate.Metadata.Name
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	t.Cleanup(cancel)
	address, err := s.kube.Forward(ctx, w.Namespace, "pod/"+pod, daprHTTPPort)
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + address
	eventually(t.Context(), t, "the sidecar of "+w.String(), func(ctx context.Context) error { return answering(ctx, base+"/v1.0/healthz") })
	return base
}
