//go:build e2e

package e2e

import (
	"context"
	"testing"

	"github.com/drydock-dev/drydock/test/greet"
)

func testGreeting(ctx context.Context, t *testing.T, s *system) {
	s.greets(ctx, t)
	for _, name := range []string{"Ada", "Ünï 🚢"} {
		a, err := greet.Ask(ctx, s.comms(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := greet.FromGreeter(a, name); err != nil || a.Source() != "greeter" {
			t.Errorf("%v, source %q", err, a.Source())
		}
	}
}

// testBadInput expects what the tests without a cluster expect.
func testBadInput(ctx context.Context, t *testing.T, s *system) {
	for _, err := range greet.CheckRejections(ctx, s.comms()) {
		t.Error(err)
	}
}
