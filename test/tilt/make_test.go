//go:build e2e

package tilt

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

// testMake is what a developer types in two terminals. The cluster is there, and empty.
func testMake(ctx context.Context, t *testing.T, l *loop) {
	var said bytes.Buffer
	up := l.Make(ctx, "up", "ARGS=--port=0 -- comms greeter")
	up.Stdout, up.Stderr = &said, &said
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	l.greets(ctx, t, " from greeter!")
	if out, err := l.Make(ctx, "down").CombinedOutput(); err != nil || !strings.Contains(string(out), "ended the running Tilt") {
		t.Errorf("make down: %v\n%s", err, out)
	}
	if err := up.Wait(); err != nil {
		t.Errorf("make up, ended by make down: %v\n%s", err, &said)
	}
	if left := processesOf(t, l.Root); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, "; "))
	}
	if out, err := l.Make(ctx, "status").CombinedOutput(); err == nil || !strings.Contains(string(out), "cluster "+clusterName+" does not exist") {
		t.Errorf("make status afterwards: %v\n%s", err, out)
	}
}
