//go:build linux

package supervisor

import (
	"net"
	"strconv"
	"testing"
)

func TestPorts(t *testing.T) {
	t.Parallel()
	for name, last := range map[string]ports{"somewhere": anyPorts(), "at the end": lastPort - 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			given := map[int]bool{}
			for range 10 {
				before := int(last)
				port, err := last.next()
				if err != nil {
					t.Fatal(err)
				}
				if port < firstPort || port > lastPort || given[port] || port == before {
					t.Errorf("%d after %d", port, before)
				}
				given[port] = true
			}
		})
	}
}

func TestPortInUseIsSkipped(t *testing.T) {
	t.Parallel()
	last := anyPorts()
	before := last
	taken, err := last.next()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", loopback(taken))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if port, err := before.next(); err != nil || port == taken {
		t.Errorf("%d %v", port, err)
	}
}

func TestPortOfAProcessIsNotOneOfOutgoingConnections(t *testing.T) {
	t.Parallel()
	s := supervise(t, "v1")
	s.waitAnswer("v1")
	_, first := s.get("/env?name=PORT")
	s.replace("v2")
	s.waitAnswer("v2")
	_, second := s.get("/env?name=PORT")
	for _, text := range []string{first, second} {
		if port, err := strconv.Atoi(text); err != nil || port < firstPort || port > lastPort {
			t.Errorf("the service listens on %q", text)
		}
	}
	if first == second {
		t.Errorf("both processes have port %s", first)
	}
}
