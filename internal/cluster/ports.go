package cluster

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// choosePorts replaces zeros by free ports and refuses taken ones.
func choosePorts(ctx context.Context, ports Ports) (Ports, error) {
	for _, port := range []struct {
		number   *int
		use, set string
	}{
		{&ports.Comms, "comms", "COMMS_PORT"},
		{&ports.Traces, "the trace UI", "TRACES_PORT"},
		{&ports.OTLP, "spans by OTLP", "OTLP_PORT"},
	} {
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(*port.number)))
		if err != nil {
			return Ports{}, fmt.Errorf("port %d on 127.0.0.1, for %s, is taken: stop what listens there, or choose another with %s=<port> (0: any free one): %w",
				*port.number, port.use, port.set, err)
		}
		// All stay open until all are chosen, so that two free ports are two.
		defer listener.Close()
		*port.number = listener.Addr().(*net.TCPAddr).Port
	}
	return ports, nil
}

// publishedPorts asks Docker where the control plane's node ports are on the host.
func (c *Cluster) publishedPorts(ctx context.Context) (Ports, error) {
	var ports Ports
	for _, port := range []struct {
		number *int
		inside int
	}{{&ports.Comms, CommsNodePort}, {&ports.Traces, TracesNodePort}, {&ports.OTLP, OTLPNodePort}} {
		out, err := docker(ctx, "port", c.Name+"-control-plane", strconv.Itoa(port.inside)+"/tcp")
		if err != nil {
			return Ports{}, err
		}
		address, _, _ := strings.Cut(out, "\n")
		_, number, err := net.SplitHostPort(address)
		if err != nil {
			return Ports{}, fmt.Errorf("docker port: %w", err)
		}
		if *port.number, err = strconv.Atoi(number); err != nil {
			return Ports{}, fmt.Errorf("docker port: %w", err)
		}
	}
	return ports, nil
}
