package selfhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"syscall"

	"github.com/drydock-dev/drydock/internal/envflag"
)

// Ports are the TCP ports of a system, all on loopback. 0 means a free one.
type Ports struct {
	Comms, Greeter                                                 int // the services themselves
	CommsDaprHTTP, CommsDaprGRPC, GreeterDaprHTTP, GreeterDaprGRPC int // the sidecars' APIs
	CommsDaprInternal, GreeterDaprInternal                         int // sidecar to sidecar
	Jaeger                                                         int // query API and UI
	OTLP                                                           int // OTLP over HTTP, where the Datadog Agent listens in a cluster
}

// DefaultPorts are the ports of `make run`: the ones people know from Dapr, Jaeger and OpenTelemetry.
func DefaultPorts() Ports {
	return Ports{
		Comms: 8080, Greeter: 8081,
		CommsDaprHTTP: 3500, CommsDaprGRPC: 50001,
		GreeterDaprHTTP: 3501, GreeterDaprGRPC: 50002,
		Jaeger: 16686, OTLP: 4318,
	}
}

// PortSetting ties a port to the names a person knows it by.
type PortSetting struct {
	Name string // setting: "comms-port" is the flag --comms-port and the variable COMMS_PORT
	Use  string // what listens there
	Port *int
}

// Settings lists every port, in the order in which a person meets them.
func (p *Ports) Settings() []PortSetting {
	return []PortSetting{
		{"comms-port", Comms, &p.Comms},
		{"greeter-port", Greeter, &p.Greeter},
		{"comms-dapr-http-port", "comms' sidecar, HTTP API", &p.CommsDaprHTTP},
		{"comms-dapr-grpc-port", "comms' sidecar, gRPC API", &p.CommsDaprGRPC},
		{"comms-dapr-internal-port", "comms' sidecar, called by other sidecars", &p.CommsDaprInternal},
		{"greeter-dapr-http-port", "greeter's sidecar, HTTP API", &p.GreeterDaprHTTP},
		{"greeter-dapr-grpc-port", "greeter's sidecar, gRPC API", &p.GreeterDaprGRPC},
		{"greeter-dapr-internal-port", "greeter's sidecar, called by other sidecars", &p.GreeterDaprInternal},
		{"jaeger-port", "Jaeger, UI and query API", &p.Jaeger},
		{"otlp-port", "Jaeger, OTLP over HTTP", &p.OTLP},
	}
}

// resolve checks that every port that was asked for can be had, each problem named
// with the setting that moves it, and fills in free ports for those left at 0. The
// ports of external parts are in use, as they should be. The reservation that it returns
// keeps others of us off those free ports.
func (p *Ports) resolve(ctx context.Context, external []string) (*reservation, error) {
	var problems []error
	taken := map[int]string{}
	for _, s := range p.Settings() {
		if *s.Port == 0 {
			continue
		}
		if other, ok := taken[*s.Port]; ok {
			problems = append(problems, fmt.Errorf("port %d is set for %s and for %s: move one with --%s or %s", *s.Port, other, s.Use, s.Name, envflag.EnvName(s.Name)))
			continue
		}
		taken[*s.Port] = s.Use
		if slices.Contains(external, s.Use) {
			continue
		}
		if err := canListen(ctx, *s.Port); err != nil {
			problems = append(problems, fmt.Errorf("port %d for %s: %w; choose another with --%s or %s", *s.Port, s.Use, err, s.Name, envflag.EnvName(s.Name)))
		}
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return p.fillIn(ctx)
}

var errInUse = errors.New("another program listens there")

func canListen(ctx context.Context, port int) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(loopback, strconv.Itoa(port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return errInUse
	}
	if err != nil {
		return err
	}
	return l.Close()
}
