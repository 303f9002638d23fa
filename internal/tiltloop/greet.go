package tiltloop

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Answer is what comms said to one request.
type Answer struct {
	Status int
	// Source tells who made the greeting: greeter, or "fallback".
	Source  string
	Message string
	Took time.Duration
}

// Greet asks comms at base for a greeting.
func Greet(ctx context.Context, client *http.Client, base, name string) (Answer, error) {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/greet", strings.NewReader(string(body)))
	if err != nil {
		return Answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	begin := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: response.StatusCode, Source: response.Header.Get("X-Greeting-Source"), Took: time.Since(begin)}
	var greeting struct{ Message string }
	if json.Unmarshal(content, &greeting) != nil || greeting.Message == "" {
		greeting.Message = strings.TrimSpace(string(content))
	}
	answer.Message = greeting.Message
	return answer, nil
}

// GreetMany sends n requests, ten at a time, and prints the answer, or of several how many there were of each kind. It fails when one was not
// answered by greeter.
func GreetMany(ctx context.Context, base string, n int, stdout io.Writer) error {
	kinds, times := map[string]int{}, make([]time.Duration, 0, n)
	var mu sync.Mutex
	var senders sync.WaitGroup
	limit := make(chan struct{}, 10)
	for range n {
		senders.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			answer, err := Greet(ctx, http.DefaultClient, base, "Ada")
			kind := fmt.Sprintf("%d from %s: %s", answer.Status, answer.Source, answer.Message)
			if err != nil {
				kind = err.Error()
			}
			mu.Lock()
			defer mu.Unlock()
			kinds[kind]++
			times = append(times, answer.Took)
		})
	}
	senders.Wait()
	slices.Sort(times)
	good := 0
	for kind, count := range kinds {
		fmt.Fprintf(stdout, "%d x %s\n", count, kind)
		if strings.HasPrefix(kind, "200 from greeter") {
			good += count
		}
	}
	fmt.Fprintf(stdout, "half of them within %s, all within %s\n", times[n/2].Round(100*time.Microsecond), times[n-1].Round(100*time.Microsecond))
	if good < n {
		return fmt.Errorf("%d of %d requests were not answered by greeter", n-good, n)
	}
	return nil
}
