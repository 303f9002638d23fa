package app

import (
	"errors"
	"flag"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/comms/internal/daprgreeter"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// How comms talks to its sidecar.
const (
	transportHTTP = "http"
	transportGRPC = "grpc"
)

type settings struct {
	server         httpserver.Settings
	daprHTTPPort   int
	daprGRPCPort   int
	daprAPIToken   string
	greeterAppID   string
	greeterTimeout time.Duration
	transport      string
}

func newSettings() (*settings, *flag.FlagSet) {
	s := &settings{}
	fs := flag.NewFlagSet(greeting.Service, flag.ContinueOnError)
	s.server.Bind(fs)
	envflag.Port(fs, &s.daprHTTPPort, "dapr-http-port", 3500, false, "port of the sidecar's HTTP API")
	envflag.Port(fs, &s.daprGRPCPort, "dapr-grpc-port", 50001, false, "port of the sidecar's gRPC API")
	envflag.Secret(fs, &s.daprAPIToken, "dapr-api-token", "token that the sidecar asks for, empty for none")
	envflag.Var(fs, &s.greeterAppID, "greeter-app-id", greeterapi.AppID, "Dapr app id of greeter", parseAppID)
	envflag.Duration(fs, &s.greeterTimeout, "greeter-timeout", 2*time.Second, 10*time.Millisecond, 30*time.Second, "longest time to wait for greeter before answering the fallback")
	envflag.OneOf(fs, &s.transport, "greeter-transport", transportHTTP, "which of the sidecar's APIs to call, the latter by the Dapr Go SDK", transportHTTP, transportGRPC)
	return s, fs
}

// parseAppID takes what Dapr takes: an app id becomes part of a host name
// (https://docs.dapr.io/reference/arguments-annotations-overview/), so letters,
// digits and dashes, here with the dot that separates a namespace.
func parseAppID(s string) (string, error) {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' {
			return "", errors.New("want letters, digits, dashes and dots")
		}
	}
	if s == "" || len(s) > 63 {
		return "", errors.New("want 1 to 63 characters")
	}
	return s, nil
}

type closingGreeter interface {
	greeting.Greeter
	io.Closer
}

func (s *settings) newGreeter() (closingGreeter, error) {
	if s.transport == transportGRPC {
		return daprgreeter.NewSDK(sidecar(s.daprGRPCPort), s.greeterAppID, s.daprAPIToken)
	}
	return daprgreeter.NewHTTP(sidecar(s.daprHTTPPort), s.greeterAppID, s.daprAPIToken), nil
}

// sidecar returns the address of a port of the sidecar, which shares our
// network namespace. The IPv4 address spares a look-up of localhost per dial.
func sidecar(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
