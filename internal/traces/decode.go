package traces

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

// payload is the part of OTLP's JSON form (opentelemetry-proto, trace/v1) that is read
// here, inside the envelope of Jaeger's API.
type payload struct {
	Result struct {
		ResourceSpans []struct {
			Resource struct {
				Attributes []attribute `json:"attributes"`
			} `json:"resource"`
			ScopeSpans []struct {
				Spans []otlpSpan `json:"spans"`
			} `json:"scopeSpans"`
		} `json:"resourceSpans"`
	} `json:"result"`
}

type otlpSpan struct {
	TraceID      string      `json:"traceId"`
	SpanID       string      `json:"spanId"`
	ParentSpanID string      `json:"parentSpanId"`
	Name         string      `json:"name"`
	Kind         int         `json:"kind"`
	Start        nanos       `json:"startTimeUnixNano"`
	End          nanos       `json:"endTimeUnixNano"`
	Attributes   []attribute `json:"attributes"`
	Status       struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"status"`
}

type attribute struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"` // one entry, like {"stringValue": "x"}
}

// nanos is a 64-bit number, which JSON of protocol buffers writes as a string.
type nanos int64

// UnmarshalJSON implements json.Unmarshaler.
func (n *nanos) UnmarshalJSON(text []byte) error {
	return json.Unmarshal([]byte(strings.Trim(string(text), `"`)), (*int64)(n))
}

// The kinds by their numbers in OTLP.
var kinds = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}

// statusError is OTLP's STATUS_CODE_ERROR.
const statusError = 2

func decode(body []byte) ([]Span, error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return nil, fmt.Errorf("jaeger's answer: %w", err)
	}
	var spans []Span
	for _, resource := range p.Result.ResourceSpans {
		service := attributes(resource.Resource.Attributes)["service.name"]
		for _, scope := range resource.ScopeSpans {
			for _, s := range scope.Spans {
				spans = append(spans, s.span(service))
			}
		}
	}
	return spans, nil
}

func (s otlpSpan) span(service string) Span {
	span := Span{
		TraceID: s.TraceID, ID: s.SpanID, ParentID: s.ParentSpanID,
		Service: service, Name: s.Name, Kind: kinds[0],
		Start:      time.Unix(0, int64(s.Start)),
		Duration:   time.Duration(s.End - s.Start),
		Attributes: attributes(s.Attributes),
	}
	if s.Kind > 0 && s.Kind < len(kinds) {
		span.Kind = kinds[s.Kind]
	}
	if s.Status.Code == statusError {
		span.Error = s.Status.Message
		if span.Error == "" {
			span.Error = "error"
		}
	}
	return span
}

func attributes(list []attribute) map[string]string {
	values := make(map[string]string, len(list))
	for _, a := range list {
		for _, value := range a.Value {
			values[a.Key] = fmt.Sprint(value)
		}
	}
	return values
}
