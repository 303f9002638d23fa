package selfhost

import (
	"bytes"
	"fmt"
	"strconv"
	"text/template"
)

// daprConfiguration differs from the one for Kubernetes in two points: where the OTLP
// receiver is, and a name resolution that is a file, because multicast DNS (the default
// outside Kubernetes) needs a network that carries multicast.
var daprConfiguration = template.Must(template.New("dapr").Parse(`apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: selfhost
spec:
  tracing:
{{- if .OTLP}}
    samplingRate: "1"
    otel:
      endpointAddress: {{.OTLP}}
      isSecure: false
      protocol: http
{{- else}}
    samplingRate: "0"
{{- end}}
  metric:
    http:
      increasedCardinality: false
  nameResolution:
    component: sqlite
    version: v1
    configuration:
      connectionString: {{.Names}}
      # A host whose row was not renewed within the interval is not found, and the default of 5 s
      # leaves a busy machine 1 s to do it. Here no host comes or goes but under the same address.
      updateInterval: 24h
      # The component's clean-up deletes the rows that are fresh (contrib 1.18, sqlite.go, initGC), after
      # which a sidecar ends itself: by default an hour after the start.
      cleanupInterval: 0s
`))

// renderDapr renders the Configuration of both sidecars. otlp is the receiver's
// host:port, empty for no tracing; names is the path of the name resolution's file.
func renderDapr(otlp, names string) ([]byte, error) {
	var out bytes.Buffer
	err := daprConfiguration.Execute(&out, map[string]string{"OTLP": otlp, "Names": strconv.Quote(names)})
	if err != nil {
		return nil, fmt.Errorf("dapr configuration: %w", err)
	}
	return out.Bytes(), nil
}

// sidecar is what one daprd needs to know.
type sidecar struct {
	appID                string
	app                  int // port of the service
	http, grpc, internal int
	config               string
	logLevel             string
}

// args is daprd's command line. Placement and scheduler are for actors and workflows;
// nothing here has any, so no control plane runs at all.
func (s sidecar) args() []string {
	return []string{
		"--app-id", s.appID,
		"--app-port", strconv.Itoa(s.app),
		"--app-channel-address", loopback,
		"--dapr-http-port", strconv.Itoa(s.http),
		"--dapr-grpc-port", strconv.Itoa(s.grpc),
		"--dapr-internal-grpc-port", strconv.Itoa(s.internal),
		"--dapr-listen-addresses", loopback,
		"--dapr-internal-grpc-listen-address", loopback,
		"--enable-metrics=false",
		"--disable-init-endpoints", "config", // the services have no /dapr/config
		"--placement-host-address", "",
		"--scheduler-host-address", "",
		"--dapr-graceful-shutdown-seconds", strconv.Itoa(int(sidecarGrace.Seconds())),
		"--config", s.config,
		"--log-level", s.logLevel,
	}
}
