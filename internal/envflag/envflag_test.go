package envflag_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
)

type settings struct {
	port    int
	timeout time.Duration
	mode    string
	token   string
}

func parse(args []string, env map[string]string) (settings, string, error) {
	var s settings
	fs := flag.NewFlagSet("prog", flag.ContinueOnError)
	envflag.Port(fs, &s.port, "port", 8080, false, "a port")
	envflag.Duration(fs, &s.timeout, "greeter-timeout", time.Second, time.Millisecond, time.Minute, "a time")
	envflag.OneOf(fs, &s.mode, "mode", "a", "a mode", "a", "b")
	envflag.Secret(fs, &s.token, "token", "a secret")
	var help bytes.Buffer
	err := envflag.Parse(fs, args, func(k string) string { return env[k] }, &help)
	if err == nil {
		envflag.Log(context.Background(), slog.New(slog.NewTextHandler(&help, nil)), fs)
	}
	return s, help.String(), err
}

func TestParse(t *testing.T) {
	t.Parallel()
	def := settings{8080, time.Second, "a", ""}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want settings
		err  []string // what the error must say
	}{
		{"defaults", nil, nil, def, nil},
		{"environment", nil, map[string]string{"PORT": "1", "GREETER_TIMEOUT": "2s", "MODE": "b", "TOKEN": "x"}, settings{1, 2 * time.Second, "b", "x"}, nil},
		{"flag wins", []string{"-port", "2"}, map[string]string{"PORT": "wrong, but unused"}, settings{2, time.Second, "a", ""}, nil},
		{"empty is unset", nil, map[string]string{"PORT": "", "MODE": ""}, def, nil},
		{"port too high", nil, map[string]string{"PORT": "65536"}, def, []string{`PORT="65536"`, "1 to 65535"}},
		{"port zero", nil, map[string]string{"PORT": "0"}, def, []string{`PORT="0"`}},
		{"port a word", nil, map[string]string{"PORT": "http"}, def, []string{`PORT="http"`}},
		{"duration without unit", nil, map[string]string{"GREETER_TIMEOUT": "2"}, def, []string{`GREETER_TIMEOUT="2"`, "1ms to 1m0s"}},
		{"duration too long", nil, map[string]string{"GREETER_TIMEOUT": "2h"}, def, []string{"GREETER_TIMEOUT"}},
		{"word", nil, map[string]string{"MODE": "c"}, def, []string{`MODE="c"`, "one of a, b"}},
		{"secret with a line break", nil, map[string]string{"TOKEN": "a\nb"}, def, []string{"TOKEN", "printable"}},
		{"all wrong settings at once", nil, map[string]string{"MODE": "c", "PORT": "x"}, def, []string{"MODE", "PORT"}},
		{"flag", []string{"-port=x"}, nil, def, []string{"-port", "1 to 65535"}},
		{"unknown flag", []string{"-nope"}, nil, def, []string{"-nope"}},
		{"argument", []string{"start"}, nil, def, []string{`"start"`, "-help"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := parse(tt.args, tt.env)
			if (err != nil) != (tt.err != nil) {
				t.Fatalf("error %v", err)
			}
			for _, part := range tt.err {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if got != tt.want {
				t.Errorf("settings %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	_, logged, err := parse(nil, map[string]string{"TOKEN": "hunter2"})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(logged, "hunter2") || !strings.Contains(logged, "TOKEN=(set)") {
		t.Errorf("logged %s", logged)
	}
	_, _, err = parse(nil, map[string]string{"TOKEN": "hunter2 \n"})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	_, help, err := parse([]string{"-help"}, nil)
	if !errors.Is(err, envflag.ErrHelp) {
		t.Fatalf("error %v", err)
	}
	for _, part := range []string{"-greeter-timeout, GREETER_TIMEOUT", `"8080"`, "a mode: a, b"} {
		if !strings.Contains(help, part) {
			t.Errorf("help does not say %q:\n%s", part, help)
		}
	}
}
