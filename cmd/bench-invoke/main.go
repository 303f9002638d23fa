// Command bench-invoke measures what a call through Dapr costs, and what comms adds to it:
// greeter alone, greeter through two sidecars (the floor), and comms over either of its
// two ways to its sidecar, in interleaved rounds of one run, without tracing.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/selfhost"
)

func main() { process.Main(run) }

type settings struct {
	duration            time.Duration
	rounds, connections int
	json                bool
	logLevel            string
	only                string
}

func parse(args []string, getenv func(string) string, help io.Writer) (settings, error) {
	var set settings
	fs := flag.NewFlagSet("bench-invoke", flag.ContinueOnError)
	envflag.Duration(fs, &set.duration, "duration", 2*time.Second, 100*time.Millisecond, time.Hour, "how long each target is measured in each round")
	envflag.Var(fs, &set.rounds, "rounds", 6, "rounds over all targets", positive)
	envflag.Var(fs, &set.connections, "connections", 8, "connections, each with one request at a time", positive)
	envflag.OneOf(fs, &set.logLevel, "log-level", "info", "log level of the services", "debug", "info", "warn", "error")
	envflag.OneOf(fs, &set.only, "only", "", "measure one target only, to profile it", targetNames...)
	fs.BoolVar(&set.json, "json", false, "print the report as JSON")
	return set, envflag.Parse(fs, args, getenv, help)
}

func positive(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, errors.New("want a number from 1 up")
	}
	return n, nil
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	set, err := parse(args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return errors.New("bench-invoke reads processor times and memory from /proc: run it on Linux")
	}
	report, err := measure(ctx, set, os.Stderr)
	if err != nil {
		return err
	}
	if set.json {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.print(stdout)
}

// measure starts two systems, which differ in comms' transport only, and loads the
// targets one after the other, round by round, so that a noisy neighbour hits all alike.
func measure(ctx context.Context, set settings, progress io.Writer) (*report, error) {
	binaries, err := selfhost.Build(ctx, progress)
	if err != nil {
		return nil, err
	}
	systems := map[string]*selfhost.System{}
	for _, transport := range []string{"grpc", "http"} {
		level := []string{"LOG_LEVEL=" + set.logLevel}
		system, err := selfhost.Start(ctx, selfhost.Options{
			Binaries: binaries, Transport: transport, NoTrace: true, DaprLogLevel: "error",
			Env: map[string][]string{selfhost.Comms: level, selfhost.Greeter: level},
		})
		if err != nil {
			return nil, err
		}
		defer system.Stop()
		systems[transport] = system
	}
	targets := targetsOf(systems, set.only)
	for _, t := range targets {
		fmt.Fprintf(progress, "warming up: %s\n", t.Name)
		if _, err := load(ctx, t.url, set.connections, min(set.duration, time.Second)); err != nil {
			return nil, err
		}
	}
	for round := range set.rounds {
		for _, t := range targets {
			if err := t.round(ctx, set); err != nil {
				return nil, err
			}
			fmt.Fprintf(progress, "round %d of %d: %-22s %7.0f requests/s\n", round+1, set.rounds, t.Name, t.rates[round])
		}
	}
	return newReport(set, targets, systems, binaries)
}
