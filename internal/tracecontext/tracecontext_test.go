package tracecontext_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/drydock-dev/drydock/internal/tracecontext"
)

func TestFromHeader(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name                             string
		in                               http.Header
		traceparent, tracestate, baggage string
	}{
		{"all", http.Header{"Traceparent": {example}, "Tracestate": {"a=1,b=2"}, "Baggage": {"k=v"}}, example, "a=1,b=2", "k=v"},
		{"lists in several headers are one list", http.Header{"Traceparent": {example}, "Tracestate": {"a=1", "b=2"}, "Baggage": {"k=v", "l=w;p"}}, example, "a=1,b=2", "k=v,l=w;p"},
		{"none", http.Header{}, "", "", ""},
		{"malformed parent takes state with it, not baggage", http.Header{"Traceparent": {"00-bad"}, "Tracestate": {"a=1"}, "Baggage": {"k=v"}}, "", "", "k=v"},
		{"two parents are none", http.Header{"Traceparent": {example, example}, "Tracestate": {"a=1"}}, "", "", ""},
		{"state without parent", http.Header{"Tracestate": {"a=1"}}, "", "", ""},
		{"tab is white space", http.Header{"Traceparent": {example}, "Tracestate": {"a=1,\tb=2"}}, example, "a=1, b=2", ""},
		{"bytes that gRPC refuses", http.Header{"Traceparent": {example}, "Tracestate": {"a=\xff"}, "Baggage": {"k=\x7f"}}, example, "", ""},
		{"oversized baggage", http.Header{"Traceparent": {example}, "Baggage": {strings.Repeat("k", 8193)}}, example, "", ""},
		{"largest baggage", http.Header{"Baggage": {strings.Repeat("k", 8192)}}, "", "", strings.Repeat("k", 8192)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tc := tracecontext.FromHeader(tt.in)
			out := http.Header{}
			tc.SetHeader(out)
			if out.Get("traceparent") != tt.traceparent || out.Get("tracestate") != tt.tracestate || out.Get("baggage") != tt.baggage {
				t.Errorf("sent on %v, want %q %q %q", out, tt.traceparent, tt.tracestate, tt.baggage)
			}
			if tc.IsZero() != (len(out) == 0) {
				t.Errorf("IsZero() = %v with headers %v", tc.IsZero(), out)
			}
		})
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	got := make(chan http.Header, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.Header }))
	defer server.Close()
	client := http.Client{Transport: tracecontext.Transport{}}

	tc := tracecontext.New([]string{example}, []string{"a=1"}, []string{"k=v"})
	request, err := http.NewRequestWithContext(tracecontext.NewContext(t.Context(), tc), http.MethodGet, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("traceparent", "something old")
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	h := <-got
	if len(h["Traceparent"]) != 1 || h.Get("traceparent") != example || h.Get("tracestate") != "a=1" || h.Get("baggage") != "k=v" {
		t.Errorf("the server saw %v", h)
	}
	if request.Header.Get("traceparent") != "something old" {
		t.Error("the caller's request was changed")
	}
}

func TestLogHandler(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(tracecontext.LogHandler{Handler: slog.NewJSONHandler(&out, nil)}).With(slog.String("k", "v"))
	log.InfoContext(tracecontext.NewContext(t.Context(), tracecontext.New([]string{example}, nil, nil)), "m")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["trace_id"] != example[3:35] || line["span_id"] != example[36:52] || line["k"] != "v" {
		t.Errorf("line %v", line)
	}
	out.Reset()
	log.InfoContext(t.Context(), "m")
	if strings.Contains(out.String(), "trace_id") {
		t.Errorf("a trace_id without a trace: %s", out.String())
	}
}
