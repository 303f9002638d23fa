// Command parity prints in what the system on EKS differs from the system on kind, and fails when it differs in
// anything that eks/parity.yaml does not list.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

func run(_ context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	fs := flag.NewFlagSet("parity", flag.ContinueOnError)
	all := fs.Bool("all", false, "print every field that differs")
	if err := envflag.Parse(fs, args, getenv, stdout); err != nil {
		if errors.Is(err, envflag.ErrHelp) {
			return nil
		}
		return err
	}
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	allow, result, err := parity.Check(root)
	if err != nil {
		return err
	}
	if err := parity.Print(stdout, allow, result, *all); err != nil {
		return err
	}
	if problems := result.Problems(); len(problems) > 0 {
		return fmt.Errorf("%d differences are not as reviewed:\n  %s", len(problems), strings.Join(problems, "\n  "))
	}
	return nil
}
