package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
)

// The targets by their short names, for --only.
const (
	alone    = "greeter"
	floor    = "floor"
	overGRPC = "grpc"
	overHTTP = "http"
)

var targetNames = []string{alone, floor, overGRPC, overHTTP}

// target is one thing to load, with what was measured of it.
type target struct {
	Short string // as in --only
	Name  string
	url   string
	pids  map[string]int // the processes that take part

	rates     []float64 // requests/s, one for each round
	latencies []time.Duration
	requests  int
	cpu       map[string]time.Duration
}

func targetsOf(systems map[string]*selfhost.System, only string) []*target {
	grpc, http := systems["grpc"], systems["http"]
	all := []*target{
		newTarget(alone, "greeter alone", grpc, grpc.URL(selfhost.Greeter)+"/greet"),
		newTarget(floor, "daprd, daprd, greeter", grpc, grpc.URL(selfhost.CommsDapr)+"/v1.0/invoke/greeter/method/greet"),
		newTarget(overGRPC, "comms, gRPC (Dapr SDK)", grpc, grpc.URL(selfhost.Comms)+"/greet"),
		newTarget(overHTTP, "comms, HTTP API", http, http.URL(selfhost.Comms)+"/greet"),
	}
	if only == "" {
		return all
	}
	return slices.DeleteFunc(all, func(t *target) bool { return t.Short != only })
}

func newTarget(short, name string, system *selfhost.System, url string) *target {
	t := &target{Short: short, Name: name, url: url, pids: map[string]int{}, cpu: map[string]time.Duration{}}
	for _, part := range system.Parts() {
		t.pids[part] = system.PID(part)
	}
	return t
}

// round loads the target once and adds up what its processes used.
func (t *target) round(ctx context.Context, set settings) error {
	before, err := t.usage()
	if err != nil {
		return err
	}
	s, err := load(ctx, t.url, set.connections, set.duration)
	if err != nil {
		return err
	}
	after, err := t.usage()
	if err != nil {
		return err
	}
	for part := range t.pids {
		t.cpu[part] += after[part] - before[part]
	}
	t.requests += s.requests
	t.latencies = append(t.latencies, s.latencies...)
	t.rates = append(t.rates, float64(s.requests)/s.elapsed.Seconds())
	return nil
}

func (t *target) usage() (map[string]time.Duration, error) {
	used := map[string]time.Duration{}
	for part, pid := range t.pids {
		cpu, err := cpuTime(pid)
		if err != nil {
			return nil, fmt.Errorf("processor time of %s: %w", part, err)
		}
		used[part] = cpu
	}
	return used, nil
}
