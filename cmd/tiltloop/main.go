// Tiltloop starts Tilt on the local cluster, and does what the Tiltfile asks for.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/manifests"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/servicebuild"
	"github.com/drydock-dev/drydock/internal/tiltloop"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

const usage = `tiltloop starts Tilt on the local cluster. A Tilt that is installed is used; else the pinned one is built from source, once.

  go run ./cmd/tiltloop up [TILT'S FLAGS] [-- SETTINGS]   until Ctrl-C; what runs in the cluster stays there
  go run ./cmd/tiltloop ci [TILT'S FLAGS] [-- SETTINGS]   until everything is up and healthy, or an error
  go run ./cmd/tiltloop down                              end a running Tilt and remove what it deployed
  go run ./cmd/tiltloop stop                              end a running Tilt

Settings of the Tiltfile: --services=greeter (only these), --debug=greeter (built for a debugger, which listens).
CLUSTER_NAME is the cluster, drydock by default. What Tilt itself runs, with the flags -cluster, -arch and so on:

  describe   manifests DIR   load DIR...   watch SERVICE...   compile SERVICE   image SERVICE   greet URL
`

func main() { process.Main(run) }

// loop is what every command needs.
type loop struct {
	root, arch, refTo string
	debug             bool
	n                 int
	mode              images.Mode
	options           cluster.Options
	stdout            io.Writer
}

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	if len(args) == 0 || args[0] == "help" || strings.HasPrefix(args[0], "-") {
		_, err := io.WriteString(stdout, usage)
		return err
	}
	root, err := toolchain.Root()
	if err != nil {
		return err
	}
	l := loop{root: root, stdout: stdout}
	if l.mode, err = images.ParseMode(getenv("IMAGES")); err != nil {
		return err
	}
	l.options = cluster.Options{Root: root, Name: cluster.DefaultName, Progress: os.Stderr}
	if name := getenv("CLUSTER_NAME"); name != "" {
		l.options.Name = name
	}
	command, rest := args[0], args[1:]
	switch command {
	case "up", "ci":
		return l.tilt(ctx, command, rest)
	case "down":
		return errors.Join(tiltloop.Stop(ctx, root, stdout), l.tilt(ctx, command, rest))
	case "stop":
		return tiltloop.Stop(ctx, root, stdout)
	}
	flags := flag.NewFlagSet("tiltloop "+command, flag.ContinueOnError)
	flags.StringVar(&l.options.Name, "cluster", l.options.Name, "name of the cluster")
	flags.StringVar(&l.arch, "arch", "", "processor of the nodes, as GOARCH")
	flags.StringVar(&l.refTo, "ref-to", "", "file that gets the image's reference")
	flags.BoolVar(&l.debug, "debug", false, "for a debugger")
	flags.IntVar(&l.n, "n", 1, "how many requests")
	if err := flags.Parse(rest); errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	return l.inner(ctx, command, flags.Args())
}

// tilt runs Tilt in this terminal.
func (l loop) tilt(ctx context.Context, command string, args []string) error {
	c, err := cluster.Find(ctx, l.options)
	if err != nil {
		return err
	}
	cmd, err := tiltloop.Command(ctx, l.root, c, command, args, l.stdout)
	if err != nil {
		return err
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, l.stdout, os.Stderr
	return tiltloop.Run(ctx, l.root, cmd)
}

// inner is what the Tiltfile asks for.
func (l loop) inner(ctx context.Context, command string, args []string) error {
	wanted := map[string]int{"describe": 0, "manifests": 1, "compile": 1, "image": 1, "greet": 1}
	if n, known := wanted[command]; known && len(args) != n {
		return fmt.Errorf("%s takes %d arguments; see 'tiltloop help'", command, n)
	}
	switch command {
	case "manifests":
		rendered, err := manifests.Build(l.root, args[0], nil)
		if err == nil {
			_, err = l.stdout.Write(rendered)
		}
		return err
	case "compile":
		return tiltloop.Compile(ctx, l.build(args[0]), l.stdout)
	case "greet":
		return tiltloop.GreetMany(ctx, args[0], l.n, l.stdout)
	}
	if command == "watch" {
		var stop context.CancelFunc
		ctx, stop = process.UntilOrphaned(ctx)
		defer stop()
	}
	c, err := cluster.Find(ctx, l.options)
	if err != nil {
		return err
	}
	switch command {
	case "describe":
		facts, err := tiltloop.Describe(ctx, l.root, c)
		if err != nil {
			return err
		}
		return json.NewEncoder(l.stdout).Encode(facts)
	case "watch":
		var builds []servicebuild.Build
		for _, service := range args {
			builds = append(builds, l.build(service))
		}
		return tiltloop.Watch(ctx, builds, tiltloop.NewAhead(ctx, l.root, c, args).Send)
	case "image":
		return tiltloop.Image(ctx, l.root, c, args[0], l.arch, l.debug, l.refTo, l.stdout)
	case "load":
		var rendered []byte
		for _, dir := range args {
			one, err := manifests.Build(l.root, dir, nil)
			if err != nil {
				return err
			}
			rendered = append(rendered, one...)
		}
		return tiltloop.LoadImages(ctx, l.root, c, l.mode, l.arch, rendered, l.stdout)
	default:
		return fmt.Errorf("no command %q; see 'tiltloop help'", command)
	}
}

func (l loop) build(service string) servicebuild.Build {
	return servicebuild.Build{Root: l.root, Service: service, Arch: l.arch, Debug: l.debug}
}
