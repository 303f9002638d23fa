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

	"github.com/drydock-dev/drydock/internal/docblock"
	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

func run(_ context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	fs := flag.NewFlagSet("parity", flag.ContinueOnError)
	all := fs.Bool("all", false, "print every field that differs")
	write := fs.Bool("write", false, "write the list into "+parity.Document+" as a table")
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
	if *write {
		changed, err := docblock.Write(root, parity.Document, parity.Block, parity.Markdown(allow))
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "%s: changed %t\n", parity.Document, changed)
	}
	if err := parity.Print(stdout, allow, result, *all); err != nil {
		return err
	}
	if problems := result.Problems(); len(problems) > 0 {
		return fmt.Errorf("%d differences are not as reviewed:\n  %s", len(problems), strings.Join(problems, "\n  "))
	}
	return nil
}
