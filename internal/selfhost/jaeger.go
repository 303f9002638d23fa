package selfhost

import (
	"bytes"
	"fmt"
	"text/template"
)

// maxTraces bounds Jaeger's memory: its store drops the oldest trace beyond it.
// A trace of two spans takes about 5 KB there.
const maxTraces = 20000

// jaegerConfig is a Jaeger v2 configuration (an OpenTelemetry Collector's) with one
// OTLP receiver, the in-memory store and the query API. Everything else that Jaeger
// would open by default (health check, pprof, zpages, remote sampling, metrics, its
// other receivers) is left out; the query's gRPC port cannot be, so it takes a free one.
var jaegerConfig = template.Must(template.New("jaeger").Parse(`service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [jaeger_storage_exporter]
  telemetry:
    resource:
      service.name: jaeger
    metrics:
      level: none
    logs:
      level: warn
extensions:
  jaeger_query:
    storage:
      traces: memory
    enable_tracing: false
    http:
      endpoint: {{.Host}}:{{.Jaeger}}
    grpc:
      endpoint: {{.Host}}:0
  jaeger_storage:
    backends:
      memory:
        memory:
          max_traces: {{.MaxTraces}}
receivers:
  otlp:
    protocols:
      http:
        endpoint: {{.Host}}:{{.OTLP}}
exporters:
  jaeger_storage_exporter:
    trace_storage: memory
`))

func renderJaeger(ports Ports) ([]byte, error) {
	var out bytes.Buffer
	err := jaegerConfig.Execute(&out, map[string]any{
		"Host": loopback, "Jaeger": ports.Jaeger, "OTLP": ports.OTLP, "MaxTraces": maxTraces,
	})
	if err != nil {
		return nil, fmt.Errorf("jaeger configuration: %w", err)
	}
	return out.Bytes(), nil
}
