package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestRun(t *testing.T) {
	// A cache of its own, so that the answers do not depend on what was built here.
	t.Setenv("DRYDOCK_CACHE", t.TempDir())
	tests := []struct {
		name    string
		args    []string
		stdout  string // part of what is printed
		failure string // part of the error; "" for none
	}{
		{"help", []string{"--help"}, "go run ./cmd/tool path NAME", ""},
		{"help of a command", []string{"build", "-help"}, "go run ./cmd/tool path NAME", ""},
		{"list", []string{"list"}, "Dapr's sidecar", ""},
		{"prune of nothing", []string{"prune"}, "0 programs removed", ""},
		{"no command", nil, "", errUsage.Error()},
		{"unknown command", []string{"bild"}, "", errUsage.Error()},
		{"path of nothing", []string{"path"}, "", "name of one program"},
		{"path of an unknown program", []string{"path", "dapr"}, "", `no tool is called "dapr"`},
		{"build of nothing", []string{"build"}, "", "-all"},
		{"run of nothing", []string{"run"}, "", "name of a program"},
		{"unknown flag", []string{"path", "-platform", "x", "daprd"}, "", "-platform"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			err := run(t.Context(), tt.args, &stdout, &stderr)
			if tt.failure == "" && err != nil || tt.failure != "" && (err == nil || !strings.Contains(err.Error(), tt.failure)) {
				t.Errorf("run: %v, want %q", err, tt.failure)
			}
			if !strings.Contains(stdout.String(), tt.stdout) {
				t.Errorf("printed %q, want %q in it", stdout.String(), tt.stdout)
			}
			if errors.Is(err, errUsage) && stderr.Len() == 0 {
				t.Error("a usage error printed no usage")
			}
		})
	}
}
