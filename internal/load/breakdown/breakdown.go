// Package breakdown tells where the time of a greeting went, component by component, from
// the durations of its spans. It compares no clocks of different hosts, so clock skew
// between nodes does not change its figures.
package breakdown

import (
	"strconv"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/traces"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// Component is a part of the system that takes time.
type Component uint8

// The components in the order in which a request meets them.
const (
	Client Component = iota
	CommsHandler
	CommsSidecar
	Network
	GreeterSidecar
	GreeterHandler
)

// Components is the number of components.
const Components = int(GreeterHandler) + 1

var names = []string{"client", "comms handler", "comms sidecar", "network", "greeter sidecar", "greeter handler"}

// String is the component's name in reports.
func (c Component) String() string { return names[c] }

// Sidecar reports that the component is there because of Dapr.
func (c Component) Sidecar() bool { return c >= CommsSidecar && c <= GreeterSidecar }

// Breakdown is the time that each component took; they add up to the whole request.
type Breakdown [Components]time.Duration

// Attributes of the load's root span, which the load itself measured and wrote there.
const (
	SentAttribute      = "load.sent_us"       // after the start, until the request was written
	FirstByteAttribute = "load.first_byte_us" // after the start, until the answer began
	TimingAttribute    = "load.server_timing" // the answer's Server-Timing header
)

// How the services name their parts in Server-Timing (https://www.w3.org/TR/server-timing/).
const (
	timingComms   = "comms"   // comms' handler, all of it
	timingSidecar = "dapr"    // of that, how long comms waited for its sidecar
	timingGreeter = "greeter" // greeter's handler
)

// Definitions tell for each component how it is computed, for readers of a report.
// exact says whether the answers carried Server-Timing.
func Definitions(exact bool) [Components]string {
	if exact {
		return [Components]string{
			Client:         "the request less comms' handler: the load itself and the way to comms, a gateway or sidecar of the load's included",
			CommsHandler:   "comms' handler (Server-Timing) less its wait for the sidecar",
			CommsSidecar:   "comms' wait for its sidecar (Server-Timing) less the sidecar's client span",
			Network:        "the client span of comms' sidecar less the server span of greeter's: gRPC, mTLS and the way between the two",
			GreeterSidecar: "the server span of greeter's sidecar less greeter's handler",
			GreeterHandler: "greeter's handler (Server-Timing)",
		}
	}
	return [Components]string{
		Client:         "the load itself: until the request is written, and from the first byte of the answer to the last",
		CommsHandler:   "the load's wait for the answer less the client span of comms' sidecar: comms, and the way to it and to its sidecar",
		CommsSidecar:   "not told apart: answers carried no Server-Timing header, so it is part of comms handler",
		Network:        "the client span of comms' sidecar less the server span of greeter's: gRPC, mTLS and the way between the two",
		GreeterSidecar: "the server span of greeter's sidecar, greeter's handler included",
		GreeterHandler: "not told apart: answers carried no Server-Timing header, so it is part of greeter sidecar",
	}
}

// Of computes the breakdown of a greeting's trace. ok is false when the trace lacks a span
// that it needs. exact reports that the services told their part by Server-Timing.
func Of(trace traces.Trace) (b Breakdown, exact, ok bool) {
	if len(trace.Roots) != 1 {
		return b, false, false
	}
	root := trace.Roots[0]
	outbound, inbound := hop(trace)
	if outbound == nil || inbound == nil {
		return b, false, false
	}
	hopTime, greeterTime := outbound.Duration, inbound.Duration
	b[Network] = hopTime - greeterTime

	timing := ParseServerTiming(root.Attributes[TimingAttribute])
	handler, exact := timing[timingComms]
	waited, told := timing[timingSidecar]
	greeter, toldGreeter := timing[timingGreeter]
	if exact = exact && told && toldGreeter; exact {
		b[Client] = root.Duration - handler
		b[CommsHandler] = handler - waited
		b[CommsSidecar] = waited - hopTime
		b[GreeterSidecar] = greeterTime - greeter
		b[GreeterHandler] = greeter
	} else {
		wait := micros(root, FirstByteAttribute) - micros(root, SentAttribute)
		b[Client] = root.Duration - wait
		b[CommsHandler] = wait - hopTime
		b[GreeterSidecar] = greeterTime
	}
	for i := range b {
		b[i] = max(b[i], 0) // a figure in whole microseconds may exceed one in nanoseconds by a little
	}
	return b, exact, true
}

// hop is the pair of spans of the way from comms' sidecar to greeter's.
func hop(trace traces.Trace) (outbound, inbound *traces.Span) {
	name := "CallLocal/" + greeterapi.AppID + "/" + greeterapi.Method
	for _, span := range trace.All() {
		switch {
		case span.Name != name:
		case span.Kind == "client":
			outbound = span
		case span.Kind == "server":
			inbound = span
		}
	}
	return outbound, inbound
}

func micros(span *traces.Span, key string) time.Duration {
	n, err := strconv.ParseInt(span.Attributes[key], 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Microsecond
}

// ParseServerTiming reads the durations out of a Server-Timing header, in milliseconds
// there: "comms;dur=1.2, dapr;dur=1". What it cannot read it leaves out.
func ParseServerTiming(header string) map[string]time.Duration {
	timing := map[string]time.Duration{}
	for entry := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(strings.TrimSpace(entry), ";")
		for parameter := range strings.SplitSeq(parameters, ";") {
			key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
			millis, err := strconv.ParseFloat(value, 64)
			if key == "dur" && err == nil {
				timing[name] = time.Duration(millis * float64(time.Millisecond))
			}
		}
	}
	return timing
}
