package tracecontext

import (
	"errors"
	"fmt"
)

// Field offsets of a version 00 traceparent, "00-<32 hex>-<16 hex>-<2 hex>"
// (W3C Trace Context section 3.2.2).
const (
	traceIDStart = 3
	traceIDEnd   = traceIDStart + 32
	spanIDStart  = traceIDEnd + 1
	spanIDEnd    = spanIDStart + 16
	flagsStart   = spanIDEnd + 1
	length00     = flagsStart + 2
)

// ErrMalformed is wrapped by every error of ParseTraceparent.
var ErrMalformed = errors.New("malformed traceparent")

// Traceparent is a valid traceparent header value. Its zero value stands for none.
type Traceparent struct{ raw string }

// ParseTraceparent checks a traceparent by the rules of W3C Trace Context
// section 3.2.2. A version above 00 may be longer, if a dash follows the part
// that version 00 knows (section 4.3); the value is kept as it was received.
func ParseTraceparent(s string) (Traceparent, error) {
	if len(s) < length00 {
		return Traceparent{}, fmt.Errorf("%w: %d characters, at least %d wanted", ErrMalformed, len(s), length00)
	}
	for _, at := range []int{traceIDStart - 1, traceIDEnd, spanIDEnd} {
		if s[at] != '-' {
			return Traceparent{}, fmt.Errorf("%w: no dash at offset %d", ErrMalformed, at)
		}
	}
	version, traceID, spanID, flags := s[:2], s[traceIDStart:traceIDEnd], s[spanIDStart:spanIDEnd], s[flagsStart:length00]
	switch {
	case !isHex(version) || version == "ff":
		return Traceparent{}, fmt.Errorf("%w: version", ErrMalformed)
	case !isHex(traceID) || isZeros(traceID):
		return Traceparent{}, fmt.Errorf("%w: trace-id", ErrMalformed)
	case !isHex(spanID) || isZeros(spanID):
		return Traceparent{}, fmt.Errorf("%w: parent-id", ErrMalformed)
	case !isHex(flags):
		return Traceparent{}, fmt.Errorf("%w: trace-flags", ErrMalformed)
	case len(s) > length00 && (version == "00" || s[length00] != '-'):
		return Traceparent{}, fmt.Errorf("%w: more than version %s allows", ErrMalformed, version)
	case len(s) > maxHeaderBytes || !isPrintable(s[length00:]):
		return Traceparent{}, fmt.Errorf("%w: what follows the trace-flags", ErrMalformed)
	}
	return Traceparent{raw: s}, nil
}

// String returns the header value, empty for the zero value.
func (p Traceparent) String() string { return p.raw }

// IsZero reports that there is no parent.
func (p Traceparent) IsZero() bool { return p.raw == "" }

// TraceID returns the 32 hexadecimal digits of the trace, empty for the zero value.
func (p Traceparent) TraceID() string {
	if p.IsZero() {
		return ""
	}
	return p.raw[traceIDStart:traceIDEnd]
}

// SpanID returns the 16 hexadecimal digits of the caller's span, empty for the zero value.
func (p Traceparent) SpanID() string {
	if p.IsZero() {
		return ""
	}
	return p.raw[spanIDStart:spanIDEnd]
}

// Sampled reports whether the caller may have recorded the trace: the lowest
// bit of trace-flags (section 3.2.2.5.1).
func (p Traceparent) Sampled() bool {
	if p.IsZero() {
		return false
	}
	last := p.raw[length00-1]
	if last >= 'a' {
		last -= 'a' - 10 // 'a' is ten; the digits' own codes already end in their bits
	}
	return last&1 == 1
}

func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

func isZeros(s string) bool {
	for i := range len(s) {
		if s[i] != '0' {
			return false
		}
	}
	return true
}

func isPrintable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
