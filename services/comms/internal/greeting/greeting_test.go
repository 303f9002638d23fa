package greeting_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/services/comms/internal/greeting"
)

// greeterFunc is a Greeter made of a function.
type greeterFunc func(ctx context.Context, name string) (greeting.Greeting, error)

func (f greeterFunc) Greet(ctx context.Context, name string) (greeting.Greeting, error) {
	return f(ctx, name)
}

func TestGreet(t *testing.T) {
	t.Parallel()
	made := greeting.Greeting{Message: "Hello!", Service: "greeter", MadeAt: time.Unix(1, 0)}
	fallback := greeting.Greeting{Message: "Hello, Ada (from fallback)!", Service: "comms"}
	unavailable := fmt.Errorf("%w: away", greeting.ErrUnavailable)
	rejection := &greeting.Rejection{Status: 400, Title: "Bad Request"}
	tests := []struct {
		name     string
		answer   greeting.Greeting
		err      error
		want     greeting.Greeting
		fallback bool
		wantErr  error
	}{
		{"greeter answers", made, nil, made, false, nil},
		{"greeter is away", greeting.Greeting{}, unavailable, fallback, true, nil},
		{"greeter is too slow", greeting.Greeting{}, context.DeadlineExceeded, fallback, true, nil},
		{"an adapter's slip", greeting.Greeting{}, errors.New("who knows"), fallback, true, nil},
		{"greeter rejects", greeting.Greeting{}, rejection, greeting.Greeting{}, false, rejection},
		{"greeter rejects, wrapped", greeting.Greeting{}, fmt.Errorf("x: %w", rejection), greeting.Greeting{}, false, rejection},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			desk := greeting.New(greeterFunc(func(_ context.Context, name string) (greeting.Greeting, error) {
				if name != "Ada" {
					t.Errorf("greeter was asked for %q", name)
				}
				return tt.answer, tt.err
			}), time.Minute)
			got, err := desk.Greet(t.Context(), "Ada")
			if !errors.Is(err, tt.wantErr) || got.Greeting != tt.want || got.Fallback() != tt.fallback {
				t.Errorf("got %+v, %v, want %+v, fallback %v, %v", got, err, tt.want, tt.fallback, tt.wantErr)
			}
			if tt.fallback && !errors.Is(got.Cause, tt.err) {
				t.Errorf("cause %v, want %v", got.Cause, tt.err)
			}
		})
	}
}

func TestGreetIsBounded(t *testing.T) {
	t.Parallel()
	desk := greeting.New(greeterFunc(func(ctx context.Context, _ string) (greeting.Greeting, error) {
		<-ctx.Done() // for ever, but for the desk's limit
		return greeting.Greeting{}, ctx.Err()
	}), time.Millisecond)
	if got, err := desk.Greet(t.Context(), "Ada"); err != nil || !errors.Is(got.Cause, context.DeadlineExceeded) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestGreetFailsWhenTheCallerHasGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	desk := greeting.New(greeterFunc(func(ctx context.Context, _ string) (greeting.Greeting, error) {
		cancel()
		return greeting.Greeting{}, fmt.Errorf("%w: %w", greeting.ErrUnavailable, ctx.Err())
	}), time.Minute)
	if got, err := desk.Greet(ctx, "Ada"); !errors.Is(err, context.Canceled) || got.Fallback() {
		t.Errorf("got %+v, %v", got, err)
	}
}
