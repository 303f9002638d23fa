// Cluster makes and removes the local kind cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

const usage = `cluster makes and removes the local kind cluster, as kind-arm64.yaml describes it.

  go run ./cmd/cluster up          make it; one that is there is used, a stopped one started, a half-made one replaced
  go run ./cmd/cluster down        remove it and all that belongs to it
  go run ./cmd/cluster status      whether it is there, and its addresses
  go run ./cmd/cluster kubeconfig  write its context into the kubeconfig

Flags, behind the command:
`

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	options := cluster.Options{Progress: stdout}
	defaults := cluster.DefaultPorts()
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	flags.StringVar(&options.Name, "cluster-name", cluster.DefaultName, "name of the cluster: drydock, or drydock-<word>")
	flags.StringVar(&options.Kubeconfig, "cluster-kubeconfig", "", "kubeconfig file that gets the context; empty: kubectl's own choice")
	envflag.Port(flags, &options.Ports.Comms, "comms-port", defaults.Comms, true, "port of comms on 127.0.0.1; 0 for a free one")
	envflag.Port(flags, &options.Ports.Traces, "traces-port", defaults.Traces, true, "port of the trace UI on 127.0.0.1; 0 for a free one")
	envflag.Port(flags, &options.Ports.OTLP, "otlp-port", defaults.OTLP, true, "port on 127.0.0.1 that takes spans by OTLP over HTTP; 0 for a free one")
	envflag.Var(flags, &options.Workers, "workers", 0, "nodes beside the control plane, 0 to 5", parseWorkers)
	envflag.Var(flags, &options.Mode, "images", images.Auto, "where the node image comes from: auto, pull or source", images.ParseMode)

	command, rest := "help", args
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, rest = args[0], args[1:]
	}
	if command == "help" {
		if _, err := io.WriteString(stdout, usage); err != nil {
			return err
		}
		rest = []string{"-help"}
	}
	err := envflag.Parse(flags, rest, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if options.Root, err = toolchain.Root(); err != nil {
		return err
	}

	switch command {
	case "up":
		there, err := cluster.Up(ctx, options)
		if err != nil {
			return err
		}
		printAddresses(stdout, there)
		return nil
	case "down":
		return cluster.Down(ctx, options)
	case "status":
		there, err := cluster.Find(ctx, options)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "cluster %s is running\n", there.Name)
		printAddresses(stdout, there)
		return nil
	case "kubeconfig":
		there, err := cluster.Find(ctx, options)
		if err != nil {
			return err
		}
		if err := there.ExportKubeconfig(); err != nil {
			return err
		}
		fmt.Fprintf(stdout, "context %s\n", there.Context)
		return nil
	default:
		return fmt.Errorf("no command %q; see 'cluster help'", command)
	}
}

func printAddresses(stdout io.Writer, there *cluster.Cluster) {
	fmt.Fprintf(stdout, "  comms     http://127.0.0.1:%d\n  traces    http://127.0.0.1:%d\n  otlp      http://127.0.0.1:%d\n  context   %s\n", there.Ports.Comms, there.Ports.Traces, there.Ports.OTLP, there.Context)
}

func parseWorkers(value string) (int, error) {
	workers, err := strconv.Atoi(value)
	if err != nil || workers < 0 || workers > 5 {
		return 0, errors.New("want a number from 0 to 5")
	}
	return workers, nil
}
