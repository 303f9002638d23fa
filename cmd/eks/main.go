// Command eks makes the cluster on Amazon EKS that eks/cluster.yaml describes, deploys the system to it, and removes
// everything again.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/drydock-dev/drydock/internal/docblock"
	"github.com/drydock-dev/drydock/internal/eks"
	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

const usage = `eks takes the system to Amazon EKS and takes it away again; docs/eks.md tells it all.

  go run ./cmd/eks up      make the cluster and all that the system needs, then push and deploy
  go run ./cmd/eks push    push the services' arm64 images
  go run ./cmd/eks deploy  push what has changed and apply k8s/overlays/eks by digest
  go run ./cmd/eks status  show the cluster and what runs on it
  go run ./cmd/eks down    print how everything would be removed; with -yes remove it and list what is left
  go run ./cmd/eks cost    what the cluster costs in an hour

-dry-run prints what a command would do, in order, and calls nothing. Each can be run again: after an error it goes on where it stopped,
or says what has to go first.
Name, region and size of the cluster are in eks/cluster.yaml. 'up' takes Datadog's API key from DATADOG_API_KEY.
'go run ./cmd/eks up -help' lists the settings.
`

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	var settings eks.Settings
	fs := flag.NewFlagSet("eks "+args[0], flag.ContinueOnError)
	settings.Bind(fs)
	write := fs.Bool("write", false, "with cost: write the table into "+eks.Document)
	dryRun := fs.Bool("dry-run", false, "print what would be done, in order, and call nothing")
	rest, yes := args[1:], false
	if args[0] == "down" {
		rest, yes = cutYes(rest)
	}
	if err := envflag.Parse(fs, rest, getenv, stdout); err != nil {
		if errors.Is(err, envflag.ErrHelp) {
			return nil
		}
		return err
	}
	project, err := load(settings)
	if err != nil {
		return err
	}
	var plan *eks.Plan
	switch args[0] {
	case "up":
		plan = project.Up()
		if !*dryRun {
			if err := project.Settings.ReadAPIKey(getenv); err != nil {
				return err
			}
		}
	case "push":
		plan = project.Push()
	case "deploy":
		plan = project.Deploy()
	case "status":
		plan = project.Status()
	case "down":
		plan = project.Down()
		*dryRun = *dryRun || !yes
	case "cost":
		return cost(project, *write, stdout)
	default:
		return fmt.Errorf("no command %q; see 'eks help'", args[0])
	}
	if !*dryRun {
		return plan.Run(ctx, stdout)
	}
	plan.Print(stdout)
	if args[0] == "down" && !yes {
		fmt.Fprint(stdout, "\n# Nothing was removed: 'down -yes' does it.\n")
	}
	return nil
}

// cutYes takes -yes out of the arguments. It is no flag like the others, because those can be set in the environment,
// where one forgets them.
func cutYes(args []string) (rest []string, yes bool) {
	for _, arg := range args {
		if arg == "-yes" || arg == "--yes" {
			yes = true
			continue
		}
		rest = append(rest, arg)
	}
	return rest, yes
}

func load(settings eks.Settings) (*eks.Project, error) {
	root, err := toolchain.Root()
	if err != nil {
		return nil, err
	}
	cluster, err := eks.ReadCluster(root)
	if err != nil {
		return nil, err
	}
	repositories, err := eks.OwnRepositories(root)
	if err != nil {
		return nil, err
	}
	return &eks.Project{
		Root: root, Cluster: cluster, Settings: settings, Repositories: repositories,
		Publish: eks.NewPublisher(root, os.Stderr),
	}, nil
}

func cost(project *eks.Project, write bool, stdout io.Writer) error {
	costs, err := project.Costs()
	if err != nil {
		return err
	}
	if write {
		table, err := project.CostTable()
		if err != nil {
			return err
		}
		if _, err := docblock.Write(project.Root, eks.Document, eks.CostsBlock, table); err != nil {
			return err
		}
	}
	note, err := project.SupportNote()
	if err != nil {
		return err
	}
	_, err = io.WriteString(stdout, eks.PrintCosts(costs)+note)
	return err
}
