// Images lists, makes and loads the images of the local cluster.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

const usage = `images makes the images of the local cluster, listed in images/images.yaml.

  go run ./cmd/images list                          every image: reference and source
  go run ./cmd/images build [-platform P] [NAME...] make images, all without a name, and print where they are
  go run ./cmd/images load [-cluster C] [NAME...]   make images and load them into the cluster

-platform is linux/amd64, linux/arm64 or both with a comma, by default this machine's processor; the node image is always for this machine.
Images are pulled; where a registry does not answer they are built from pinned source. IMAGES=pull or IMAGES=source insists on one way.
What is made is kept in $DRYDOCK_CACHE/images, by default in your cache folder.
`

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	if len(args) == 0 || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" || args[0] == "help" {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	mode, err := images.ParseMode(getenv("IMAGES"))
	if err != nil {
		return err
	}
	entries, err := images.ReadList(root)
	if err != nil {
		return err
	}

	flags := flag.NewFlagSet("images "+args[0], flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	platform := flags.String("platform", "linux/"+runtime.GOARCH, "")
	name := flags.String("cluster", cluster.DefaultName, "")
	kubeconfig := flags.String("kubeconfig", "", "")
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		_, err := io.WriteString(stdout, usage)
		return err
	} else if err != nil {
		return fmt.Errorf("%w; see 'images help'", err)
	}
	chosen, err := entries.Named(flags.Args()...)
	if err != nil {
		return err
	}
	store := images.New(root, stdout)

	switch args[0] {
	case "list":
		return list(chosen, stdout)
	case "build":
		return build(ctx, store, mode, *platform, chosen, stdout)
	case "load":
		there, err := cluster.Find(ctx, cluster.Options{Root: root, Name: *name, Kubeconfig: *kubeconfig, Progress: stdout})
		if err != nil {
			return err
		}
		archives, err := store.Ensure(ctx, mode, "", chosen)
		if err != nil {
			return err
		}
		return there.Load(ctx, archives)
	default:
		return fmt.Errorf("no command %q; see 'images help'", args[0])
	}
}

func list(chosen images.List, stdout io.Writer) error {
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tREFERENCE\tDIGEST\tSOURCE")
	for _, image := range chosen {
		digest, source := image.Digest, image.Source.Tool+image.Source.Package+image.Source.Recipe
		if len(digest) > 19 {
			digest = digest[:19]
		}
		if image.Own() {
			digest = "of its content"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", image.Name, image.Reference, digest, source)
	}
	return table.Flush()
}

func build(ctx context.Context, store *images.Store, mode images.Mode, platforms string, chosen images.List, stdout io.Writer) error {
	var made []images.Archive
	for platform := range strings.SplitSeq(platforms, ",") {
		arch, isLinux := strings.CutPrefix(platform, "linux/")
		if !isLinux || (arch != "amd64" && arch != "arm64") {
			return fmt.Errorf("-platform %s: want linux/amd64, linux/arm64 or both with a comma", platforms)
		}
		archives, err := store.Ensure(ctx, mode, arch, chosen)
		if err != nil {
			return err
		}
		made = append(made, archives...)
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	var total int64
	for _, archive := range made {
		fmt.Fprintf(table, "%s\t%d MB\t%s\n", archive.Reference, archive.Size>>20, archive.Path)
		total += archive.Size
	}
	fmt.Fprintf(table, "%d images\t%d MB\t\n", len(made), total>>20)
	if _, err := chosen.Named(images.NodeName); err == nil {
		reference, _, err := store.Node(ctx, mode, chosen)
		if err != nil {
			return fmt.Errorf("image %s: %w", images.NodeName, err)
		}
		fmt.Fprintf(table, "%s\t\tin Docker\n", reference)
	}
	return table.Flush()
}
