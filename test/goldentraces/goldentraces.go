// Package goldentraces holds the span trees that the system's requests must make, in the
// form of internal/traces.Golden. They are the same over either of comms' two ways to its
// sidecar, without a cluster and in one, so every test of the system shares them.
package goldentraces

import (
	_ "embed"
	"strings"
)

var (
	// Greet is POST /greet on comms itself.
	//
	//go:embed greet.txt
	Greet string

	// GreetOwnSidecar is POST /greet on comms, invoked through comms' own sidecar.
	//
	//go:embed greet-own-sidecar.txt
	GreetOwnSidecar string

	// GreetOtherSidecar is POST /greet on comms, invoked through greeter's sidecar.
	//
	//go:embed greet-other-sidecar.txt
	GreetOtherSidecar string

	// GreetNoGreeter is POST /greet on comms while greeter does not listen and its sidecar does.
	//
	//go:embed greet-no-greeter.txt
	GreetNoGreeter string

	// LoadGreet is what a load on comms makes, for each kind of answer; the form is internal/load/shape's.
	//
	//go:embed load-greet.txt
	LoadGreet string

	// LoadInvoke is the same for a load that runs in a pod and calls through a sidecar of its own.
	//
	//go:embed load-invoke.txt
	LoadInvoke string
)

// Under is the tree as it looks below a caller's own span, like "load client POST /greet".
func Under(caller, tree string) string {
	var b strings.Builder
	b.WriteString(caller + "\n")
	for line := range strings.Lines(tree) {
		if !strings.HasPrefix(line, "#") {
			b.WriteString("  " + line)
		}
	}
	return b.String()
}
