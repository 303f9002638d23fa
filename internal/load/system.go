package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/internal/traces"
)

// Addresses are where the parts of a system on this machine would be, as URLs without a path.
type Addresses struct {
	Comms, Jaeger, OTLP string
	Dapr                string // HTTP API of comms' sidecar, which no cluster opens to this machine
}

// LocalAddresses are those of `make run`. kind maps the node's ports to the same ones
// (kind-arm64.yaml), so at most one of the two is up.
func LocalAddresses() Addresses {
	ports := selfhost.DefaultPorts()
	return Addresses{Comms: local(ports.Comms), Jaeger: local(ports.Jaeger), OTLP: local(ports.OTLP), Dapr: local(ports.CommsDaprHTTP)}
}

func local(port int) string { return "http://127.0.0.1:" + strconv.Itoa(port) }

// probeTimeout bounds each question whether something is there.
const probeTimeout = 3 * time.Second

// probeInterval is between two questions while waiting.
const probeInterval = 250 * time.Millisecond

// howToStart ends every error about a part that is away.
const howToStart = "Start the system with `make run` (processes on this machine) or `make cluster deploy` (the kind cluster), or say where it is with --url, --trace-api and --otlp"

// Locate fills in what is empty with what is up there, and says in words what
// that is. Nothing there is an error that tells how to start something.
func Locate(ctx context.Context, there Addresses, s System) (System, error) {
	local := s.Target == ""
	if local {
		s.Target = there.Comms + "/greet"
	}
	if target, err := url.Parse(s.Target); err != nil || target.Host == "" {
		return s, fmt.Errorf("--url %q is not a URL like %s/greet", s.Target, there.Comms)
	}
	if s.TraceAPI == "" {
		s.TraceAPI = there.Jaeger
	}
	if s.OTLP == "" {
		s.OTLP = there.OTLP
	}
	s.TraceAPI, s.OTLP = strings.TrimSuffix(s.TraceAPI, "/"), strings.TrimSuffix(s.OTLP, "/")
	if s.TraceAPI != None {
		s.TraceUI = s.TraceAPI + "/trace/"
	}
	if !local {
		s.Where = "the system behind the given URL"
		return s, nil
	}
	var health struct{ Service, Version string }
	if err := getJSON(ctx, there.Comms+"/health", &health); err != nil {
		return s, fmt.Errorf("nothing to load: %w.\n%s", err, howToStart)
	}
	if health.Service != "comms" {
		return s, fmt.Errorf("what listens at %s is not comms.\n%s", there.Comms, howToStart)
	}
	s.Where = "the kind cluster"
	if getJSON(ctx, there.Dapr+"/v1.0/healthz/outbound", nil) == nil {
		s.Where = "the processes of `make run`"
	}
	s.Where += ", comms " + health.Version
	return s, nil
}

// await checks until all parts are there, for a while.
func (s System) await(ctx context.Context, patience time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		err := s.check(ctx)
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(probeInterval):
		}
	}
}

// check asks each part whether it is there, so that a run does not end in a hundred errors
// that all mean the same.
func (s System) check(ctx context.Context) error {
	target, err := url.Parse(s.Target)
	if err != nil {
		return err
	}
	port := target.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[target.Scheme]
	}
	dialer := net.Dialer{Timeout: probeTimeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(target.Hostname(), port))
	if err != nil {
		return fmt.Errorf("nothing answers at %s: %w.\n%s", s.Target, err, howToStart)
	}
	conn.Close()
	if s.TraceAPI != None {
		if err := getJSON(ctx, s.TraceAPI+"/api/v3/services", nil); err != nil {
			return fmt.Errorf("the trace store is away: %w.\n%s; --trace-api none and --otlp none load without judging traces", err, howToStart)
		}
	}
	if s.OTLP != None {
		// An empty export is a valid one, and tells a receiver from anything else that listens.
		if err := ask(ctx, http.MethodPost, s.OTLP+"/v1/traces", "application/x-protobuf", nil); err != nil {
			return fmt.Errorf("the OTLP receiver for the load's root spans is away: %w.\n%s", err, howToStart)
		}
	}
	return nil
}

func getJSON(ctx context.Context, address string, into any) error {
	return ask(ctx, http.MethodGet, address, "", into)
}

// ask sends an empty request and wants a 2xx.
func ask(ctx context.Context, method, address, contentType string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, address, http.NoBody)
	if err != nil {
		return err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %s", address, response.Status)
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s answered something else than expected: %w", address, err)
	}
	return nil
}

func isNotFound(err error) bool { return errors.Is(err, traces.ErrNotFound) }
