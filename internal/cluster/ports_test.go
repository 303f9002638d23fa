package cluster

import (
	"net"
	"strconv"
	"strings"
	"testing"
)

func TestChoosePorts(t *testing.T) {
	chosen, err := choosePorts(t.Context(), Ports{})
	if err != nil {
		t.Fatal(err)
	}
	if chosen.Comms == 0 || chosen.Traces == 0 || chosen.OTLP == 0 || chosen.Comms == chosen.Traces || chosen.Traces == chosen.OTLP {
		t.Errorf("got %v, want two free ports", chosen)
	}
	again, err := choosePorts(t.Context(), chosen)
	if err != nil || again != chosen {
		t.Errorf("got %v, %v, want the ports as given: %v", again, err, chosen)
	}
}

func TestChoosePortsNamesTheTakenOne(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	taken := listener.Addr().(*net.TCPAddr).Port
	for variable, ports := range map[string]Ports{"COMMS_PORT": {Comms: taken}, "TRACES_PORT": {Traces: taken}, "OTLP_PORT": {OTLP: taken}} {
		_, err := choosePorts(t.Context(), ports)
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(taken)) || !strings.Contains(err.Error(), variable) {
			t.Errorf("got error %v, want one with %d and %s", err, taken, variable)
		}
	}
}
