// Command render renders the Helm charts of k8s/platform again, from the modules and
// values that pin them. With -check it changes nothing and fails where files differ.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/process"
	"github.com/drydock-dev/drydock/internal/render"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

func main() { process.Main(run) }

func run(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error {
	fs := flag.NewFlagSet("render", flag.ContinueOnError)
	check := fs.Bool("check", false, "change nothing, and fail where the committed files differ")
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
	tools := toolchain.New(root, os.Stderr)
	for _, platform := range render.Platforms() {
		if err := renderOne(ctx, tools, platform, *check, stdout); err != nil {
			return err
		}
	}
	return nil
}

func renderOne(ctx context.Context, tools *toolchain.Builder, platform render.Platform, check bool, stdout io.Writer) error {
	files, err := render.Render(ctx, tools, platform)
	if err != nil {
		return err
	}
	drift, err := render.Drift(tools.Root, platform, files)
	if err != nil {
		return err
	}
	if check && len(drift) > 0 {
		return fmt.Errorf("%s is not what its values and pins render to (make render mends it):\n  %s", platform.Dir(), strings.Join(drift, "\n  "))
	}
	if !check {
		if err := render.Write(tools.Root, platform, files); err != nil {
			return err
		}
	}
	state := "unchanged"
	if len(drift) > 0 {
		state = "rendered: " + strings.Join(drift, ", ")
	}
	_, err = fmt.Fprintf(stdout, "%s: %d files, %s\n", platform.Dir(), len(files), state)
	return err
}
