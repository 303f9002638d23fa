package attack

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
)

// IDs names the trace and the root span of every request of one run. They are computed
// from a request's number, so that nothing has to be kept for a request in order to find
// its trace again.
type IDs struct {
	high, low, span uint64
}

// NewIDs draws the ids of a run at random.
func NewIDs() IDs {
	var random [24]byte
	rand.Read(random[:])
	return IDs{
		high: binary.BigEndian.Uint64(random[:8]) | 1, // an id of zeros is forbidden
		// Datadog knows a trace by its low 64 bits, so these must differ between runs too.
		low:  binary.BigEndian.Uint64(random[8:16]),
		span: binary.BigEndian.Uint64(random[16:]),
	}
}

// Run is the part that all trace ids of the run begin with, 16 hex digits.
func (i IDs) Run() string { return hex.EncodeToString(binary.BigEndian.AppendUint64(nil, i.high)) }

// Trace is the trace id of request n, 16 bytes.
func (i IDs) Trace(n int) []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, i.high), i.low+uint64(n))
}

// Span is the id of the root span of request n, 8 bytes, not all zero.
func (i IDs) Span(n int) []byte {
	id := i.span + uint64(n)
	if id == 0 {
		id = i.span - 1 // no request has a negative number
	}
	return binary.BigEndian.AppendUint64(nil, id)
}

// TraceHex is Trace in the form in which stores and people know it.
func (i IDs) TraceHex(n int) string { return hex.EncodeToString(i.Trace(n)) }

// Traceparent is the W3C header that makes the root span of request n the parent of what
// the system does, sampled (https://www.w3.org/TR/trace-context/#traceparent-header).
func (i IDs) Traceparent(n int) string {
	return "00-" + i.TraceHex(n) + "-" + hex.EncodeToString(i.Span(n)) + "-01"
}
