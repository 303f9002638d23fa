// Package process is the boundary between a program and the operating system:
// signals in, one exit code out.
package process

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// Run is a whole program, given everything of the outside world that it uses.
// It works until ctx ends.
type Run func(ctx context.Context, args []string, getenv func(string) string, stdout io.Writer) error

// Main runs a program and exits: with 0, or with 1 and the error on standard
// error. SIGINT and SIGTERM end the program's context; a second one ends the
// process at once, as it would without us.
func Main(run Run) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
