package greet

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
)

// Caller is a W3C trace context as a client without spans of its own may send it.
type Caller struct{ TraceID, SpanID string }

// NewCaller returns a trace context that nobody else has.
func NewCaller() Caller {
	id := make([]byte, 24)
	rand.Read(id)
	return Caller{hex.EncodeToString(id[:16]), hex.EncodeToString(id[16:])}
}

// Traceparent is the header for [Ask]; flags are "01" for sampled, "00" for not.
func (c Caller) Traceparent(flags string) string {
	return fmt.Sprintf("traceparent: 00-%s-%s-%s", c.TraceID, c.SpanID, flags)
}
