package tiltloop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/toolchain"
)

// tilt is a Tilt to use.
type tilt struct {
	program string
	// pinned tells that it was built from its module, which comes without Tilt's web pages.
	pinned bool
}

var versionPattern = regexp.MustCompile(`v\d+\.\d+\.\d+`)

// atLeast reports whether what `tilt version` prints ("v0.36.0, built 2026-01-12") names a version that is not older than the pinned one.
func atLeast(printed, pinned string) bool {
	return semver.Compare(versionPattern.FindString(printed), pinned) >= 0
}

// findTilt returns an installed Tilt that is at least as new as the pinned one, else the pinned one, building it when it is absent.
func findTilt(ctx context.Context, tools *toolchain.Builder, progress io.Writer) (tilt, error) {
	pinned, err := pinnedVersion(tools)
	if err != nil {
		return tilt{}, err
	}
	if program, err := exec.LookPath("tilt"); err == nil {
		out, err := exec.CommandContext(ctx, program, "version").Output()
		if err == nil && atLeast(string(out), pinned) {
			return tilt{program: program}, nil
		}
		fmt.Fprintf(progress, "%s does not say that it is %s or newer: using that one instead\n", program, pinned)
	}
	program, err := tools.Path(ctx, "tilt", toolchain.Target{})
	if err != nil {
		return tilt{}, err
	}
	fmt.Fprintf(progress, "Tilt %s from its Go module, which carries no web UI: logs come to this terminal, and its page has state and logs only.\n", pinned)
	return tilt{program: program, pinned: true}, nil
}

func pinnedVersion(tools *toolchain.Builder) (string, error) {
	list, err := tools.Tools()
	if err != nil {
		return "", err
	}
	for _, tool := range list {
		if tool.Name == "tilt" {
			return "v" + strings.TrimPrefix(tool.Version, "v"), nil
		}
	}
	return "", errors.New("no tilt in tools/tools.yaml")
}

// Program is the Tilt that would be used.
func Program(ctx context.Context, root string, progress io.Writer) (string, error) {
	found, err := findTilt(ctx, toolchain.New(root, progress), progress)
	return found.program, err
}

// Command is a command of Tilt (up, ci, down) on the cluster and no other. Arguments for the Tiltfile stand behind "--".
func Command(ctx context.Context, root string, c *cluster.Cluster, command string, args []string, progress io.Writer) (*exec.Cmd, error) {
	if err := cluster.GuardContext(c.Kubeconfig, c.Context); err != nil {
		return nil, err
	}
	found, err := findTilt(ctx, toolchain.New(root, progress), progress)
	if err != nil {
		return nil, err
	}
	all := []string{command, "--context", c.Context}
	if found.pinned && command != "down" {
		all = append(all, "--web-mode=prod")
	}
	if found.pinned && command == "up" {
		all = append(all, "--stream")
	}
	if command == "down" {
		all = append(all, "--delete-namespaces") // they are ours, and Tilt would leave them
	}
	forTilt, forTiltfile := args, []string(nil)
	for i, arg := range args {
		if arg == "--" {
			forTilt, forTiltfile = args[:i], args[i+1:]
			break
		}
	}
	all = append(append(append(all, forTilt...), "--", "--cluster="+c.Name), forTiltfile...)
	cmd := exec.CommandContext(ctx, found.program, all...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TILT_DISABLE_ANALYTICS=1")
	if c.Kubeconfig != "" {
		cmd.Env = append(cmd.Env, "KUBECONFIG="+c.Kubeconfig)
	}
	return cmd, nil
}
