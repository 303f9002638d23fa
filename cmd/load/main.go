// Command load sends greetings to comms, finds the trace of every one of them, and judges
// both: one line of exit code for a machine, a text, a JSON file and an HTML page for people.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/mattn/go-isatty"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/process"
)

// toOutput in the place of a folder is for a pod, whose log is all that is left of it.
const toOutput = "-"

// Exit codes, as --help tells them.
const (
	exitFailed      = 1   // a condition of --fail-on holds
	exitCannot      = 2   // the run could not be done
	exitInterrupted = 130 // Ctrl-C, as shells have it
)

var (
	errFailed      = errors.New("the run failed by --fail-on")
	errInterrupted = errors.New("interrupted")
)

func main() {
	load.Frugal()
	process.Main(func(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
		err := run(ctx, args, getenv, stdout, os.Stderr)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errFailed) { // of which the report tells; in a pod's log the line would end up amid it
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(exitCode(err))
		return nil
	})
}

func exitCode(err error) int {
	switch {
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.Is(err, errFailed):
		return exitFailed
	default:
		return exitCannot
	}
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	set, err := parse(args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	o := set.options
	if o.System, err = load.Locate(ctx, load.LocalAddresses(), o.System); err != nil {
		return err
	}
	o.Progress, o.Terminal = stderr, isTerminal(stderr)
	result, err := load.Run(ctx, o)
	if err != nil {
		return err
	}
	if err := result.WriteText(stdout); err != nil {
		return err
	}
	switch set.out {
	case load.None:
	case toOutput:
		if err := json.NewEncoder(stdout).Encode(result); err != nil {
			return err
		}
	default:
		if err := load.WriteFiles(set.out, &result); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "report: %s\n", filepath.Join(set.out, load.HTMLFile))
	}
	switch {
	case result.Run.Interrupted:
		return errInterrupted
	case !result.Verdict.OK:
		return errFailed
	default:
		return nil
	}
}

func isTerminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && isatty.IsTerminal(file.Fd())
}
