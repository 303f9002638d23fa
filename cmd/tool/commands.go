package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"text/tabwriter"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

func list(_ context.Context, b *toolchain.Builder, _ []string, stdout io.Writer) error {
	tools, err := b.Tools()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tVERSION\tBUILT\tWHAT FOR")
	for _, tool := range tools {
		built := "no"
		path, err := b.Built(tool.Name, toolchain.Target{})
		switch {
		case err != nil:
			return err
		case path != "":
			built = "yes"
		case tool.Note != "":
			built = "no, " + tool.Note
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", tool.Name, strings.TrimPrefix(tool.Version, "v"), built, tool.Purpose)
	}
	return table.Flush()
}

func path(ctx context.Context, b *toolchain.Builder, args []string, stdout io.Writer) error {
	flags, target := targetFlags("path")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("path takes the name of one program")
	}
	path, err := b.Path(ctx, flags.Arg(0), *target)
	if err != nil {
		return err
	}
	fmt.Fprintln(stdout, path)
	return nil
}

func build(ctx context.Context, b *toolchain.Builder, args []string, _ io.Writer) error {
	flags, target := targetFlags("build")
	all := flags.Bool("all", false, "every program of the list")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := flags.Args()
	if *all {
		tools, err := b.Tools()
		if err != nil {
			return err
		}
		for _, tool := range tools {
			names = append(names, tool.Name)
		}
	}
	if len(names) == 0 {
		return errors.New("build takes names of programs, or -all")
	}
	for _, name := range names {
		if _, err := b.Path(ctx, name, *target); err != nil {
			return err
		}
	}
	return nil
}

func prune(_ context.Context, b *toolchain.Builder, _ []string, stdout io.Writer) error {
	removed, freed, err := b.Prune()
	for _, dir := range removed {
		fmt.Fprintln(stdout, "removed", dir)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%d programs removed, %d MB freed\n", len(removed), freed>>20)
	return nil
}

// runTool becomes the program: its input, output, signals and exit code are the caller's.
func runTool(ctx context.Context, b *toolchain.Builder, args []string, _ io.Writer) error {
	if len(args) == 0 {
		return errors.New("run takes the name of a program, then -- and its arguments")
	}
	path, err := b.Path(ctx, args[0], toolchain.Target{})
	if err != nil {
		return err
	}
	rest := args[1:]
	if len(rest) > 0 && rest[0] == "--" {
		rest = rest[1:]
	}
	return syscall.Exec(path, append([]string{args[0]}, rest...), os.Environ())
}

func targetFlags(name string) (*flag.FlagSet, *toolchain.Target) {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	target := new(toolchain.Target)
	flags.StringVar(&target.OS, "os", "", "operating system, as GOOS")
	flags.StringVar(&target.Arch, "arch", "", "architecture, as GOARCH")
	return flags, target
}
