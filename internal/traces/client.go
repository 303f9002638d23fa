package traces

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// ErrNotFound means that the store has no such trace, at least not yet.
var ErrNotFound = errors.New("no trace found")

// Client reads from Jaeger's HTTP query API, version 3 (OTLP as JSON), which is the
// one that Jaeger promises to keep; /api/traces belongs to its UI.
type Client struct {
	base string
	http *http.Client
}

// NewClient returns a client of the Jaeger query API at base, like "http://127.0.0.1:16686".
func NewClient(base string) *Client {
	return &Client{base: strings.TrimSuffix(base, "/"), http: &http.Client{Timeout: 10 * time.Second}}
}

// ByID returns one trace by its 32 hex digits, ErrNotFound when the store has no span of it.
func (c *Client) ByID(ctx context.Context, id string) (Trace, error) {
	found, err := c.traces(ctx, "/api/v3/traces/"+url.PathEscape(id), url.Values{"raw_traces": {"true"}})
	if err != nil {
		return Trace{}, fmt.Errorf("trace %s: %w", id, err)
	}
	return found[0], nil
}

// Newest returns the trace that began last since the given time, ErrNotFound when there is none.
func (c *Client) Newest(ctx context.Context, since time.Time) (Trace, error) {
	found, err := c.Since(ctx, since, 20)
	if err != nil {
		return Trace{}, err
	}
	return found[0], nil
}

// Since returns the newest traces, at most limit, with a span that began at or after the
// given time, the newest first. None at all is ErrNotFound.
func (c *Client) Since(ctx context.Context, since time.Time, limit int) ([]Trace, error) {
	return c.Between(ctx, since, time.Now().Add(time.Minute), limit)
}

// Between returns the newest traces, at most limit, with a span that began from one time to
// another. One such question costs far less than ByID for each trace, for Jaeger closes the
// connection after every answer. None at all is ErrNotFound.
func (c *Client) Between(ctx context.Context, from, to time.Time, limit int) ([]Trace, error) {
	return c.traces(ctx, "/api/v3/traces", url.Values{
		// No query.service_name: the in-memory store then looks at all services.
		"query.start_time_min": {from.UTC().Format(time.RFC3339Nano)},
		"query.start_time_max": {to.UTC().Format(time.RFC3339Nano)},
		"query.num_traces":     {strconv.Itoa(limit)},
		"query.raw_traces":     {"true"},
	})
}

func (c *Client) traces(ctx context.Context, path string, query url.Values) ([]Trace, error) {
	body, err := c.get(ctx, path, query)
	if err != nil {
		return nil, err
	}
	spans, err := decode(body)
	if err != nil {
		return nil, err
	}
	if len(spans) == 0 {
		return nil, ErrNotFound
	}
	return Build(spans), nil
}

// get returns the body of a 200; a 404 is ErrNotFound.
func (c *Client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("ask jaeger: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read jaeger's answer: %w", err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return body, nil
	case http.StatusNotFound:
		return nil, ErrNotFound
	default:
		return nil, fmt.Errorf("jaeger answered %s: %s", response.Status, strings.TrimSpace(string(body)))
	}
}
