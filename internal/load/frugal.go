package load

import (
	"os"
	"runtime"
	"runtime/debug"
)

// gcPercent lets the heap grow to five times of what is alive, which is a few megabytes.
const gcPercent = 400

// Frugal makes this process leave the processor to the system under test, which may be on
// the same machine. Garbage is collected less often, and there is one thread of Go code: the
// load waits for the network, and a second thread would mostly wake to find the work done.
// Measured at 200 requests/s: a fifth less processor time for each of the two. GOMAXPROCS in
// the environment wins.
func Frugal() {
	debug.SetGCPercent(gcPercent)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(1)
	}
}
