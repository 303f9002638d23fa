package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLoadCountsRealGreetings(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		served.Add(1)
		if r.Method != http.MethodPost || r.URL.Path != "/greet" || r.Header.Get("Content-Type") != "application/json" {
			w.WriteHeader(http.StatusBadRequest)
		}
		w.(http.Flusher).Flush() // a chunked answer, as sidecars give
		fmt.Fprint(w, `{"message":"Hello, Ada from greeter!"}`)
	}))
	defer server.Close()
	s, err := load(t.Context(), server.URL+"/greet", 3, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if s.requests == 0 || int64(s.requests) != served.Load() || len(s.latencies) != s.requests {
		t.Errorf("%d requests, %d latencies, %d served", s.requests, len(s.latencies), served.Load())
	}
}

func TestLoadRefusesWhatIsNoGreeting(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"fallback": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"message":"Hello, Ada (from fallback)!"}`)
		},
		"failure": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "from greeter!", http.StatusBadGateway) },
		"hang-up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(answer)
			defer server.Close()
			if s, err := load(t.Context(), server.URL+"/greet", 2, time.Minute); err == nil {
				t.Errorf("counted %d requests", s.requests)
			}
		})
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for after := before; after < before+2*tick; {
		if after, err = cpuTime(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if rss, err := peakRSS(os.Getpid()); err != nil || rss < 1<<20 {
		t.Errorf("peak memory %d, %v", rss, err)
	}
}

func TestResultIsPairedByRound(t *testing.T) {
	target := &target{
		rates:     []float64{80, 8, 90}, // the second round was noisy, for the floor too
		latencies: []time.Duration{4e6, 1e6, 3e6, 2e6},
		requests:  4, cpu: map[string]time.Duration{"comms": 8 * time.Millisecond},
	}
	got := target.result([]float64{100, 10, 100})
	if got.ToFloor != 0.8 || got.RequestsPerSecond != 80 || got.P50Millis != 3 || got.P99Millis != 4 || got.CPUMillis["comms"] != 2 {
		t.Errorf("got %+v", got)
	}
	if !slices.Equal(target.rates, []float64{80, 8, 90}) {
		t.Error("the rounds were put out of order")
	}
}

func TestReportIsReadable(t *testing.T) {
	var out strings.Builder
	r := &report{Connections: 8, Targets: []result{{Name: "comms, HTTP API", RequestsPerSecond: 2000, ToFloor: 0.85}}}
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "comms, HTTP API   2000       85%") {
		t.Errorf("got\n%s", out.String())
	}
}
