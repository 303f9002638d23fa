package load

import (
	"net/http"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/breakdown"
	"github.com/drydock-dev/drydock/internal/load/rootspan"
)

// spanName is low in cardinality and the same whichever way the load takes to comms
// (https://opentelemetry.io/docs/specs/semconv/http/http-spans/).
const spanName = "POST /greet"

// sampled is the flag of W3C Trace Context that the request carried too.
const sampled = 1

// rootSpan is the span on top of the request's trace.
func (r *run) rootSpan(a attack.Answer) *tracepb.Span {
	span := &tracepb.Span{
		TraceId: r.ids.Trace(a.N), SpanId: r.ids.Span(a.N), Flags: sampled,
		Name: spanName, Kind: tracepb.Span_SPAN_KIND_CLIENT,
		StartTimeUnixNano: uint64(a.Start.UnixNano()), EndTimeUnixNano: uint64(a.End().UnixNano()),
		Attributes: []*commonpb.KeyValue{
			rootspan.Text("http.request.method", http.MethodPost),
			rootspan.Text("url.full", r.options.System.Target),
			rootspan.Text("load.answer", a.Kind.String()),
			rootspan.Text("load.name", attack.Name(a.N)),
		},
	}
	add := func(attribute *commonpb.KeyValue) { span.Attributes = append(span.Attributes, attribute) }
	if a.Status != 0 {
		add(rootspan.Int("http.response.status_code", int64(a.Status)))
	}
	if a.Sent > 0 && a.FirstByte > 0 {
		add(rootspan.Int(breakdown.SentAttribute, a.Sent.Microseconds()))
		add(rootspan.Int(breakdown.FirstByteAttribute, a.FirstByte.Microseconds()))
	}
	if a.Timing != "" {
		add(rootspan.Text(breakdown.TimingAttribute, a.Timing))
	}
	if a.Error != "" {
		span.Status = &tracepb.Status{Code: tracepb.Status_STATUS_CODE_ERROR, Message: a.Error}
	}
	return span
}
