//go:build linux

// Supervisor is PID 1 of a service's development image, and its tar and rm.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/supervisor"
)

const usage = `supervisor PROGRAM [ARGUMENT...] runs a service from a writable folder, and anew whenever its binary there is replaced.
Called as tar it extracts standard input, called as rm it removes files, both below that folder only. The environment sets:

  SUPERVISOR_FOLDER  the folder, /app by default
  SUPERVISOR_WRAP    a command that runs the service, such as a debugger; old and new service then do not overlap
  HOST, PORT         where requests come in, all addresses and 8080 by default
  SHUTDOWN_DELAY     how long requests are answered after a SIGTERM, 0s by default
`

func main() {
	code, err := run(context.Background(), os.Args, os.Getenv)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

func run(ctx context.Context, args []string, getenv func(string) string) (int, error) {
	folder := filepath.Clean(or(getenv("SUPERVISOR_FOLDER"), "/app"))
	switch filepath.Base(args[0]) {
	case "tar":
		return code(supervisor.Extract(args[1:], os.Stdin, folder))
	case "rm":
		return code(supervisor.Remove(args[1:], folder))
	}
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		_, err := io.WriteString(os.Stderr, usage)
		return 2, err
	}
	delay, err := time.ParseDuration(or(getenv("SHUTDOWN_DELAY"), "0s"))
	if err != nil {
		return 2, fmt.Errorf("SHUTDOWN_DELAY: %w", err)
	}
	wrap := strings.Fields(getenv("SUPERVISOR_WRAP"))
	return supervisor.Run(ctx, supervisor.Config{
		Program: args[1], Args: args[2:], Folder: folder,
		Wrap: wrap, Exclusive: len(wrap) > 0,
		Address:       net.JoinHostPort(getenv("HOST"), or(getenv("PORT"), "8080")),
		ShutdownDelay: delay,
		Log:           slog.New(slog.NewJSONHandler(os.Stdout, nil)).With(slog.String("part", "supervisor")),
	})
}

func code(err error) (int, error) {
	if err != nil {
		return 1, err
	}
	return 0, nil
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}
