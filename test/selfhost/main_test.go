// Package selfhost tests the whole system without a cluster: both services behind real
// Dapr sidecars, with a real trace store, on free ports of this machine.
package selfhost

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"github.com/drydock-dev/drydock/internal/selfhost"
)

// binaries are built once, before any test, so that no test's time limit covers a build.
var binaries selfhost.Binaries

// scratch is a folder for what several tests share.
var scratch string

func TestMain(m *testing.M) {
	flag.Parse()
	switch {
	case os.Getenv(hostEnv) != "":
		os.Exit(host())
	case testing.Short():
		fmt.Println("test/selfhost: left out by -short; it needs daprd and Jaeger, which the first run builds")
	default:
		os.Exit(run(m))
	}
}

func run(m *testing.M) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	binaries, err = selfhost.Build(ctx, os.Stderr)
	stop()
	if err == nil {
		scratch, err = os.MkdirTemp("", "drydock-test-")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(scratch)
	return m.Run()
}

// system is a running system with its logs.
type system struct {
	*selfhost.System
	transport string
	logs      *logBuffer
}

// start starts a system that lives as long as the test; a part that died unasked fails it.
func start(t *testing.T, opts selfhost.Options) *system {
	t.Helper()
	logs := &logBuffer{}
	opts.Binaries, opts.Logs = binaries, logs
	s, err := selfhost.Start(t.Context(), opts)
	if err != nil {
		t.Fatalf("%v\n%s", err, logs)
	}
	t.Cleanup(func() {
		if err := s.Err(); err != nil {
			t.Error(err)
		}
		s.Stop()
	})
	return &system{s, opts.Transport, logs}
}

// run runs a case on the system, and shows what the system logged meanwhile when it fails.
func (s *system) run(t *testing.T, name string, do func(*testing.T, *system)) {
	t.Run(name, func(t *testing.T) {
		begin := s.logs.Len()
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("meanwhile the system logged:\n%s", s.logs.since(begin))
			}
		})
		do(t, s)
	})
}
