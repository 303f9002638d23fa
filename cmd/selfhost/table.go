package main

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
)

// printTable tells where everything listens and what to try first, in one write, so
// that no line of the logs comes between.
func printTable(stdout io.Writer, system *selfhost.System, options selfhost.Options, took time.Duration) error {
	w := &bytes.Buffer{}
	ports := system.Ports()
	fmt.Fprintf(w, "\nReady in %.1fs.\n\n", took.Seconds())
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	row := func(part, use string) { fmt.Fprintf(table, "  %s\t%s\t%s\n", part, system.URL(part), use) }
	row(selfhost.Comms, "POST /greet, GET /health, GET /ready")
	row(selfhost.Greeter, "the same, called by comms through both sidecars")
	row(selfhost.CommsDapr, fmt.Sprintf("Dapr HTTP API; gRPC on port %d", ports.CommsDaprGRPC))
	row(selfhost.GreeterDapr, fmt.Sprintf("Dapr HTTP API; gRPC on port %d", ports.GreeterDaprGRPC))
	if !options.NoTrace {
		row(selfhost.Jaeger, fmt.Sprintf("traces; OTLP over HTTP on port %d, in the Datadog Agent's place", ports.OTLP))
	}
	table.Flush()
	token := ""
	if options.AppToken != "" {
		token = ` -H "dapr-api-token: $APP_API_TOKEN"`
	}
	fmt.Fprintf(w, "\nTry:    curl -s %s/greet -H 'content-type: application/json'%s -d '{\"name\":\"Ada\"}'\n", system.URL(selfhost.Comms), token)
	if !options.NoTrace {
		setting := ""
		if ports.Jaeger != selfhost.DefaultPorts().Jaeger {
			setting = fmt.Sprintf(" JAEGER_PORT=%d", ports.Jaeger)
		}
		fmt.Fprintf(w, "Look:   make trace%s\n", setting)
	}
	fmt.Fprint(w, "Stop:   Ctrl-C\n\n")
	_, err := w.WriteTo(stdout)
	return err
}
