// Package load tests the load as people use it: on the real system without a cluster, and
// its report in a real browser.
package load

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/shape"
	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/test/goldentraces"
)

// binaries are built once, before any test, so that no test's time limit covers a build.
var binaries selfhost.Binaries

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("test/load: left out by -short; it needs daprd and Jaeger, which the first run builds, and Chromium")
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	binaries, err = selfhost.Build(ctx, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// start starts a system that lives as long as the test.
func start(t testing.TB) *selfhost.System {
	t.Helper()
	system, err := selfhost.Start(t.Context(), selfhost.Options{Binaries: binaries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(system.Stop)
	return system
}

func options(t testing.TB, system *selfhost.System) load.Options {
	t.Helper()
	expected, err := shape.Parse("greet", goldentraces.LoadGreet)
	if err != nil {
		t.Fatal(err)
	}
	failOn, err := result.ParseFailOn(result.DefaultFailOn)
	if err != nil {
		t.Fatal(err)
	}
	return load.Options{
		System: load.System{
			Where: "a test's own system", Target: system.URL(selfhost.Comms) + "/greet", TraceAPI: system.URL(selfhost.Jaeger),
			OTLP: fmt.Sprintf("http://127.0.0.1:%d", system.Ports().OTLP),
		},
		Requests: 200, Rate: 50, Concurrency: 10, Timeout: 10 * time.Second,
		Shape: expected, Settle: 4 * selfhost.SpanDelay, Deadline: 30 * time.Second, FailOn: failOn,
	}
}
