// Package selfhost runs the whole system without a cluster: both services, a real
// Dapr sidecar for each, and Jaeger in the Datadog Agent's place, as child processes
// that listen on loopback only and that never outlive their parent.
package selfhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
)

// System is a running system. Its methods may be called from several goroutines.
type System struct {
	ports    Ports
	reserved *reservation
	parts    map[string]*part
	order    []string // start order, for the table and the logs' colours
	guard    *guard

	failing sync.Once
	failed  chan struct{} // closed when a part died by itself
	failure error         // how the first one died; set before failed is closed

	stopping sync.Once
	stopped  chan struct{}
}

// Start builds what Options.Binaries lacks, starts all parts and waits until every
// one of them is ready. ctx bounds the start only. Ports that are taken are reported
// before anything is built or started.
func Start(ctx context.Context, opts Options) (*System, error) {
	opts.setDefaults()
	reserved, err := opts.Ports.resolve(ctx, opts.External)
	if err != nil {
		return nil, err
	}
	s, err := opts.start(ctx, reserved)
	if err != nil {
		reserved.release()
		return nil, err
	}
	return s, nil
}

// start starts a system on ports that are known.
func (opts Options) start(ctx context.Context, reserved *reservation) (*System, error) {
	if err := opts.Binaries.build(ctx, !opts.NoTrace, opts.Progress); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "drydock-selfhost-")
	if err != nil {
		return nil, fmt.Errorf("run folder: %w", err)
	}
	s := &System{
		ports:    opts.Ports,
		reserved: reserved,
		parts:    map[string]*part{},
		failed:   make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	if s.guard, err = startGuard(dir, s.died); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	if err := s.startAll(ctx, opts, dir); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func (s *System) startAll(ctx context.Context, opts Options, dir string) error {
	specs, err := specs(opts, dir)
	if err != nil {
		return err
	}
	logs := &stream{w: opts.Logs, colour: opts.Colour, width: len(GreeterDapr)}
	for i, spec := range specs {
		s.parts[spec.name] = &part{spec: spec, out: logs.part(spec.name, i)}
		s.order = append(s.order, spec.name)
	}
	// All at once: every part waits for what it needs, so no order is faster than none.
	for _, name := range s.order {
		if err := s.parts[name].start(s.guard.group(), s.died); err != nil {
			return err
		}
	}
	return s.waitReady(ctx, s.order...)
}

// specs lists the parts of a system whose ports and binaries are known.
func specs(opts Options, dir string) ([]spec, error) {
	p, b := opts.Ports, opts.Binaries
	otlp := ""
	if !opts.NoTrace {
		otlp = hostPort(p.OTLP)
	}
	names := filepath.Join(dir, "names.db")
	rendered, err := renderDapr(otlp, names)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "dapr.yaml")
	if err := os.WriteFile(config, rendered, 0o600); err != nil {
		return nil, fmt.Errorf("dapr configuration: %w", err)
	}

	service := func(name, path string, port, daprHTTP, daprGRPC int) spec {
		env := []string{
			"HOST=" + loopback, "PORT=" + strconv.Itoa(port),
			"DAPR_HTTP_PORT=" + strconv.Itoa(daprHTTP), "DAPR_GRPC_PORT=" + strconv.Itoa(daprGRPC),
			"GOMAXPROCS=1", // as in k8s/base; docs/adr/0002 has the figures
		}
		env = appendSet(env, "APP_API_TOKEN", opts.AppToken)
		return spec{name: name, path: path, env: env, ready: "http://" + hostPort(port) + "/ready", grace: serviceGrace}
	}
	comms := service(Comms, b.Comms, p.Comms, p.CommsDaprHTTP, p.CommsDaprGRPC)
	comms.env = appendSet(comms.env, "GREETER_TRANSPORT", opts.Transport)
	comms.env = appendSet(comms.env, "DAPR_API_TOKEN", opts.DaprToken)

	dapr := func(name string, sc sidecar) spec {
		sc.config, sc.logLevel = config, opts.DaprLogLevel
		env := []string{
			"DAPR_HOST_IP=" + loopback,
			// Spans leave at once instead of after OpenTelemetry's 5 s, so that a trace can
			// be looked at right after its request.
			"OTEL_BSP_SCHEDULE_DELAY=" + strconv.FormatInt(SpanDelay.Milliseconds(), 10),
		}
		env = appendSet(env, "DAPR_API_TOKEN", opts.DaprToken)
		env = appendSet(env, "APP_API_TOKEN", opts.AppToken)
		return spec{
			name: name, path: b.Daprd, args: sc.args(), env: env,
			ready: "http://" + hostPort(sc.http) + "/v1.0/healthz", grace: 2 * sidecarGrace,
		}
	}
	list := []spec{
		comms,
		dapr(CommsDapr, sidecar{appID: Comms, app: p.Comms, http: p.CommsDaprHTTP, grpc: p.CommsDaprGRPC, internal: p.CommsDaprInternal}),
		service(Greeter, b.Greeter, p.Greeter, p.GreeterDaprHTTP, p.GreeterDaprGRPC),
		dapr(GreeterDapr, sidecar{appID: Greeter, app: p.Greeter, http: p.GreeterDaprHTTP, grpc: p.GreeterDaprGRPC, internal: p.GreeterDaprInternal}),
	}
	if !opts.NoTrace {
		jaeger, err := jaegerSpec(opts, dir)
		if err != nil {
			return nil, err
		}
		list = append(list, jaeger)
	}
	list = slices.DeleteFunc(list, func(s spec) bool { return slices.Contains(opts.External, s.name) })
	for i := range list {
		list[i].env = append(append(baseEnv(), list[i].env...), opts.Env[list[i].name]...)
	}
	return list, nil
}

