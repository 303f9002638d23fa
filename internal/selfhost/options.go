package selfhost

import (
	"io"
	"os"
	"time"
)

// The names of the parts, as in logs, errors and Options.Env.
const (
	Comms        = "comms"
	Greeter      = "greeter"
	CommsDapr    = "comms-dapr"
	GreeterDapr  = "greeter-dapr"
	Jaeger       = "jaeger"
	loopback     = "127.0.0.1"
	sidecarGrace = 5 * time.Second
	serviceGrace = 15 * time.Second // a service's own SHUTDOWN_GRACE is 10 s
)

// Options says what a system looks like; the zero value is a quiet one on free ports.
type Options struct {
	Ports Ports

	// Transport is how comms calls its sidecar, "grpc" or "http"; empty for comms' own default.
	Transport string
	// DaprToken is what the sidecars ask of their callers (DAPR_API_TOKEN), AppToken what the
	// services ask of theirs (APP_API_TOKEN). Empty for none.
	DaprToken, AppToken string
	// NoTrace leaves Jaeger out and turns the sidecars' tracing off.
	NoTrace bool
	// DaprLogLevel is the sidecars' log level, "warn" when empty.
	DaprLogLevel string
	// External names services (Comms, Greeter) that are not started, because something else
	// listens at their port of Ports already: a test's own server, or a debugger.
	External []string
	// Env adds environment variables ("NAME=value") to a part; they win over ours.
	Env map[string][]string

	// Binaries are the programs to run; those that are missing are built.
	Binaries Binaries
	// Progress receives what building has to tell, Logs the output of all parts,
	// each line with its part's name; nil for nowhere.
	Progress, Logs io.Writer
	// Colour names the parts in colours, for a terminal.
	Colour bool
}

func (o *Options) setDefaults() {
	if o.DaprLogLevel == "" {
		o.DaprLogLevel = "warn"
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Logs == nil {
		o.Logs = io.Discard
	}
}

// inherited are the only variables that parts get from our own environment: a
// developer's DAPR_* or OTEL_* must not change what runs here.
var inherited = []string{"HOME", "PATH", "TMPDIR", "USER"}

func baseEnv() []string {
	var env []string
	for _, name := range inherited {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
