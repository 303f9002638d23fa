package tracecontext

import "net/http"

// FromHeader reads the trace context of an inbound HTTP request.
func FromHeader(h http.Header) TraceContext {
	return New(h["Traceparent"], h["Tracestate"], h["Baggage"])
}

// SetHeader writes the trace context onto an outbound HTTP request's headers,
// in the place of what they held.
func (tc TraceContext) SetHeader(h http.Header) { tc.Each(h.Set) }

// Transport is an http.RoundTripper that adds the trace context of each
// request's context to the request.
type Transport struct {
	// Base does the round trip; nil means http.DefaultTransport.
	Base http.RoundTripper
}

// RoundTrip implements http.RoundTripper. It leaves the caller's request as it
// was, as that interface demands.
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if tc := FromContext(r.Context()); !tc.IsZero() {
		r = r.Clone(r.Context())
		tc.SetHeader(r.Header)
	}
	if t.Base == nil {
		return http.DefaultTransport.RoundTrip(r)
	}
	return t.Base.RoundTrip(r)
}
