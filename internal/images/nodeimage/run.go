package nodeimage

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// step tells what is being done and how long it took.
func (b *Builder) step(ctx context.Context, what string, do func(context.Context) error) error {
	start := time.Now()
	fmt.Fprintf(b.Progress, "building %s ...\n", what)
	if err := do(ctx); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(b.Progress, "built %s in %s\n", what, time.Since(start).Round(100*time.Millisecond))
	return nil
}

// run runs a program; its output is shown only when it fails, and then the end of it.
func run(ctx context.Context, command ...string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%s: %w\n%s", command[0], err, lastLines(output.String(), 20))
	}
	return nil
}

func output(ctx context.Context, command ...string) (string, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(command, " "), err, lastLines(problem.String(), 20))
	}
	return strings.TrimSpace(string(out)), nil
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > count {
		lines = lines[len(lines)-count:]
	}
	return strings.Join(lines, "\n")
}
