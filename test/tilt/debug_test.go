//go:build e2e

package tilt

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/toolchain"
	"github.com/drydock-dev/drydock/test/greet"
)

// debugger is where the Tiltfile puts greeter's on this machine.
const debugger = "127.0.0.1:40001"

// session is what a developer would type: stop where a greeting is made, look at a variable, let the service go on.
const session = `break github.com/drydock-dev/drydock/services/greeter/internal/greeting.(*Greeter).Greet
continue
print name
clearall
exit -c
`

// testDebug starts Tilt with settings: greeter without comms, and built for a debugger.
func testDebug(ctx context.Context, t *testing.T, l *loop) {
	var err error
	if l.tilt, err = l.Up(ctx, "greeter", "--debug=greeter"); err != nil {
		t.Fatal(err)
	}
	states, err := l.tilt.States(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, resource := range []string{"comms", "compile-comms", "watch"} {
		if state, enabled := states[resource]; enabled {
			t.Errorf("Tilt takes care of %s (%s), which nobody asked for", resource, state)
		}
	}

	// Without comms and its sidecar.
	address, err := l.Kube.Forward(ctx, namespace, "pod/"+l.onlyPod(ctx, t, "greeter"), 8080)
	if err != nil {
		t.Fatal(err)
	}
	greeter := "http://" + address
	// Somebody keeps asking, so that there is a greeting to stop at.
	asking, stop := context.WithCancel(ctx)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		for asking.Err() == nil {
			_, _ = greet.Ask(asking, greeter, "Ada")
		}
	}()
	out, err := debug(ctx, t, session)
	stop()
	<-asked
	if err != nil || !strings.Contains(out, `"Ada"`) {
		t.Errorf("the debugger does not show the name at the greeting: %v\n%s", err, out)
	}

	// A replaced binary runs under the debugger again.
	l.edit(t, greeting, greetingText, `" from a debugged greeter!"`)
	eventually(ctx, t, "the edited greeting", func(ctx context.Context) error {
		answer, err := greet.Ask(ctx, greeter, "Ada")
		if err == nil && !strings.Contains(answer.Body, "from a debugged greeter!") {
			err = fmt.Errorf("it answers %d %s", answer.Status, answer.Body)
		}
		return err
	})
	if out, err = debug(ctx, t, "exit -c\n"); err != nil {
		t.Errorf("no debugger after an edit: %v\n%s", err, out)
	}
	l.edit(t, greeting, `" from a debugged greeter!"`, greetingText)
	testStop(ctx, t, l)
}

// onlyPod waits until a service has one pod, and those before are gone.
func (l *loop) onlyPod(ctx context.Context, t *testing.T, service string) string {
	t.Helper()
	var name string
	eventually(ctx, t, "one pod of "+service, func(ctx context.Context) error {
		pods, err := l.Kube.Pods(ctx, namespace, "app="+service)
		if err != nil {
			return err
		}
		if len(pods) != 1 {
			return fmt.Errorf("there are %d", len(pods))
		}
		name = pods[0].Metadata.Name
		return nil
	})
	return name
}

// debug types a session into a debugger that is connected to the service, and returns what it shows.
func debug(ctx context.Context, t *testing.T, typed string) (string, error) {
	t.Helper()
	root, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	delve, err := toolchain.New(root, progress).Path(ctx, "dlv", toolchain.Target{})
	if err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(t.TempDir(), "session")
	if err := os.WriteFile(script, []byte(typed), 0o600); err != nil {
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := exec.CommandContext(limited, delve, "connect", debugger, "--init", script).CombinedOutput()
	return string(out), err
}
