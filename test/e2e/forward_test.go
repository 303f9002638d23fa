//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"regexp"
	"strconv"
	"testing"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

var forwarding = regexp.MustCompile(`^Forwarding from (127\.0\.0\.1:\d+) `)

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
	cmd, err := s.kube.Command(ctx, "port-forward", "--address", "127.0.0.1", "--namespace", w.Namespace, "pod/"+pod, ":"+strconv.Itoa(daprHTTPPort))
	if err != nil {
		t.Fatal(err)
	}
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() //nolint:errcheck // it was killed
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	match := forwarding.FindStringSubmatch(line)
	if match == nil {
		cancel()
		cmd.Wait() //nolint:errcheck // what it said is in problem
		t.Fatalf("port-forward to %s: %v: %s%s", pod, err, line, &problem)
	}
	base := "http://" + match[1]
	eventually(t.Context(), t, "the sidecar of "+w.String(), func(ctx context.Context) error { return answering(ctx, base+"/v1.0/healthz") })
	return base
}
