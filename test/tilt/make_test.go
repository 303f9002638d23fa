//go:build e2e

package tilt

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// testMake is what a developer types: make up and Ctrl-C, make up again, and make down in another terminal. The cluster is there, and empty.
func testMake(ctx context.Context, t *testing.T, l *loop) {
	up, said := l.makeUp(ctx, t)
	// A terminal's Ctrl-C goes to every process of the foreground at once.
	if err := syscall.Kill(-up.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := up.Wait(); err != nil {
		t.Logf("make up, after Ctrl-C: %v", err) // what make says of it is its own affair
	}
	if left := processesOf(t, l.Root); len(left) > 0 {
		t.Errorf("left behind by Ctrl-C: %s\n%s", strings.Join(left, "; "), said)
	}
	l.greets(ctx, t, " from greeter!")

	up, said = l.makeUp(ctx, t)
	if out, err := l.Make(ctx, "down").CombinedOutput(); err != nil || !strings.Contains(string(out), "ended the running Tilt") {
		t.Errorf("make down: %v\n%s", err, out)
	}
	if err := up.Wait(); err != nil {
		t.Errorf("make up, ended by make down: %v\n%s", err, said)
	}
	if left := processesOf(t, l.Root); len(left) > 0 {
		t.Errorf("left behind by make down: %s", strings.Join(left, "; "))
	}
	if out, err := l.Make(ctx, "status").CombinedOutput(); err == nil || !strings.Contains(string(out), "cluster "+clusterName+" does not exist") {
		t.Errorf("make status afterwards: %v\n%s", err, out)
	}
}

// makeUp starts make up in a session of its own, as a terminal does, and waits until its watcher runs and there is a greeting. What it says may be read
// when it has ended.
func (l *loop) makeUp(ctx context.Context, t *testing.T) (up *exec.Cmd, said *bytes.Buffer) {
	t.Helper()
	said = new(bytes.Buffer)
	up = l.Make(ctx, "up", "ARGS=--port=0 -- comms greeter")
	up.Stdout, up.Stderr = said, said
	up.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(ctx, t, "the watcher of make up", func(context.Context) error {
		running := strings.Join(processesOf(t, l.Root), "\n")
		if !strings.Contains(running, "tiltloop watch") {
			return fmt.Errorf("running: %s", running)
		}
		return nil
	})
	l.greets(ctx, t, " from greeter!")
	return up, said
}