func jaegerSpec(opts Options, dir string) (spec, error) {
	rendered, err := renderJaeger(opts.Ports)
	if err != nil {
		return spec{}, err
	}
	config := filepath.Join(dir, "jaeger.yaml")
	if err := os.WriteFile(config, rendered, 0o600); err != nil {
		return spec{}, fmt.Errorf("jaeger configuration: %w", err)
	}
	return spec{
		name: Jaeger, path: opts.Binaries.Jaeger, args: []string{"--config", config},
		ready: "http://" + hostPort(opts.Ports.Jaeger) + "/api/v3/services", grace: sidecarGrace,
	}, nil
}

func appendSet(env []string, name, value string) []string {
	if value == "" {
		return env
	}
	return append(env, name+"="+value)
}

func hostPort(port int) string { return loopback + ":" + strconv.Itoa(port) }

// died keeps the first unexpected end; those that follow are its consequences.
func (s *System) died(err error) {
	s.failing.Do(func() {
		s.failure = err
		close(s.failed)
	})
}

// Wait blocks until a part dies by itself, which is an *ExitError, or until ctx ends.
func (s *System) Wait(ctx context.Context) error {
	select {
	case <-s.failed:
		return s.failure
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Err is what Wait would return for a part that has died by itself, else nil.
func (s *System) Err() error {
	select {
	case <-s.failed:
		return s.failure
	default:
		return nil
	}
}

// Ports are the ports in use, none of them 0.
func (s *System) Ports() Ports { return s.ports }

// Parts are the names of all parts.
func (s *System) Parts() []string { return s.order }

// URL is the address of a part's HTTP API, without a slash at the end: a service's own,
// a sidecar's Dapr API, Jaeger's UI and query API.
func (s *System) URL(name string) string {
	port := map[string]int{
		Comms: s.ports.Comms, Greeter: s.ports.Greeter,
		CommsDapr: s.ports.CommsDaprHTTP, GreeterDapr: s.ports.GreeterDaprHTTP, Jaeger: s.ports.Jaeger,
	}[name]
	return "http://" + hostPort(port)
}

// PID is the process id of a part, 0 while it does not run.
func (s *System) PID(name string) int {
	p, err := s.part(name)
	if err != nil {
		return 0
	}
	return p.pid()
}

var errUnknownPart = errors.New("no such part")

func (s *System) part(name string) (*part, error) {
	if p, ok := s.parts[name]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("%w: %q (there are %v)", errUnknownPart, name, s.order)
}

// Kill ends one part by SIGKILL and waits for its end; the system goes on without it.
func (s *System) Kill(name string) error {
	p, err := s.part(name)
	if err != nil {
		return err
	}
	<-p.signal(syscall.SIGKILL)
	return nil
}

// Terminate ends one part by SIGTERM, waits for its end and returns its exit code, -1
// when it had to be killed; the system goes on without it.
func (s *System) Terminate(name string) (int, error) {
	p, err := s.part(name)
	if err != nil {
		return 0, err
	}
	return p.stop(), nil
}

// Start starts a part again that was ended by Kill or Terminate, and waits until it is ready.
func (s *System) Start(ctx context.Context, name string) error {
	p, err := s.part(name)
	if err != nil {
		return err
	}
	if err := p.start(s.guard.group(), s.died); err != nil {
		return err
	}
	return s.waitReady(ctx, name)
}

// Stop ends all parts in the order in which they need one another: comms first, whose
// last answers still need greeter, then greeter, then the sidecars, then Jaeger, which
// receives the sidecars' last spans. It may be called more than once.
func (s *System) Stop() {
	s.stopping.Do(func() {
		defer close(s.stopped)
		for _, wave := range [][]string{{Comms}, {Greeter}, {CommsDapr, GreeterDapr}, {Jaeger}} {
			s.each(wave, func(p *part) { p.stop() })
		}
		s.guard.release()
		s.reserved.release()
	})
	<-s.stopped
}

// each runs do for the named parts that exist, all at once, and waits for all.
func (s *System) each(names []string, do func(*part)) {
	var wg sync.WaitGroup
	for _, name := range names {
		if p, ok := s.parts[name]; ok {
			wg.Go(func() { do(p) })
		}
	}
	wg.Wait()
}
