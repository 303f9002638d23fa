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
	trace := make([]byte, 24)
	rand.Read(trace)
	traceID, spanID := hex.EncodeToString(trace[:16]), hex.EncodeToString(trace[16:])
	err := d.phase("greeting", func() error {
		return kube.Until(ctx, d.Progress, d.Patience, "a greeting of greeter", func(ctx context.Context) error {
			return greet(ctx, d.report.Comms, "00-"+traceID+"-"+spanID+"-01")
		})
	})
	if err != nil || d.report.Traces == "" {
		return err
	}
	return d.phase("its trace", func() error {
		store := traces.NewClient(d.report.Traces)
		return kube.Until(ctx, d.Progress, d.Patience, "the greeting's trace", func(ctx context.Context) error {
			trace, err := store.ByID(ctx, traceID)
			if err != nil {
				return err
			}
			seen := map[string]bool{}
			for _, span := range trace.All() {
				seen[span.Service] = true
			}
			if len(trace.Problems(spanID)) > 0 || !seen["comms"] || !seen[greeterapi.AppID] {
				return fmt.Errorf("so far it is\n%s", trace.Golden())
			}
			return nil
		})
	})
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
func greet(ctx context.Context, comms, traceparent string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, comms+"/greet", strings.NewReader(`{"name":"Drydock"}`))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Traceparent", traceparent)
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
