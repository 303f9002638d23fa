// Package app wires greeter together and runs it.
package app

import (
	"context"
	"errors"
	"flag"
	"io"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/services/greeter/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/internal/httpapi"
)

// Run runs greeter until ctx ends. It returns nil after an orderly shutdown or
// after printing help, and an error that names every wrong setting before
// anything listens.
func Run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	var settings httpserver.Settings
	fs := flag.NewFlagSet(greeting.Service, flag.ContinueOnError)
	settings.Bind(fs)
	if err := envflag.Parse(fs, args, getenv, stdout); err != nil {
		if errors.Is(err, envflag.ErrHelp) {
			return nil
		}
		return err
	}
	log := settings.Logger(stdout, greeting.Service)
	envflag.Log(ctx, log, fs)

	server := httpserver.New(settings, greeting.Service, log)
	httpapi.Register(server.Engine, greeting.New(time.Now))
	return server.Serve(ctx)
}
