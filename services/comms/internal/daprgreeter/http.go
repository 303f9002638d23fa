package daprgreeter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/drydock-dev/drydock/internal/servertiming"
	"github.com/drydock-dev/drydock/internal/tracecontext"
	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// maxIdleConnections to the sidecar are kept for reuse. It is one host, and
// Go's default of two would make most concurrent calls dial anew.
const maxIdleConnections = 256

// HTTP asks greeter through the sidecar's HTTP API
// (https://docs.dapr.io/reference/api/service_invocation_api/).
type HTTP struct {
	client *http.Client
	url    string
	header http.Header
}

var _ greeting.Greeter = (*HTTP)(nil)

// NewHTTP returns an adapter that calls app appID through the sidecar at
// address, host:port. It sends apiToken unless that is empty. Nothing is
// dialled before the first call.
func NewHTTP(address, appID, apiToken string) *HTTP {
	header := http.Header{
		"Content-Type": {contentType},
		"Dapr-App-Id":  {appID},
	}
	if apiToken != "" {
		header.Set(tokenHeader, apiToken)
	}
	transport := &http.Transport{ // no proxy: the sidecar is on this host
		MaxIdleConns:        maxIdleConnections,
		MaxIdleConnsPerHost: maxIdleConnections,
		IdleConnTimeout:     90 * time.Second,
		DisableCompression:  true, // a greeting is smaller than a gzip header is worth
	}
	return &HTTP{
		client: &http.Client{
			Transport: tracecontext.Transport{Base: transport},
			// A redirect is an answer of greeter's, and none that the contract knows.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		url:    "http://" + address + "/" + greeterapi.Method,
		header: header,
	}
}

// Greet implements greeting.Greeter.
func (a *HTTP) Greet(ctx context.Context, name string) (greeting.Greeting, error) {
	body, err := encode(name)
	if err != nil {
		return greeting.Greeting{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, bytes.NewReader(body))
	if err != nil {
		return greeting.Greeting{}, fmt.Errorf("make request: %w", err)
	}
	request.Header = a.header.Clone()
	begin, times := time.Now(), servertiming.FromContext(ctx)
	response, err := a.client.Do(request)
	if err != nil {
		return greeting.Greeting{}, fmt.Errorf("%w: %w", greeting.ErrUnavailable, err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	times.Add("dapr", time.Since(begin))
	times.Forward(response.Header)
	switch {
	case err != nil:
		return greeting.Greeting{}, fmt.Errorf("%w: read answer: %w", greeting.ErrUnavailable, err)
	case len(answer) > maxAnswerBytes:
		return greeting.Greeting{}, fmt.Errorf("%w: answer exceeds %d bytes", greeting.ErrUnavailable, maxAnswerBytes)
	case response.StatusCode == http.StatusOK:
		return decode(answer)
	case ofSidecar(answer):
		return greeting.Greeting{}, fmt.Errorf("%w: sidecar answered %d: %s", greeting.ErrUnavailable, response.StatusCode, answer)
	default:
		return greeting.Greeting{}, reject(response.StatusCode, answer)
	}
}

// Close closes the idle connections to the sidecar.
func (a *HTTP) Close() error {
	a.client.CloseIdleConnections()
	return nil
}

// ofSidecar tells the sidecar's own errors from greeter's: they have an
// errorCode (https://docs.dapr.io/reference/errors/), a problem has not. So
// a refusal by the sidecar, such as a missing API token, is a fault of the
// deployment and not the caller's.
func ofSidecar(body []byte) bool {
	var sidecarError struct {
		ErrorCode string `json:"errorCode"`
	}
	return json.Unmarshal(body, &sidecarError) == nil && sidecarError.ErrorCode != ""
}
