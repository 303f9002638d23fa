// Command selfhost runs the whole system on this machine without a cluster, until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/mattn/go-isatty"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/selfhost"
)

func main() { process.Main(run) }

type settings struct {
	options      selfhost.Options
	followParent bool
}

func parse(args []string, getenv func(string) string, help io.Writer) (settings, error) {
	set := settings{options: selfhost.Options{Ports: selfhost.DefaultPorts()}}
	fs := flag.NewFlagSet("selfhost", flag.ContinueOnError)
	for _, port := range set.options.Ports.Settings() {
		envflag.Port(fs, port.Port, port.Name, *port.Port, true, "port of "+port.Use+"; 0 for a free one")
	}
	o := &set.options
	envflag.OneOf(fs, &o.Transport, "greeter-transport", "", "how comms calls its sidecar, comms' own default when empty", "grpc", "http")
	envflag.OneOf(fs, &o.DaprLogLevel, "dapr-log-level", "warn", "log level of the sidecars", "debug", "info", "warn", "error")
	envflag.Secret(fs, &o.DaprToken, "dapr-api-token", "what the sidecars ask of their callers")
	envflag.Secret(fs, &o.AppToken, "app-api-token", "what the services ask of their callers")
	fs.BoolVar(&o.NoTrace, "no-trace", false, "run without Jaeger and without tracing")
	fs.BoolVar(&set.followParent, "follow-parent", true, "stop when the process that started this one ends, as make or go run may do without a word")
	return set, envflag.Parse(fs, args, getenv, help)
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	set, err := parse(args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if set.followParent {
		var stop context.CancelFunc
		ctx, stop = process.UntilOrphaned(ctx)
		defer stop()
	}
	set.options.Progress, set.options.Logs = stdout, stdout
	set.options.Colour = isTerminal(stdout) && getenv("NO_COLOR") == ""

	begin := time.Now()
	system, err := selfhost.Start(ctx, set.options)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped before the system was ready")
		}
		return err
	}
	defer system.Stop()
	if err := printTable(stdout, system, set.options, time.Since(begin)); err != nil {
		return err
	}
	if err := system.Wait(ctx); ctx.Err() == nil {
		return err
	}
	fmt.Fprintln(stdout, "\nStopping; Ctrl-C again to kill.")
	return nil
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
