package tiltloop

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/drydock-dev/drydock/test/greet"
)

// GreetMany sends n requests to comms at base, ten at a time, and prints the answers, like ones counted. It fails when one was not made by greeter.
func GreetMany(ctx context.Context, base string, n int, stdout io.Writer) error {
	var (
		mu      sync.Mutex
		kinds   = map[string]int{}
		times   = make([]time.Duration, 0, n)
		good    int
		senders sync.WaitGroup
		limit   = make(chan struct{}, 10)
	)
	for range n {
		senders.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			begin := time.Now()
			answer, err := greet.Ask(ctx, base, "Ada")
			took := time.Since(begin)
			kind := fmt.Sprintf("%d from %s: %s", answer.Status, answer.Source(), answer.Message)
			if err != nil {
				kind = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			kinds[kind]++
			times = append(times, took)
			if answer.Source() == "greeter" {
				good++
			}
		})
	}
	senders.Wait()
	for kind, count := range kinds {
		fmt.Fprintf(stdout, "%d x %s\n", count, kind)
	}
	slices.Sort(times)
	fmt.Fprintf(stdout, "half of them within %s, all within %s\n", times[n/2].Round(100*time.Microsecond), times[n-1].Round(100*time.Microsecond))
	if good < n {
		return fmt.Errorf("%d of %d requests were not answered by greeter", n-good, n)
	}
	return nil
}
