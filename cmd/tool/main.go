// Tool builds and runs the pinned Go programs of tools/tools.yaml.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

const usage = `tool builds programs from pinned source, once, and keeps them.

  go run ./cmd/tool list                 every program: version, built or not, what for
  go run ./cmd/tool path NAME            build if absent, print the path
  go run ./cmd/tool run NAME -- ARGS     build if absent, run with ARGS
  go run ./cmd/tool build NAME... | -all build, print nothing but progress
  go run ./cmd/tool prune                remove old versions from the cache

path and build take -os and -arch, before the names, for another platform than this machine's.
Programs are kept in $DRYDOCK_CACHE/tools, by default in your cache folder.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tool:", err)
		os.Exit(1)
	}
}

// errUsage is a mistake on the command line that the user was already told of.
var errUsage = errors.New("usage")

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return errUsage
	}
	commands := map[string]func(context.Context, *toolchain.Builder, []string, io.Writer) error{
		"list":  list,
		"path":  path,
		"run":   runTool,
		"build": build,
		"prune": prune,
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		fmt.Fprint(stdout, usage)
		return nil
	}
	command, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "tool: no command %q\n\n%s", args[0], usage)
		return errUsage
	}
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	err = command(ctx, toolchain.New(root, stderr), args[1:], stdout)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprint(stdout, usage)
		return nil
	}
	return err
}
