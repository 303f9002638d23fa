package rig

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/drydock-dev/drydock/internal/logbuffer"
	"github.com/drydock-dev/drydock/internal/tiltloop"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// patience decides when a Tilt that does not come up is given up.
const patience = 10 * time.Minute

// Tilt is a running `tilt up` on the rig.
type Tilt struct {
	rig     *Rig
	program string
	port    string
	cmd     *exec.Cmd
	log     logbuffer.Buffer
	done    chan struct{} // closed when it has ended
}

// Log is what Tilt printed so far.
func (t *Tilt) Log() string { return t.log.String() }

// Plain runs Tilt as somebody does who knows nothing of us, with a kubeconfig of any kind, and returns what it printed.
func (r *Rig) Plain(ctx context.Context, kubeconfig string, args ...string) (string, error) {
	program, err := tiltloop.Program(ctx, r.Root, r.options.Progress)
	if err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, program, append(args, "--web-mode=prod")...)
	cmd.Dir = r.Root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Make is a target of the copy's Makefile, on the rig's cluster.
func (r *Rig) Make(ctx context.Context, target string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "make", append([]string{target}, args...)...)
	cmd.Dir = r.Root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+r.Cluster.Kubeconfig, "CLUSTER_NAME="+r.Cluster.Name)
	// Passed on by make, unlike others.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// CI runs `tilt ci` to its end and returns what it printed.
func (r *Rig) CI(ctx context.Context) (string, error) {
	cmd, err := tiltloop.Command(ctx, r.Root, r.Cluster, "ci", []string{"--port=0"}, r.options.Progress)
	if err != nil {
		return "", err
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("tilt ci: %w", err)
	}
	return string(out), err
}

// Down runs `tilt down`.
func (r *Rig) Down(ctx context.Context) (string, error) {
	cmd, err := tiltloop.Command(ctx, r.Root, r.Cluster, "down", nil, r.options.Progress)
	if err != nil {
		return "", err
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("tilt down: %w", err)
	}
	return string(out), err
}

// Up starts `tilt up`, with settings of the Tiltfile, and waits until every resource is up to date and healthy.
func (r *Rig) Up(ctx context.Context, settings ...string) (*Tilt, error) {
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	t := &Tilt{rig: r, port: port, done: make(chan struct{})}
	args := append([]string{"--stream", "--port=" + port, "--"}, settings...)
	// Tilt outlives the wait for it, which may have a context of its own.
	if t.cmd, err = tiltloop.Command(context.WithoutCancel(ctx), r.Root, r.Cluster, "up", args, r.options.Progress); err != nil {
		return nil, err
	}
	t.program = t.cmd.Path
	t.cmd.Stdout, t.cmd.Stderr = &t.log, &t.log
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		_ = t.cmd.Wait()
		close(t.done)
	}()
	if err := t.awaitAll(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("tilt up: %w\n%s", err, tail(t.Log())), t.Stop())
	}
	return t, nil
}

// Stop ends Tilt as Ctrl-C does.
func (t *Tilt) Stop() error {
	select {
	case <-t.done:
		return nil
	default:
	}
	if err := t.cmd.Process.Signal(syscall.SIGINT); err != nil {
		return err
	}
	select {
	case <-t.done:
		return nil
	case <-time.After(30 * time.Second):
		return errors.Join(errors.New("tilt up did not end within 30 s after Ctrl-C"), t.cmd.Process.Kill())
	}
}

// Get asks Tilt's own API: `tilt get ...`.
func (t *Tilt) Get(ctx context.Context, args ...string) (string, error) {
	return t.ask(ctx, append([]string{"get"}, args...)...)
}

// ask runs a command of Tilt that speaks to the running one.
func (t *Tilt) ask(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, t.program, append(args, "--port="+t.port)...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("tilt %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(problem.String()))
	}
	return strings.TrimSpace(string(out)), nil
}

// Click does what the button of that name in Tilt's UI does, and returns the exit code of its command.
func (t *Tilt) Click(ctx context.Context, button string) (exitCode string, err error) {
	kubectl, err := toolchain.New(t.rig.Root, t.rig.options.Progress).Path(ctx, "kubectl", toolchain.Target{})
	if err != nil {
		return "", err
	}
	// Tilt's own API speaks as Kubernetes' does.
	clicked := time.Now().UTC()
	patch := fmt.Sprintf(`{"status":{"lastClickedAt":%q}}`, clicked.Format("2006-01-02T15:04:05.000000Z"))
	cmd := exec.CommandContext(ctx, kubectl, "--kubeconfig", filepath.Join(t.rig.environment()["TILT_DEV_DIR"], "config"), "--context", "tilt-"+t.port,
		"patch", "uibutton", button, "--subresource=status", "--type=merge", "--patch", patch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("click %s: %w: %s", button, err, out)
	}
	for {
		out, err := t.Get(ctx, "cmd", button, "-o", "jsonpath={.status.terminated.startedAt} {.status.terminated.exitCode}")
		if err != nil {
			return "", err
		}
		start, exitCode, _ := strings.Cut(out, " ")
		// What ended before is the command of an earlier click.
		if started, err := time.Parse(time.RFC3339, start); err == nil && started.After(clicked) {
			return exitCode, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// States are the update status and the runtime status of every resource that is enabled: "ok ok", "error ok", "not_applicable ok" and so on.
func (t *Tilt) States(ctx context.Context) (map[string]string, error) {
	out, err := t.Get(ctx, "uiresources", "-o", `jsonpath={range .items[*]}{.metadata.name} {.status.updateStatus} {.status.runtimeStatus}|{.status.disableStatus.state}{"\n"}{end}`)
	if err != nil {
		return nil, err
	}
	states := map[string]string{}
	for line := range strings.Lines(out) {
		resource, enabled, _ := strings.Cut(strings.TrimSpace(line), "|")
		if enabled == "Disabled" {
			continue
		}
		name, state, _ := strings.Cut(resource, " ")
		states[name] = state
	}
	return states, nil
}

// Pending lists the resources that are not up to date and healthy; nil when all are.
func (t *Tilt) Pending(ctx context.Context) ([]string, error) {
	states, err := t.States(ctx)
	if err != nil {
		return nil, err
	}
	if len(states) < 3 {
		return []string{"the Tiltfile"}, nil
	}
	var pending []string
	for name, state := range states {
		for status := range strings.FieldsSeq(state) {
			if status != "ok" && status != "not_applicable" {
				pending = append(pending, name+" ("+state+")")
				break
			}
		}
	}
	return pending, nil
}

func (t *Tilt) awaitAll(ctx context.Context) error {
	deadline := time.Now().Add(patience)
	for {
		select {
		case <-t.done:
			return errors.New("it ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		pending, err := t.Pending(ctx)
		if err == nil && len(pending) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("after %s these are not there: %s %w", patience, strings.Join(pending, ", "), err)
		}
	}
}

// freePort returns a port for Tilt's own API.
func freePort(ctx context.Context) (string, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return strconv.Itoa(listener.Addr().(*net.TCPAddr).Port), nil
}

func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
