package attack

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// Kind is what became of a request. A fallback is a polite 200 and still no success, so
// the two are told apart by what the answer says, never by its status.
type Kind uint8

// The kinds of answers.
const (
	Greeter     Kind = iota // greeter's greeting
	Fallback                // comms' own greeting, because greeter was away
	Rejected                // 4xx
	Failed                  // 5xx
	Timeout                 // no whole answer in time
	Unreachable             // no connection, or one that broke
	Unexpected              // an answer that the contract does not know
	Interrupted             // given up because the run was ended
)

var kindNames = []string{"greeter", "fallback", "4xx", "5xx", "timeout", "unreachable", "unexpected", "interrupted"}

// Kinds is the number of kinds.
const Kinds = int(Interrupted) + 1

// String is the kind's name in reports and in --fail-on.
func (k Kind) String() string { return kindNames[k] }

// Answer is one request and what became of it.
type Answer struct {
	N         int // number of the request, from 0
	Kind      Kind
	Status    int    // HTTP status, 0 without an answer
	Error     string // what went wrong, empty for Greeter and Fallback
	Start     time.Time
	Latency   time.Duration // until the last byte of the answer
	Sent      time.Duration // after Start, when the request was written; 0 when it was not
	FirstByte time.Duration // after Start, when the answer began; 0 without one
	Timing    string        // the answer's Server-Timing header
}

// End is when the answer was complete.
func (a Answer) End() time.Time { return a.Start.Add(a.Latency) }

// sourceHeader is where comms says who made the greeting.
const sourceHeader = "X-Greeting-Source"

// classify tells the kind of a complete HTTP answer to a request for a greeting of name,
// and what is wrong with it.
func classify(status int, header http.Header, body []byte, name string) (kind Kind, problem string) {
	switch {
	case status >= 500:
		return Failed, describe(status, body)
	case status >= 400:
		return Rejected, describe(status, body)
	case status != http.StatusOK:
		return Unexpected, describe(status, body)
	}
	var greeting struct{ Message, Service, Error string }
	if err := json.Unmarshal(body, &greeting); err != nil {
		return Unexpected, "the answer is not JSON: " + snippet(body)
	}
	if !strings.Contains(greeting.Message, name) {
		return Unexpected, "the answer greets somebody else: " + snippet(body)
	}
	source := header.Get(sourceHeader)
	switch {
	case source == "fallback" || source == "" && greeting.Error != "":
		return Fallback, ""
	case greeting.Service == greeterapi.AppID && greeting.Error == "" && (source == greeterapi.AppID || source == ""):
		return Greeter, ""
	default:
		return Unexpected, "header and body do not tell who greets: " + snippet(body)
	}
}

// describe is a status with what a problem+json body (RFC 9457) or Dapr's error body says of it.
func describe(status int, body []byte) string {
	text := http.StatusText(status)
	var problem struct{ Detail, Message string }
	if json.Unmarshal(body, &problem) == nil && problem.Detail+problem.Message != "" {
		text += ": " + problem.Detail + problem.Message
	} else if len(body) > 0 {
		text += ": " + snippet(body)
	}
	return text
}

// snippet is the start of a body in one line.
func snippet(body []byte) string {
	const longest = 120
	line := string(bytes.Join(bytes.Fields(body), []byte(" ")))
	if len(line) > longest {
		line = strings.ToValidUTF8(line[:longest], "") + "…"
	}
	return line
}
