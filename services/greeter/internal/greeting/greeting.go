// Package greeting makes greetings.
package greeting

import "time"

// Service is what a greeting says about who made it.
const Service = "greeter"

// Greeting is a greeting and when it was made.
type Greeting struct {
	Message string
	Service string
	MadeAt  time.Time // UTC
}

// Greeter greets people. Its zero value is not usable; see New.
type Greeter struct{ now func() time.Time }

// New returns a Greeter that reads the time from now.
func New(now func() time.Time) *Greeter { return &Greeter{now} }

// Greet greets the person of that name, which the caller has validated.
func (g *Greeter) Greet(name string) Greeting {
	return Greeting{
		Message: "Hello, " + name + " from greeter!",
		Service: Service,
		MadeAt:  g.now().UTC(),
	}
}
