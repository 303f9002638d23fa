// Package tracecontext carries the W3C Trace Context and Baggage of an inbound
// request to every outbound call, over HTTP and gRPC.
//
// Dapr's sidecars make the spans, so a service needs no tracing library; but a
// sidecar sees one hop only. Unless the service hands on what it was given, the
// sidecar starts a new trace for each outbound call
// (https://docs.dapr.io/operations/observability/tracing/w3c-tracing-overview/).
// The Go SDK does not do it by itself (dapr/go-sdk#355).
//
// The package forwards and never creates: a span id made here would be the
// parent of spans without ever being exported, a hole in the trace.
package tracecontext

import (
	"context"
	"strings"
)

// Header names, in the lower case that HTTP/2 and gRPC metadata ask for
// (W3C Trace Context section 3.2.1, W3C Baggage section 3.2).
const (
	headerTraceparent = "traceparent"
	headerTracestate  = "tracestate"
	headerBaggage     = "baggage"
)

// Limits above which a header is dropped rather than forwarded. The
// specifications oblige to propagate 512 characters of tracestate (section
// 3.3.1.5) and 8,192 bytes of baggage (section 3.2.2); the larger limit serves both.
const maxHeaderBytes = 8192

// TraceContext is what an inbound request said of the trace that it belongs to.
// The zero value belongs to no trace.
type TraceContext struct {
	// Parent identifies the caller's span; the zero value when there was none.
	Parent Traceparent
	// State is the tracestate list, verbatim but for tabs; empty when Parent is zero.
	State string
	// Baggage is the baggage list, verbatim but for tabs; independent of Parent.
	Baggage string
}

// New builds a TraceContext from the values of the three headers, each in the
// order received. What the specifications call invalid is left out: a malformed
// or repeated traceparent takes tracestate with it (Trace Context section 4.3).
func New(traceparent, tracestate, baggage []string) TraceContext {
	tc := TraceContext{Baggage: join(baggage)}
	if len(traceparent) != 1 {
		return tc
	}
	parent, err := ParseTraceparent(traceparent[0])
	if err != nil {
		return tc
	}
	tc.Parent, tc.State = parent, join(tracestate)
	return tc
}

// IsZero reports that there is nothing to carry.
func (tc TraceContext) IsZero() bool { return tc == TraceContext{} }

// Each calls set for every header to send, under its lower-case name.
func (tc TraceContext) Each(set func(name, value string)) {
	if tc.Parent.raw != "" {
		set(headerTraceparent, tc.Parent.raw)
	}
	if tc.State != "" {
		set(headerTracestate, tc.State)
	}
	if tc.Baggage != "" {
		set(headerBaggage, tc.Baggage)
	}
}

// join makes one list of a header given several times (RFC 9110 section 5.3).
// Tabs, legal as white space in HTTP, become spaces because gRPC metadata
// refuses them; a list with other bytes outside printable ASCII is dropped, for
// it would make a gRPC call fail.
func join(values []string) string {
	list := strings.ReplaceAll(strings.Join(values, ","), "\t", " ")
	if len(list) > maxHeaderBytes || !isPrintable(list) {
		return ""
	}
	return strings.TrimSpace(list)
}

type contextKey struct{}

// NewContext returns a copy of ctx that carries tc.
func NewContext(ctx context.Context, tc TraceContext) context.Context {
	return context.WithValue(ctx, contextKey{}, &tc)
}

// FromContext returns the trace context that ctx carries, the zero value if none.
func FromContext(ctx context.Context) TraceContext {
	if tc, ok := ctx.Value(contextKey{}).(*TraceContext); ok {
		return *tc
	}
	return TraceContext{}
}
