package tracecontext_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/tracecontext"
)

// example is the traceparent of W3C Trace Context section 3.2.2.4.
const example = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

func TestParseTraceparent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		valid    bool
	}{
		{"example", example, true},
		{"not sampled", example[:53] + "00", true},
		{"unknown flags", example[:53] + "ff", true},
		{"later version", "cc" + example[2:], true},
		{"later version with more", "cc" + example[2:] + "-what-the-future-brings", true},
		{"later version with more but no dash", "cc" + example[2:] + ".what", false},
		{"later version with control character behind", "cc" + example[2:] + "-\x01", false},
		{"version 00 with more", example + "-more", false},
		{"version ff", "ff" + example[2:], false},
		{"version not hexadecimal", ".0" + example[2:], false},
		{"upper case", strings.ToUpper(example), false},
		{"trace-id of zeros", "00-" + strings.Repeat("0", 32) + example[35:], false},
		{"parent-id of zeros", example[:36] + strings.Repeat("0", 16) + "-01", false},
		{"trace-id not hexadecimal", "00-z" + example[4:], false},
		{"parent-id not hexadecimal", example[:36] + "z" + example[37:], false},
		{"flags not hexadecimal", example[:53] + ".1", false},
		{"no dash", "00_" + example[3:], false},
		{"short", example[:54], false},
		{"empty", "", false},
		{"white space", " " + example, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tracecontext.ParseTraceparent(tt.in)
			if (err == nil) != tt.valid {
				t.Fatalf("ParseTraceparent(%q): error %v, want valid %v", tt.in, err, tt.valid)
			}
			if err != nil && !errors.Is(err, tracecontext.ErrMalformed) {
				t.Errorf("error %v does not wrap ErrMalformed", err)
			}
			if tt.valid && got.String() != tt.in {
				t.Errorf("String() = %q, want the input %q", got, tt.in)
			}
		})
	}
}

func TestTraceparentParts(t *testing.T) {
	t.Parallel()
	p, err := tracecontext.ParseTraceparent(example)
	if err != nil {
		t.Fatal(err)
	}
	if p.TraceID() != "4bf92f3577b34da6a3ce929d0e0e4736" || p.SpanID() != "00f067aa0ba902b7" {
		t.Errorf("trace %q span %q", p.TraceID(), p.SpanID())
	}
	var none tracecontext.Traceparent
	if none.TraceID() != "" || none.SpanID() != "" || none.Sampled() || !none.IsZero() {
		t.Error("the zero value is not none")
	}
	for flags, want := range map[string]bool{"00": false, "01": true, "0a": false, "0b": true, "fe": false, "ff": true, "08": false, "09": true} {
		p, err := tracecontext.ParseTraceparent(example[:53] + flags)
		if err != nil || p.Sampled() != want {
			t.Errorf("flags %s: sampled %v, error %v, want %v", flags, p.Sampled(), err, want)
		}
	}
}

// FuzzParseTraceparent holds the parser to what a reader of its result relies
// on: the value unchanged, ids of the right length that are not zero.
func FuzzParseTraceparent(f *testing.F) {
	f.Add(example)
	f.Add("cc" + example[2:] + "-more")
	f.Add(strings.ToUpper(example))
	f.Add("00-" + strings.Repeat("0", 32) + "-" + strings.Repeat("0", 16) + "-00")
	f.Add("--")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := tracecontext.ParseTraceparent(s)
		if err != nil {
			if !p.IsZero() {
				t.Fatalf("%q: an error and a value", s)
			}
			return
		}
		if p.String() != s || len(p.TraceID()) != 32 || len(p.SpanID()) != 16 {
			t.Fatalf("%q: parsed to %q, trace %q, span %q", s, p, p.TraceID(), p.SpanID())
		}
		if strings.Trim(p.TraceID(), "0") == "" || strings.Trim(p.SpanID(), "0") == "" {
			t.Fatalf("%q: an id of zeros", s)
		}
	})
}
