package selfhost

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// SpanDelay is the longest time between the end of a span and its way to Jaeger.
const SpanDelay = 100 * time.Millisecond

const (
	readyTimeout = 30 * time.Second
	readyPoll    = 20 * time.Millisecond
)

// waitReady waits until all the named parts are ready, or until one part dies.
func (s *System) waitReady(ctx context.Context, names ...string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	type answer struct {
		name string
		err  error
	}
	answers := make(chan answer, len(names))
	for _, name := range names {
		go func() { answers <- answer{name, pollReady(ctx, s.parts[name].spec.ready)} }()
	}
	for range names {
		select {
		case <-s.failed:
			return s.failure
		case a := <-answers:
			if a.err != nil {
				return fmt.Errorf("%s is not ready: %w", a.name, a.err)
			}
		}
	}
	return nil
}

// pollReady asks url until it answers 2xx. The error of the last try tells more than
// the end of the time, so both are reported.
func pollReady(ctx context.Context, url string) error {
	ticker := time.NewTicker(readyPoll)
	defer ticker.Stop()
	for {
		err := probe(ctx, url)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w, last: %w", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}

func probe(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	response.Body.Close()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%s answered %s", url, response.Status)
	}
	return nil
}
