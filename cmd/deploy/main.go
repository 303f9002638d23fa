// Deploy brings the system onto the local cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy"
	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	where := cluster.Options{Progress: stdout}
	what := deploy.Options{Progress: stdout}
	flags := flag.NewFlagSet("deploy", flag.ContinueOnError)
	flags.StringVar(&where.Name, "cluster-name", cluster.DefaultName, "name of the cluster: drydock, or drydock-<word>")
	flags.StringVar(&where.Kubeconfig, "cluster-kubeconfig", "", "kubeconfig file that has the context; empty: kubectl's own choice")
	flags.StringVar(&what.Overlay, "overlay", deploy.DefaultOverlay, "kustomization to deploy, a folder of the checkout")
	flags.StringVar(&what.Platform, "platform", deploy.DefaultPlatform, "kustomization that must be there first, a folder of the checkout")
	envflag.Var(flags, &what.Mode, "images", images.Auto, "where images come from: auto (pulled, else built), pull or source", images.ParseMode)
	envflag.Duration(flags, &what.Patience, "patience", deploy.DefaultPatience, time.Second, time.Hour, "how long each wait may take")
	err := envflag.Parse(flags, args, getenv, stdout)
	if errors.Is(err, envflag.ErrHelp) {
		return nil
	}
	if err != nil {
		return err
	}
	if where.Root, err = toolchain.Root(); err != nil {
		return err
	}
	what.Root = where.Root

	there, err := cluster.Find(ctx, where)
	if err != nil {
		return err
	}
	report, err := deploy.Run(ctx, there, what)
	if err != nil {
		if ctx.Err() != nil {
			return errors.New("stopped before everything was deployed; run it again to go on")
		}
		return fmt.Errorf("deploy to cluster %s: %w", there.Name, err)
	}
	return report.Print(stdout)
}
