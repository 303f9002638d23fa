package traces

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const pollInterval = 50 * time.Millisecond

// Wait polls a trace until accept returns nil for it, and again for the settle time, so
// that a span which comes late and does not belong there is seen. settle should be longer
// than the time that exporters hold spans back. When ctx ends first, the error holds
// accept's last complaint.
func (c *Client) Wait(ctx context.Context, id string, settle time.Duration, accept func(Trace) error) (Trace, error) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	var good time.Time // since when accept has been content
	last := ErrNotFound
	for {
		trace, err := c.ByID(ctx, id)
		if err == nil {
			err = accept(trace)
		}
		switch {
		case ctx.Err() != nil: // err may only say that the question was cut off
			return trace, fmt.Errorf("%w while waiting for trace %s: %w", ctx.Err(), id, last)
		case err != nil:
			good, last = time.Time{}, err
		case good.IsZero():
			good, last = time.Now(), errUnsettled
		case time.Since(good) >= settle:
			return trace, nil
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

var errUnsettled = errors.New("it was as expected, but not for long enough")

// WaitGolden waits for a trace that has exactly the tree want (see Compare), one root and
// no missing parent; caller is as in Problems.
func (c *Client) WaitGolden(ctx context.Context, id, want, caller string, settle time.Duration) (Trace, error) {
	return c.Wait(ctx, id, settle, func(t Trace) error {
		if difference := Compare(want, t); difference != "" {
			return errors.New(difference)
		}
		if problems := t.Problems(caller); len(problems) > 0 {
			return fmt.Errorf("trace %s is broken: %v", t.ID, problems)
		}
		return nil
	})
}
