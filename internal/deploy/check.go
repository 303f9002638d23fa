package deploy

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// check asks for a greeting as a developer would, and for its trace. An overlay without the ports that the cluster maps is left alone.
func (d *deployment) check(ctx context.Context, overlay []kube.Object) error {
	if hasNodePort(overlay, cluster.CommsNodePort) {
		d.report.Comms = fmt.Sprintf("http://127.0.0.1:%d", d.cluster.Ports.Comms)
	}
	if hasNodePort(overlay, cluster.TracesNodePort) {
		d.report.Traces = fmt.Sprintf("http://127.0.0.1:%d", d.cluster.Ports.Traces)
	}
	if d.report.Comms == "" {
		return nil
	}
	var asked caller
	ask := func(ctx context.Context) error {
		asked = newCaller()
		return greet(ctx, d.report.Comms, asked)
	}
	err := d.phase("greeting", func() error {
		return kube.Until(ctx, d.Progress, d.Patience, "a greeting of greeter", ask)
	})
	if err != nil || d.report.Traces == "" {
		return err
	}
	return d.phase("its trace", func() error {
		store := traces.NewClient(d.report.Traces)
		return kube.Until(ctx, d.Progress, d.Patience, "the greeting's trace", func(ctx context.Context) error {
			trace, err := store.ByID(ctx, asked.traceID)
			if err == nil && !whole(trace, asked) {
				err = fmt.Errorf("so far it is\n%s", trace.Golden())
			}
			if err == nil || time.Since(asked.at) < askAgain {
				return err
			}
			// What the sidecar sent while the way to the store was not open yet may be lost.
			return errors.Join(err, ask(ctx))
		})
	})
}

// askAgain is three times as long as a trace takes at most: a sidecar sends its spans every 5 s, OpenTelemetry's default.
const askAgain = 15 * time.Second

// caller is the trace context that a greeting was asked with.
type caller struct {
	traceID, spanID string
	at              time.Time
}

func newCaller() caller {
	id := make([]byte, 24)
	rand.Read(id)
	return caller{hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:]), time.Now()}
}

// whole reports whether both sidecars have told of a request, in one tree.
func whole(trace traces.Trace, asked caller) bool {
	seen := map[string]bool{}
	for _, span := range trace.All() {
		seen[span.Service] = true
	}
	return len(trace.Problems(asked.spanID)) == 0 && seen["comms"] && seen[greeterapi.AppID]
}

func hasNodePort(objects []kube.Object, port int) bool {
	for _, object := range objects {
		if object.Kind() != "Service" {
			continue
		}
		ports, _ := object.At("spec", "ports").([]any)
		for _, entry := range ports {
			if fields, ok := entry.(map[string]any); ok && fields["nodePort"] == float64(port) {
				return true
			}
		}
	}
	return false
}

// greet returns an error unless comms answers with greeter's greeting, and not with its own.
func greet(ctx context.Context, comms string, from caller) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, comms+"/greet", strings.NewReader(`{"name":"Drydock"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", "00-"+from.traceID+"-"+from.spanID+"-01")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return errors.New(response.Status + ": " + strings.TrimSpace(string(body)))
	}
	if source := response.Header.Get("X-Greeting-Source"); source != greeterapi.AppID {
		return fmt.Errorf("the greeting came from %q", source)
	}
	return nil
}
