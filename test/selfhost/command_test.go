package selfhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/internal/toolchain"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// commands is the folder that holds the project's commands, built at the first call.
var commands = sync.OnceValues(func() (string, error) {
	root, err := toolchain.Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(scratch, "bin")
	cmd := exec.CommandContext(context.Background(), "go", "build", "-o", dir+string(filepath.Separator), "./cmd/selfhost", "./cmd/trace")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

// command is the path of one of the commands.
func command(t *testing.T, name string) string {
	t.Helper()
	dir, err := commands()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, name)
}

// freePorts is an environment in which the commands take free ports.
func freePorts() []string {
	env := os.Environ()
	var ports selfhost.Ports
	for _, setting := range ports.Settings() {
		env = append(env, envflag.EnvName(setting.Name)+"=0")
	}
	return env
}

// launch starts a command and waits until it says that the system is ready.
func launch(t *testing.T, cmd *exec.Cmd) *logBuffer {
	t.Helper()
	output := &logBuffer{}
	cmd.Stdout, cmd.Stderr = output, output
	cmd.WaitDelay = patient
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill() //nolint:errcheck // it has ended, unless the test failed
		if t.Failed() {
			t.Logf("the command's output:\n%s", output)
		}
	})
	eventually(t, func() error {
		if !strings.Contains(output.String(), "Stop:   Ctrl-C") {
			return errors.New("not ready")
		}
		return nil
	})
	return output
}

// TestCommands does what the README says: run, the printed curl line, trace, Ctrl-C.
func TestCommands(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), command(t, "selfhost"))
	cmd.Env = freePorts()
	output := launch(t, cmd)

	match := regexp.MustCompile(`Try: +curl -s (http://\S+)/greet`).FindStringSubmatch(output.String())
	jaeger := regexp.MustCompile(`Look: +make trace (JAEGER_PORT=\d+)`).FindStringSubmatch(output.String())
	if match == nil || jaeger == nil {
		t.Fatal("the table lacks the lines to try")
	}
	if err := greet.FromGreeter(mustGreet(t, match[1], "Ada"), "Ada"); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error {
		show := exec.CommandContext(t.Context(), command(t, "trace"), "--golden")
		show.Env = append(os.Environ(), jaeger[1])
		tree, err := show.CombinedOutput()
		if err == nil && !strings.HasSuffix(goldentraces.Greet, string(tree)) {
			err = errors.New("the newest trace is\n" + string(tree))
		}
		return err
	})
	if strings.Contains(output.String(), "\x1b") {
		t.Error("there are colours in an output that is no terminal")
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v, want exit code 0", err)
	}
	stopping := output.String()
	comms, greeter := strings.Index(stopping, `"shut down","service":"comms"`), strings.Index(stopping, `"shutting down","service":"greeter"`)
	if comms < 0 || greeter < comms {
		t.Error("comms was not down before greeter was told to stop")
	}
}

// TestCommandEndsWithItsParent kills the shell in whose place make or go run may stand.
func TestCommandEndsWithItsParent(t *testing.T) {
	t.Parallel()
	shell := exec.CommandContext(t.Context(), "sh", "-c", `"$0" --no-trace & echo "pid $!" && wait`, command(t, "selfhost"))
	shell.Env = freePorts()
	output := launch(t, shell)
	match := regexp.MustCompile(`pid (\d+)`).FindStringSubmatch(output.String())
	if match == nil {
		t.Fatal("the shell printed no process id")
	}
	pid, err := strconv.Atoi(match[1])
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return gone(pid) })
	shell.Wait() //nolint:errcheck // it was killed
}

func TestCommandWithoutASystem(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), command(t, "trace"), "--jaeger-port", "1")
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "make run") || !strings.Contains(string(out), "JAEGER_PORT") {
		t.Errorf("%v, %s; want a failure that tells what to do", err, out)
	}
}
