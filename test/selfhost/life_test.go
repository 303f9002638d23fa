package selfhost

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/drydock-dev/drydock/internal/selfhost"
)

// hostEnv makes this test binary run a system instead of tests; its value are the binaries.
const hostEnv = "DRYDOCK_TEST_HOST"

// host runs a system until it is killed, and prints its process ids in one line.
func host() int {
	var b selfhost.Binaries
	if err := json.Unmarshal([]byte(os.Getenv(hostEnv)), &b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	system, err := selfhost.Start(context.Background(), selfhost.Options{Binaries: b})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, part := range system.Parts() {
		fmt.Print(system.PID(part), " ")
	}
	fmt.Println()
	select {}
}

// gone returns an error while a process runs. One that has ended may stay in the table
// of processes for as long as whoever inherited it does not ask for its exit code.
func gone(pid int) error {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	state, err := exec.CommandContext(context.Background(), "ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	if err != nil || strings.HasPrefix(string(state), "Z") { // ps fails when there is none
		return nil
	}
	return fmt.Errorf("process %d is still there (%s)", pid, bytes.TrimSpace(state))
}

func TestNoOrphanAfterKill(t *testing.T) {
	t.Parallel()
	config, err := json.Marshal(binaries)
	if err != nil {
		t.Fatal(err)
	}
	tmp := t.TempDir()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), hostEnv+"="+string(config), "TMPDIR="+tmp)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if killErr := cmd.Process.Kill(); err != nil || killErr != nil {
		t.Fatal(err, killErr)
	}
	cmd.Wait() //nolint:errcheck // it was killed
	pids := strings.Fields(line)
	if len(pids) != 5 {
		t.Fatalf("processes %q, want 5", line)
	}
	for _, text := range pids {
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, func() error { return gone(pid) })
	}
	eventually(t, func() error {
		left, err := os.ReadDir(tmp)
		if err == nil && len(left) > 0 {
			err = fmt.Errorf("%s is left in the temporary folder", left[0].Name())
		}
		return err
	})
}

func TestPartDies(t *testing.T) {
	t.Parallel()
	logs := &logBuffer{}
	system, err := selfhost.Start(t.Context(), selfhost.Options{Binaries: binaries, Logs: logs})
	if err != nil {
		t.Fatal(err)
	}
	defer system.Stop()
	pids := map[string]int{}
	for _, part := range system.Parts() {
		pids[part] = system.PID(part)
	}
	if err := syscall.Kill(pids[selfhost.Comms], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	var ended *selfhost.ExitError
	if err := system.Wait(t.Context()); !errors.As(err, &ended) {
		t.Fatalf("error %v, want an ExitError", err)
	}
	if ended.Part != selfhost.Comms || ended.State != "signal: killed" || !strings.Contains(strings.Join(ended.Last, "\n"), "listening") {
		t.Errorf("reported: %v", ended)
	}
	system.Stop()
	for _, pid := range pids {
		if err := gone(pid); err != nil {
			t.Error(err)
		}
	}
	if !strings.Contains(logs.String(), "greeter      | {") {
		t.Errorf("no line of greeter's log has its name:\n%s", logs)
	}
}

func TestWrongSettingOfAService(t *testing.T) {
	t.Parallel()
	system, err := selfhost.Start(t.Context(), selfhost.Options{
		Binaries: binaries, NoTrace: true,
		Env: map[string][]string{selfhost.Comms: {"GREETER_TIMEOUT=soon"}},
	})
	if err == nil {
		system.Stop()
		t.Fatal("started with a wrong setting")
	}
	for _, want := range []string{"comms ended unexpectedly (exit status 1)", "GREETER_TIMEOUT"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the error:\n%v", want, err)
		}
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		name  string
		ports selfhost.Ports
		want  string
	}{
		{"by another program", selfhost.Ports{OTLP: port}, fmt.Sprintf("port %d for Jaeger, OTLP over HTTP: another program listens there; choose another with --otlp-port or OTLP_PORT", port)},
		{"twice", selfhost.Ports{Comms: 23456, Greeter: 23456}, "port 23456 is set for comms and for greeter: move one with --greeter-port or GREETER_PORT"},
	} {
		t.Run(c.name, func(t *testing.T) {
			system, err := selfhost.Start(t.Context(), selfhost.Options{Ports: c.ports, Binaries: binaries})
			if err == nil {
				system.Stop()
				t.Fatal("started on a port that is taken")
			}
			if err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}
