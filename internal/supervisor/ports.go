//go:build linux

package supervisor

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// Ports of the service's processes. They lie below those that the kernel gives to outgoing connections, 32768 and up (ip(7), ip_local_port_range): from
// there the sidecar, or the service itself, could take one before the process listens on it, which would look like a crash of the new binary.
const (
	firstPort = 20000
	lastPort  = 29999
)

// ports counts through the range; its value is the port given last. So no process gets the port of the one before it.
type ports int

// anyPorts starts anywhere: outside of pods, supervisors share the range.
func anyPorts() ports { return ports(firstPort + rand.IntN(lastPort-firstPort+1)) } //nolint:gosec // no secret

// next returns a port on loopback that nobody listens on.
func (p *ports) next() (int, error) {
	for range lastPort - firstPort + 1 {
		if *p++; *p > lastPort {
			*p = firstPort
		}
		listener, err := net.Listen("tcp", loopback(int(*p))) //nolint:noctx // takes no time
		if err == nil {
			return int(*p), listener.Close()
		}
	}
	return 0, fmt.Errorf("no free port from %d to %d", firstPort, lastPort)
}

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }
