package tracecontext

import (
	"context"
	"log/slog"
)

// LogHandler is a slog.Handler that adds trace_id and span_id, the caller's
// span, to every record whose context carries a trace.
type LogHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h LogHandler) Handle(ctx context.Context, r slog.Record) error {
	if parent := FromContext(ctx).Parent; !parent.IsZero() {
		r.AddAttrs(slog.String("trace_id", parent.TraceID()), slog.String("span_id", parent.SpanID()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h LogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return LogHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h LogHandler) WithGroup(name string) slog.Handler {
	return LogHandler{h.Handler.WithGroup(name)}
}
