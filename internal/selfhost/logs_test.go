package selfhost

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func TestStreamNamesEachLine(t *testing.T) {
	for _, c := range []struct {
		name   string
		colour bool
		want   string
	}{
		{"plain", false, "comms   | one\ngreeter | two\ncomms   | three\n"},
		{"coloured", true, "\x1b[36mcomms   | \x1b[0mone\n\x1b[32mgreeter | \x1b[0mtwo\n\x1b[36mcomms   | \x1b[0mthree\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			s := &stream{w: &out, width: 7, colour: c.colour}
			comms, greeter := s.part(Comms, 0), s.part(Greeter, 1)
			fmt.Fprint(comms, "one\nth") // a line may come in pieces, with others between
			fmt.Fprint(greeter, "two\n")
			fmt.Fprint(comms, "ree\n")
			if out.String() != c.want {
				t.Errorf("got\n%q, want\n%q", out.String(), c.want)
			}
		})
	}
}

func TestLastLines(t *testing.T) {
	part := (&stream{w: &bytes.Buffer{}}).part(Comms, 0)
	for i := range 100 {
		fmt.Fprintf(part, "line %d\n", i)
	}
	fmt.Fprint(part, "panic: and no line end")
	last := part.last()
	if len(last) != tailLines+1 || last[0] != "line 80" || last[tailLines] != "panic: and no line end" {
		t.Errorf("last lines %q", last)
	}
}

func TestEndlessLineIsCut(t *testing.T) {
	var out bytes.Buffer
	part := (&stream{w: &out}).part(Comms, 0)
	for range 3 {
		fmt.Fprint(part, strings.Repeat("x", maxLine))
	}
	if lines := strings.Count(out.String(), "\n"); lines == 0 {
		t.Error("nothing was written of a line without an end")
	}
	if len(part.rest) > maxLine {
		t.Errorf("%d bytes are kept", len(part.rest))
	}
}

func TestExitErrorTellsAll(t *testing.T) {
	err := &ExitError{Part: Comms, State: "exit status 2", Last: []string{"a", "b"}}
	if got, want := err.Error(), "comms ended unexpectedly (exit status 2); its last lines:\n    a\n    b"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	silent := &ExitError{Part: Jaeger, State: "signal: killed"}
	if got, want := silent.Error(), "jaeger ended unexpectedly (signal: killed) and wrote nothing"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
