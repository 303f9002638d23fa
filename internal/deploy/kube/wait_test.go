package kube

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

func TestUntil(t *testing.T) {
	tries := 0
	err := Until(t.Context(), io.Discard, time.Minute, "two tries", func(context.Context) error {
		if tries++; tries < 2 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || tries != 2 {
		t.Errorf("%v after %d tries, want success after 2", err, tries)
	}
}

func TestUntilTellsTheLastComplaint(t *testing.T) {
	err := Until(t.Context(), io.Discard, 0, "the impossible", func(context.Context) error { return errors.New("it is impossible") })
	if !errors.Is(err, ErrTimeout) || !strings.Contains(err.Error(), "the impossible") || !strings.Contains(err.Error(), "it is impossible") {
		t.Errorf("got %v", err)
	}
}

func TestUntilEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	err := Until(ctx, io.Discard, time.Hour, "nothing", func(context.Context) error {
		cancel()
		return errors.New("not yet")
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
}
