// Package greeting greets people by asking a greeter, and falls back to a
// greeting of its own when the greeter is away.
package greeting

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Service is what a fallback greeting says about who made it.
const Service = "comms"

// ErrUnavailable is wrapped by every error of a Greeter that is not the caller's
// fault: greeter away, failing, too slow, or answering what nobody understands.
var ErrUnavailable = errors.New("greeter unavailable")

// Rejection is a greeter's refusal of a request as the caller's error. It is
// passed on as it is, never hidden behind a fallback.
type Rejection struct {
	Status int    // HTTP status, 400 to 499
	Title  string // the problem's title (RFC 9457)
	Detail string // the problem's detail, empty when it did not arrive whole
}

// Error implements error.
func (r *Rejection) Error() string {
	return fmt.Sprintf("greeter rejected the request: %d %s", r.Status, r.Title)
}

// Greeting is a greeting and who made it.
type Greeting struct {
	Message string
	Service string
	MadeAt  time.Time // zero for a fallback
}

// Greeter is the port through which greetings are asked for.
//
// An error of Greet is a *Rejection, or wraps ErrUnavailable, or wraps
// context.Canceled after ctx was cancelled.
type Greeter interface {
	Greet(ctx context.Context, name string) (Greeting, error)
}

// Reply is a greeting that can always be given.
type Reply struct {
	Greeting
	// Cause is why this is the fallback greeting; nil when greeter made it.
	Cause error
}

// Fallback reports that greeter did not make this greeting.
func (r Reply) Fallback() bool { return r.Cause != nil }

// Desk greets people. Its zero value is not usable; see New.
type Desk struct {
	greeter Greeter
	timeout time.Duration
}

// New returns a Desk that asks greeter and waits for it no longer than timeout.
func New(greeter Greeter, timeout time.Duration) *Desk { return &Desk{greeter, timeout} }

// Greet greets the person of that name, which the caller has validated. It
// fails only with a *Rejection, or when ctx was cancelled by the caller, who
// then waits for no greeting.
func (d *Desk) Greet(ctx context.Context, name string) (Reply, error) {
	bounded, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	made, err := d.greeter.Greet(bounded, name)
	var rejection *Rejection
	switch {
	case err == nil:
		return Reply{Greeting: made}, nil
	case errors.As(err, &rejection), ctx.Err() != nil:
		return Reply{}, err
	default:
		return Reply{
			Greeting: Greeting{Message: "Hello, " + name + " (from fallback)!", Service: Service},
			Cause:    err,
		}, nil
	}
}
