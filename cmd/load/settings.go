package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/shape"
	"github.com/drydock-dev/drydock/test/goldentraces"
)

type settings struct {
	options load.Options
	out     string
}

// The article's load: 100 requests, 10 at once.
const (
	defaultRequests    = 100
	defaultConcurrency = 10
)

func parse(args []string, getenv func(string) string, help io.Writer) (settings, error) {
	var set settings
	o := &set.options
	fs := flag.NewFlagSet("load", flag.ContinueOnError)
	fs.StringVar(&o.System.Target, "url", "", "where greetings are POSTed to; when empty, what is up on this machine: `make run` or the kind cluster")
	fs.StringVar(&o.System.TraceAPI, "trace-api", "", "Jaeger's query API; when empty, that on this machine; none to judge no traces")
	fs.StringVar(&o.System.OTLP, "otlp", "", "OTLP over HTTP, for the root span of each request; when empty, that on this machine; none for no root spans")
	envflag.Var(fs, &o.Requests, "requests", 0, "requests in all; 0 for "+strconv.Itoa(defaultRequests)+", or with --duration for as many as it allows", atLeast(0))
	envflag.Duration(fs, &o.Duration, "duration", 0, 0, 24*time.Hour, "how long to send; 0 for as long as the requests take")
	envflag.Var(fs, &o.Rate, "rate", 0, "requests/s; 0 for each next one as soon as one is answered", parseRate)
	envflag.Var(fs, &o.Concurrency, "concurrency", defaultConcurrency, "most requests under way at once", atLeast(1))
	envflag.Duration(fs, &o.Timeout, "timeout", 5*time.Second, 10*time.Millisecond, time.Minute, "longest wait for an answer")
	envflag.Duration(fs, &o.Settle, "settle", 1500*time.Millisecond, 0, time.Minute, "wait after a request before its trace is looked at, so that spans which do not belong there have come too")
	envflag.Duration(fs, &o.Deadline, "trace-timeout", 15*time.Second, 100*time.Millisecond, 10*time.Minute, "how long after its request a trace may become complete")
	envflag.Duration(fs, &o.Wait, "wait", 0, 0, time.Hour, "how long the system may take to be there")
	envflag.Var(fs, &o.Shape, "expect", mustShape("greet"), "expected span trees: greet, invoke (through a sidecar of the load's own), or a file in the form of test/goldentraces/load-greet.txt", parseShape)
	envflag.Var(fs, &o.FailOn, "fail-on", mustFailOn(result.DefaultFailOn), "conditions that make the run a failure (exit code 1), over "+result.Metrics, result.ParseFailOn)
	envflag.Secret(fs, &o.Token, "app-api-token", "what the target asks of its callers")
	fs.StringVar(&set.out, "out", "artifacts/load", "folder for "+strings.Join([]string{load.HTMLFile, load.JSONFile, load.TextFile}, ", ")+"; none to write no files, - to write the JSON as the last line of the output")
	err := envflag.Parse(fs, args, getenv, help)
	if errors.Is(err, envflag.ErrHelp) {
		fmt.Fprintf(help, "\nExit codes: 0 the run is good, %d a condition of --fail-on holds, %d the run could not be done, %d interrupted (the report is of what was done).\n",
			exitFailed, exitCannot, exitInterrupted)
	}
	switch {
	case o.Requests > 0:
	case o.Duration == 0:
		o.Requests = defaultRequests
	case o.Rate > 0:
		o.Requests = int(o.Rate * o.Duration.Seconds()) // not one more for a clock that ticks late
	}
	return set, err
}

func atLeast(lowest int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < lowest {
			return 0, fmt.Errorf("want a number from %d up", lowest)
		}
		return n, nil
	}
}

func parseRate(s string) (float64, error) {
	rate, err := strconv.ParseFloat(s, 64)
	if err != nil || !(rate >= 0 && rate <= 1e6) {
		return 0, errors.New("want requests/s from 0 to 1000000")
	}
	return rate, nil
}

// The shapes that we bring along.
var shapes = map[string]string{"greet": goldentraces.LoadGreet, "invoke": goldentraces.LoadInvoke}

func parseShape(s string) (shape.Shape, error) {
	if text, ok := shapes[s]; ok {
		return shape.Parse(s, text)
	}
	text, err := os.ReadFile(s)
	if err != nil {
		return shape.Shape{}, fmt.Errorf("want greet, invoke or a file: %w", err)
	}
	parsed, err := shape.Parse(s, string(text))
	if err != nil {
		return parsed, fmt.Errorf("%s: %w", s, err)
	}
	return parsed, nil
}

func mustShape(name string) shape.Shape {
	s, err := parseShape(name)
	if err != nil {
		panic(err) // our own files, covered by a test
	}
	return s
}

func mustFailOn(text string) result.FailOn {
	f, err := result.ParseFailOn(text)
	if err != nil {
		panic(err)
	}
	return f
}
