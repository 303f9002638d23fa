// Package load runs a load test and judges every request's trace while it runs.
package load

import (
	"errors"
	"io"
	"time"

	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/shape"
)

// None in the place of an address leaves that part out.
const None = "none"

// Options is a load test. There are no defaults here; cmd/load has them.
type Options struct {
	System System

	Requests    int           // 0 for as many as Duration allows
	Duration    time.Duration // 0 for as long as Requests takes
	Rate        float64       // requests/s; 0 for each next one as soon as one is answered
	Concurrency int           // most requests under way at once
	Timeout     time.Duration // of one request
	Token       string        // what the target asks of its callers, empty for none

	// Wait is how long the system may take to be there. A pod's sidecar, say, starts beside the load.
	Wait time.Duration

	Shape    shape.Shape   // the expected trees
	Settle   time.Duration // see judge.Judge
	Deadline time.Duration // see judge.Judge
	FailOn   result.FailOn

	Progress io.Writer // what people watch meanwhile
	Terminal bool      // Progress is a terminal: a bar instead of lines
}

// System is where the target, the trace store and the OTLP receiver are.
type System struct {
	Where    string // in words
	Target   string // URL that greetings are POSTed to
	TraceAPI string // Jaeger's query API, or None
	OTLP     string // OTLP over HTTP without a path, or None
	TraceUI  string // what a trace id is put behind to open it in a browser; empty for none
}

var (
	errNothing = errors.New("neither a number of requests nor a duration is set")
	errNoRoots = errors.New("traces cannot be judged without the load's own root spans: with --otlp none set --trace-api none too")
)

func (o Options) validate() error {
	switch {
	case o.Requests <= 0 && o.Duration <= 0:
		return errNothing
	case o.System.OTLP == None && o.System.TraceAPI != None:
		return errNoRoots
	}
	return nil
}
