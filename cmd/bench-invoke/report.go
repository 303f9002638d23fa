package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
)

// report is the outcome of a run. Rates are medians over the rounds, ratios are medians of
// each round's own ratio, latencies are of all requests of all rounds.
type report struct {
	Connections   int              `json:"connections"`
	Rounds        int              `json:"rounds"`
	RoundSeconds  float64          `json:"round_seconds"`
	Targets       []result         `json:"targets"`
	PeakRSSBytes  map[string]int64 `json:"peak_rss_bytes"`
	BinariesBytes map[string]int64 `json:"binaries_bytes"`
}

type result struct {
	Target            string             `json:"target"`
	Name              string             `json:"name"`
	RequestsPerSecond float64            `json:"requests_per_second"`
	ToFloor           float64            `json:"to_floor,omitempty"`
	P50Millis         float64            `json:"p50_ms"`
	P99Millis         float64            `json:"p99_ms"`
	CPUMillis         map[string]float64 `json:"cpu_ms_per_request"` // equal to seconds for 1,000 requests
}

func newReport(set settings, targets []*target, systems map[string]*selfhost.System, binaries selfhost.Binaries) (*report, error) {
	r := &report{
		Connections: set.connections, Rounds: set.rounds, RoundSeconds: set.duration.Seconds(),
		PeakRSSBytes: map[string]int64{}, BinariesBytes: map[string]int64{},
	}
	var floorRates []float64
	for _, t := range targets {
		if t.Short == floor {
			floorRates = t.rates
		}
	}
	for _, t := range targets {
		r.Targets = append(r.Targets, t.result(floorRates))
	}
	for name, pid := range map[string]int{
		"comms grpc": systems["grpc"].PID(selfhost.Comms), "comms http": systems["http"].PID(selfhost.Comms),
		"greeter": systems["grpc"].PID(selfhost.Greeter), "daprd": systems["grpc"].PID(selfhost.CommsDapr),
	} {
		bytes, err := peakRSS(pid)
		if err != nil {
			return nil, fmt.Errorf("memory of %s: %w", name, err)
		}
		r.PeakRSSBytes[name] = bytes
	}
	for name, path := range map[string]string{"comms": binaries.Comms, "greeter": binaries.Greeter} {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		r.BinariesBytes[name] = info.Size()
	}
	return r, nil
}

// result sums up a target. floorRates are the floor's, round by round, nil when it was
// not measured: what slows a round down slows the floor down too, so the ratio of one
// round says more than that of two medians.
func (t *target) result(floorRates []float64) result {
	slices.Sort(t.latencies)
	res := result{
		Target: t.Short, Name: t.Name, CPUMillis: map[string]float64{},
		RequestsPerSecond: median(t.rates),
		P50Millis:         millis(quantile(t.latencies, 0.50)),
		P99Millis:         millis(quantile(t.latencies, 0.99)),
	}
	if floorRates != nil {
		ratios := make([]float64, len(t.rates))
		for round, rate := range t.rates {
			ratios[round] = rate / floorRates[round]
		}
		res.ToFloor = median(ratios)
	}
	for part, cpu := range t.cpu {
		res.CPUMillis[part] = millis(cpu) / float64(t.requests)
	}
	return res
}

func median(unsorted []float64) float64 {
	values := slices.Sorted(slices.Values(unsorted))
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// quantile of sorted values, by the nearest rank.
func quantile(values []time.Duration, q float64) time.Duration {
	return values[min(int(q*float64(len(values))), len(values)-1)]
}

func millis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func (r *report) print(w io.Writer) error {
	fmt.Fprintf(w, "\n%d connections, %d rounds of %gs for each target, tracing off\n\n", r.Connections, r.Rounds, r.RoundSeconds)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\t\t\tlatency, ms\t\tCPU, ms/request\t\t\t\t")
	fmt.Fprintln(table, "target\treq/s\tto floor\tp50\tp99\tcomms\tgreeter\tsum\ttwo daprd\t")
	for _, t := range r.Targets {
		comms, greeter := t.CPUMillis[selfhost.Comms], t.CPUMillis[selfhost.Greeter]
		fmt.Fprintf(table, "%s\t%.0f\t%s\t%.2f\t%.2f\t%.3f\t%.3f\t%.3f\t%.3f\t\n", t.Name, t.RequestsPerSecond, percent(t.ToFloor),
			t.P50Millis, t.P99Millis, comms, greeter, comms+greeter, t.CPUMillis[selfhost.CommsDapr]+t.CPUMillis[selfhost.GreeterDapr])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\npeak memory (RSS): comms gRPC %s, comms HTTP %s, greeter %s, a daprd %s\nbinaries: comms %s, greeter %s\n",
		mb(r.PeakRSSBytes["comms grpc"]), mb(r.PeakRSSBytes["comms http"]), mb(r.PeakRSSBytes["greeter"]), mb(r.PeakRSSBytes["daprd"]),
		mb(r.BinariesBytes["comms"]), mb(r.BinariesBytes["greeter"]))
	return nil
}

// percent of the floor; nothing when the floor was not measured.
func percent(ratio float64) string {
	if ratio == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", 100*ratio)
}

func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
