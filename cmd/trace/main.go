// Command trace prints a trace as a tree: the newest one, or the one that is asked for.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/internal/traces"
)

func main() { process.Main(run) }

type settings struct {
	port    int
	url, id string
	since   time.Duration
	golden  bool
}

func parse(args []string, getenv func(string) string, help io.Writer) (settings, error) {
	var set settings
	fs := flag.NewFlagSet("trace", flag.ContinueOnError)
	envflag.Port(fs, &set.port, "jaeger-port", selfhost.DefaultPorts().Jaeger, false, "port of Jaeger's query API on this machine")
	fs.StringVar(&set.url, "jaeger-url", "", "address of Jaeger's query API, instead of the port")
	fs.StringVar(&set.id, "id", "", "trace id (32 hex digits) instead of the newest trace")
	envflag.Duration(fs, &set.since, "since", 24*time.Hour, time.Second, 30*24*time.Hour, "how far back to look for the newest trace")
	fs.BoolVar(&set.golden, "golden", false, "print the tree without ids and times, as tests compare it")
	err := envflag.Parse(fs, args, getenv, help)
	if set.url == "" {
		set.url = "http://127.0.0.1:" + strconv.Itoa(set.port)
	}
	return set, err
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	set, err := parse(args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	trace, err := find(ctx, set)
	if errors.Is(err, traces.ErrNotFound) {
		return fmt.Errorf("%w in %s: send a request first (`make run` prints one)", err, set.url)
	}
	if err != nil {
		return fmt.Errorf("%w\nIs the system running (`make run`), and is its Jaeger at %s? --jaeger-port or JAEGER_PORT sets another port", err, set.url)
	}
	if set.golden {
		_, err := io.WriteString(stdout, trace.Golden())
		return err
	}
	if err := trace.Render(stdout); err != nil {
		return err
	}
	for _, problem := range trace.Problems(trace.Roots[0].ParentID) {
		fmt.Fprintln(stdout, "broken:", problem)
	}
	return nil
}

func find(ctx context.Context, set settings) (traces.Trace, error) {
	client := traces.NewClient(set.url)
	if set.id != "" {
		return client.ByID(ctx, set.id)
	}
	return client.Newest(ctx, time.Now().Add(-set.since))
}
