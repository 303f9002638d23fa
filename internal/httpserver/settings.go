package httpserver

import (
	"flag"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/envflag"
	"github.com/drydock-dev/drydock/internal/tracecontext"
)

// Settings are what every service lets its operator set.
type Settings struct {
	Host          string        // address to bind, empty for all
	Port          int           // 0 for any free port
	AppToken      string        // token that callers must send, empty for none
	LogLevel      string        // debug, info, warn or error
	ReadTimeout   time.Duration // for a whole request to arrive
	ShutdownDelay time.Duration // from not ready to the closing of the listener
	ShutdownGrace time.Duration // for requests in flight, after the delay
}

// Bind defines the flags of s on fs, with their defaults.
func (s *Settings) Bind(fs *flag.FlagSet) {
	fs.StringVar(&s.Host, "host", "", "address to listen on, empty for every interface")
	envflag.Port(fs, &s.Port, "port", 8080, true, "port to listen on, 0 for any free one")
	envflag.Secret(fs, &s.AppToken, "app-api-token", "token that callers must send in the header dapr-api-token, empty for none")
	envflag.OneOf(fs, &s.LogLevel, "log-level", "info", "lowest level that is logged", "debug", "info", "warn", "error")
	envflag.Duration(fs, &s.ReadTimeout, "read-timeout", 5*time.Second, 100*time.Millisecond, time.Minute, "longest time that a request may take to arrive")
	envflag.Duration(fs, &s.ShutdownDelay, "shutdown-delay", 0, 0, time.Minute, "time between answering 503 on /ready and refusing connections, for load balancers to notice")
	envflag.Duration(fs, &s.ShutdownGrace, "shutdown-grace", 10*time.Second, 0, 5*time.Minute, "longest time that requests in flight may take at shutdown")
}

// Logger returns the JSON logger of a service, which adds the trace of a
// record's context to the record.
func (s *Settings) Logger(w io.Writer, service string) *slog.Logger {
	var level slog.Level
	// LogLevel is one of slog's own names, checked when it was set.
	_ = level.UnmarshalText([]byte(strings.ToUpper(s.LogLevel)))
	handler := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})
	return slog.New(tracecontext.LogHandler{Handler: handler}).With(slog.String("service", service))
}
