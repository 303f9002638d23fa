//go:build e2e

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// settle is how long a trace must stay as it should be, so that a span which does not belong there is seen: longer than a sidecar (5 s, OpenTelemetry's
// default), the Collector and Jaeger (200 ms each) hold spans back.
const settle = 6 * time.Second

// testTraces sends every kind of request first and looks at the traces then, all at once: each takes seconds to arrive.
func testTraces(ctx context.Context, t *testing.T, s *system) {
	s.greets(ctx, t)
	commsSidecar := s.sidecar(ctx, t, comms)
	greeterSidecar := s.sidecar(ctx, t, greeter)

	// First, so that it would have arrived when the others have.
	health := greet.NewCaller()
	if err := askHealth(ctx, commsSidecar+"/v1.0/invoke/comms/method/health", health); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, c := range []struct{ name, url, want string }{
		{"called directly", s.comms(), goldentraces.Greet},
		{"called through comms' own sidecar", commsSidecar + "/v1.0/invoke/comms/method", goldentraces.GreetOwnSidecar},
		{"called through another sidecar", greeterSidecar + "/v1.0/invoke/comms/method", goldentraces.GreetOtherSidecar},
	} {
		caller := greet.NewCaller()
		a, err := greet.Ask(ctx, c.url, "Ada", caller.Traceparent("01"))
		if err == nil {
			err = greet.FromGreeter(a, "Ada")
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		all.Go(func() {
			trace, err := s.wholeTrace(ctx, caller, c.want)
			switch {
			case err != nil:
				t.Errorf("%s: %v", c.name, err)
			case trace.Roots[0].ParentID != caller.SpanID:
				t.Errorf("%s: the topmost span's parent is %q, want the caller's span %s", c.name, trace.Roots[0].ParentID, caller.SpanID)
			default:
				if err := s.checkOrigin(ctx, caller.TraceID); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			}
		})
	}
	all.Wait()
	if trace, err := s.store().ByID(ctx, health.TraceID); !errors.Is(err, traces.ErrNotFound) {
		t.Errorf("error %v for the trace of a health check, want that there is none; got\n%s", err, trace.Golden())
	}
}

// wholeTrace waits until the caller's trace has exactly the tree want.
func (s *system) wholeTrace(ctx context.Context, caller greet.Caller, want string) (traces.Trace, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return s.store().WaitGolden(ctx, caller.TraceID, want, caller.SpanID, settle)
}

func askHealth(ctx context.Context, url string, caller greet.Caller) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	name, value, _ := strings.Cut(caller.Traceparent("01"), ": ")
	request.Header.Set(name, value)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("health check through the sidecar: %s", response.Status)
	}
	return nil
}

// checkOrigin returns an error unless every span of the trace tells where it was made: environment, version, namespace and pod.
func (s *system) checkOrigin(ctx context.Context, id string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("http://127.0.0.1:%d/api/v3/traces/%s", s.cluster.Ports.Traces, id), http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var found struct {
		Result struct {
			ResourceSpans []struct {
				Resource struct {
					Attributes []struct {
						Key   string `json:"key"`
						Value struct {
							String string `json:"stringValue"`
						} `json:"value"`
					} `json:"attributes"`
				} `json:"resource"`
			} `json:"resourceSpans"`
		} `json:"result"`
	}
	if err := json.NewDecoder(response.Body).Decode(&found); err != nil {
		return fmt.Errorf("jaeger's answer: %w", err)
	}
	if len(found.Result.ResourceSpans) == 0 {
		return fmt.Errorf("trace %s tells no origin", id)
	}
	for _, spans := range found.Result.ResourceSpans {
		origin := map[string]string{}
		for _, attribute := range spans.Resource.Attributes {
			origin[attribute.Key] = attribute.Value.String
		}
		service := origin["service.name"]
		var version string
		for _, image := range s.report.Images {
			if tag, ok := strings.CutPrefix(image.Name, "drydock/"+service+":"); ok {
				version = tag
			}
		}
		pod := origin["k8s.pod.name"]
		if origin["deployment.environment.name"] != settings.variant.environment || origin["service.version"] != version || version == "" ||
			origin["k8s.namespace.name"] != servicesNamespace || !strings.HasPrefix(pod, service+"-") {
			return fmt.Errorf("spans of %q come from %v, want environment %s, version %q, namespace %s and a pod of it", service, origin, settings.variant.environment, version, servicesNamespace)
		}
	}
	return nil
}
