package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func parsed(t *testing.T, args ...string) (settings, string, error) {
	t.Helper()
	var help bytes.Buffer
	set, err := parse(args, func(string) string { return "" }, &help)
	return set, help.String(), err
}

func TestDefaultsAreTheArticles(t *testing.T) {
	set, _, err := parsed(t)
	if err != nil {
		t.Fatal(err)
	}
	if o := set.options; o.Requests != 100 || o.Concurrency != 10 || o.Rate != 0 || o.Duration != 0 || o.Shape.String() != "greet" {
		t.Errorf("%+v", o)
	}
}

func TestHowMuchIsSent(t *testing.T) {
	for _, c := range []struct {
		args     []string
		requests int
		duration time.Duration
	}{
		{[]string{"--requests", "7"}, 7, 0},
		{[]string{"--duration", "10s"}, 0, 10 * time.Second},
		{[]string{"--duration", "10s", "--rate", "20"}, 200, 10 * time.Second},
		{[]string{"--duration", "10s", "--rate", "20", "--requests", "50"}, 50, 10 * time.Second},
		{[]string{"--rate", "20"}, 100, 0},
	} {
		set, _, err := parsed(t, c.args...)
		if err != nil || set.options.Requests != c.requests || set.options.Duration != c.duration {
			t.Errorf("%v: %d requests in %v, %v; want %d in %v", c.args, set.options.Requests, set.options.Duration, err, c.requests, c.duration)
		}
	}
}

func TestWrongSettings(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "broken.txt")
	if err := os.WriteFile(broken, []byte("[friend]\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ flag, value, say string }{
		{"--requests", "-1", "from 0 up"},
		{"--concurrency", "0", "from 1 up"},
		{"--rate", "fast", "requests/s"},
		{"--duration", "10", "a duration"},
		{"--timeout", "0s", "10ms to"},
		{"--expect", "no-such-file", "greet, invoke or a file"},
		{"--expect", broken, `"friend" is no kind of answer`},
		{"--fail-on", "p99>1", "like 250ms"},
	} {
		_, _, err := parsed(t, c.flag, c.value)
		if err == nil || !strings.Contains(err.Error(), c.say) || exitCode(err) != exitCannot {
			t.Errorf("%s %s: error %v, want %q in it", c.flag, c.value, err, c.say)
		}
	}
}

func TestHelpTellsTheExitCodes(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, func(string) string { return "" }, &out, &out); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"-fail-on, FAIL_ON", "incomplete>0", "1 a condition of --fail-on holds", "130 interrupted"} {
		if !strings.Contains(out.String(), part) {
			t.Errorf("help does not say %q:\n%s", part, out.String())
		}
	}
}

func TestNothingThere(t *testing.T) {
	var out bytes.Buffer
	folder := t.TempDir()
	err := run(t.Context(), []string{"--url", "http://127.0.0.1:1/greet", "--out", folder}, func(string) string { return "" }, &out, &out)
	if exitCode(err) != exitCannot || !strings.Contains(err.Error(), "make run") {
		t.Errorf("error %v", err)
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("files %v, %v", entries, err)
	}
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{exitFailed: errFailed, exitInterrupted: errors.Join(errInterrupted, context.Canceled), exitCannot: errors.New("x")} {
		if got := exitCode(err); got != want {
			t.Errorf("%v ends in %d, want %d", err, got, want)
		}
	}
}
