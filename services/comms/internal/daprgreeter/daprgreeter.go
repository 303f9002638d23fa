// Package daprgreeter reaches greeter by Dapr service invocation. It has two
// adapters behind the same port, one over the sidecar's HTTP API and one over
// the Dapr Go SDK, which speaks gRPC to the sidecar; docs/adr says which is the
// default and why.
package daprgreeter

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// contentType is the media type of a request and of an answer.
const contentType = "application/json"

// tokenHeader carries the API token that a sidecar asks its callers for, as an
// HTTP header and as gRPC metadata (https://docs.dapr.io/operations/security/api-token/).
const tokenHeader = "dapr-api-token"

// maxAnswerBytes bounds an answer that is read into memory.
const maxAnswerBytes = 64 << 10

func encode(name string) ([]byte, error) {
	body, err := json.Marshal(greeterapi.Request{Name: name})
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	return body, nil
}

// decode reads a greeting. Fields that it does not know are greeter's right to add.
func decode(body []byte) (greeting.Greeting, error) {
	var answer greeterapi.Response
	if err := json.Unmarshal(body, &answer); err != nil {
		return greeting.Greeting{}, fmt.Errorf("%w: decode answer: %w", greeting.ErrUnavailable, err)
	}
	if answer.Message == "" || answer.Service == "" || answer.Timestamp.IsZero() {
		return greeting.Greeting{}, fmt.Errorf("%w: answer lacks message, service or timestamp", greeting.ErrUnavailable)
	}
	return greeting.Greeting{Message: answer.Message, Service: answer.Service, MadeAt: answer.Timestamp}, nil
}

// reject turns greeter's own answer of a status that is not a success into the
// error that the core knows. The body may be cut short.
func reject(status int, body []byte) error {
	if status < 400 || status > 499 {
		return fmt.Errorf("%w: greeter answered %d", greeting.ErrUnavailable, status)
	}
	rejection := &greeting.Rejection{Status: status, Title: http.StatusText(status)}
	var problem struct {
		Title  string `json:"title"`
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &problem) == nil && problem.Title != "" {
		rejection.Title, rejection.Detail = problem.Title, problem.Detail
	}
	return rejection
}
