// Package app wires comms together and runs it.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/comms/internal/httpapi"
)

// Run runs comms until ctx ends. It returns nil after an orderly shutdown or
// after printing help, and an error that names every wrong setting before
// anything listens.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) (err error) {
	settings, fs := newSettings()
	if err := envflag.Parse(fs, args, getenv, stdout); err != nil {
		if errors.Is(err, envflag.ErrHelp) {
			return nil
		}
		return err
	}
	log := settings.server.Logger(stdout, greeting.Service)
	envflag.Log(ctx, log, fs)

	greeter, err := settings.newGreeter()
	if err != nil {
		return err
	}
	// After the last request: a call in flight still needs its connection.
	defer func() { err = errors.Join(err, greeter.Close()) }()

	server := httpserver.New(settings.server, greeting.Service, log)
	httpapi.Register(server.Engine, greeting.New(greeter, settings.greeterTimeout), log)
	log.DebugContext(ctx, "wired", slog.String("transport", settings.transport))
	return server.Serve(ctx)
}
