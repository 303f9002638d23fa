package eks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// world is an AWS account with its cluster, as far as the plans can see it. Fake programs read and change it.
type world struct {
	// Status of the cluster; empty when there is none.
	Status string
	// Has what is there, by names such as "repository drydock/comms".
	Has map[string]bool
	// Calls are the commands so far, Reads what each read.
	Calls, Reads []string
	// Leaks are secrets that a program could see in its environment.
	Leaks []string
	// FailAt is the number of the call that fails, from 1; 0 for none.
	FailAt int
	// Late makes that call fail only after it has had its effect.
	Late bool
}

// The environment variables by which the test's binary knows that it is a fake program.
const worldVariable = "DRYDOCK_FAKE_WORLD"

// TestMain makes the test's binary the fake aws, eksctl, kubectl and helm when it is called by these names.
func TestMain(m *testing.M) {
	file := os.Getenv(worldVariable)
	if file == "" {
		os.Exit(m.Run())
	}
	os.Exit(fakeMain(file))
}

func fakeMain(file string) int {
	w, err := readWorld(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	stdin, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = w.call(filepath.Base(os.Args[0]), os.Args[1:], os.Environ(), stdin, os.Stdout)
	}
	if err := errors.Join(err, w.write(file)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func readWorld(file string) (*world, error) {
	w := &world{Has: map[string]bool{}}
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return w, nil
	}
	if err != nil {
		return nil, err
	}
	return w, json.Unmarshal(data, w)
}

func (w *world) write(file string) error {
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o600)
}

// call is one call of a fake program.
func (w *world) call(program string, args, env []string, stdin []byte, stdout io.Writer) error {
	line := program + " " + strings.Join(args, " ")
	w.Calls = append(w.Calls, line)
	w.Reads = append(w.Reads, string(stdin))
	for _, entry := range env {
		if strings.Contains(entry, secretKey) {
			w.Leaks = append(w.Leaks, line)
		}
	}
	failure := errors.New("the network is down")
	fails := len(w.Calls) == w.FailAt
	switch {
	case fails && !w.Late:
		return failure
	case fails && program == "helm":
		return errors.Join(failure, w.cutShort(line))
	}
	words, err := w.answer(program, line, string(stdin), variable(env, "KUBECONFIG"))
	if fails {
		return errors.Join(failure, err)
	}
	fmt.Fprintln(stdout, strings.Join(words, "\t"))
	return err
}

func variable(env []string, name string) string {
	for _, entry := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

func (w *world) answer(program, line, stdin, kubeconfig string) ([]string, error) {
	switch program {
	case "aws":
		return w.aws(line)
	case "eksctl":
		return nil, w.eksctl(line)
	default:
		if w.Status != "ACTIVE" {
			return nil, errors.New("the API server does not answer")
		}
		if content, err := os.ReadFile(kubeconfig); err != nil || string(content) != clusterName {
			return nil, fmt.Errorf("kubeconfig %q does not lead to %s: %w", kubeconfig, clusterName, err)
		}
		if program == "helm" {
			return w.helm(line)
		}
		return w.kubectl(line, stdin)
	}
}

// list are the names of what is there and begins so, without the beginning.
func (w *world) list(kind string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(w.Has)) {
		if rest, ok := strings.CutPrefix(name, kind+" "); ok {
			names = append(names, rest)
		}
	}
	return names
}

// drop removes all of some kinds.
func (w *world) drop(kinds ...string) {
	for _, kind := range kinds {
		for _, name := range w.list(kind) {
			delete(w.Has, kind+" "+name)
		}
	}
}

// start runs a command against this world within the test's process.
func (w *world) start(cmd *exec.Cmd) error {
	var stdin []byte
	if cmd.Stdin != nil {
		stdin, _ = io.ReadAll(cmd.Stdin)
	}
	err := w.call(cmd.Args[0], cmd.Args[1:], cmd.Env, stdin, cmd.Stdout)
	if err != nil {
		fmt.Fprintln(cmd.Stderr, err)
		return errors.New("exit status 1")
	}
	return nil
}
