// Bench-loop measures the inner loop on a cluster of its own.
package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"strconv"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/tiltloop/bench"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	options := bench.Options{Progress: os.Stderr}
	flags := flag.NewFlagSet("bench-loop", flag.ContinueOnError)
	envflag.Var(flags, &options.Edits, "edits", 15, "edits with live update", positive)
	envflag.Var(flags, &options.Naive, "naive", 15, "edits with image, load and rollout", positive)
	flags.BoolVar(&options.Keep, "keep", false, "keep the cluster "+bench.ClusterName+" for the next run")
	envflag.Var(flags, &options.Mode, "images", images.Auto, "where images come from: auto (pulled, else built), pull or source", images.ParseMode)
	err := envflag.Parse(flags, args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if options.Root, err = toolchain.Root(); err != nil {
		return err
	}
	report, err := bench.Run(ctx, options)
	if err != nil {
		return err
	}
	return report.Print(stdout)
}

func positive(value string) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 {
		return 0, errors.New("want a number from 1 up")
	}
	return n, nil
}
