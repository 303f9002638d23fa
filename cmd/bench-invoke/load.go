package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

const payload = `{"name":"Ada"}`

// fromGreeter is in every real greeting and in no fallback: a fast wrong answer must
// not count as a request served.
var fromGreeter = []byte("from greeter!")

// sample is what one run of the load loop measured.
type sample struct {
	requests  int
	elapsed   time.Duration
	latencies []time.Duration // one for each request, in no order
}

// load sends requests over a fixed number of kept-alive connections, each of which sends
// its next request when its last one is answered. It writes prepared bytes to plain TCP
// connections, since it shares the processors with what it measures.
func load(ctx context.Context, target string, connections int, duration time.Duration) (sample, error) {
	address, err := url.Parse(target)
	if err != nil {
		return sample{}, err
	}
	request := []byte("POST " + address.Path + " HTTP/1.1\r\nHost: " + address.Host +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(payload)) + "\r\n\r\n" + payload)

	ctx, cancel := context.WithTimeout(ctx, duration+10*time.Second)
	defer cancel()
	results := make([]sample, connections)
	errs := make([]error, connections)
	begin := time.Now()
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() {
			results[i].latencies, errs[i] = connection(ctx, address.Host, request, begin.Add(duration))
			if errs[i] != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	total := sample{elapsed: time.Since(begin)}
	for i := range connections {
		if errs[i] != nil {
			return sample{}, fmt.Errorf("%s: %w", target, errs[i])
		}
		total.latencies = append(total.latencies, results[i].latencies...)
	}
	total.requests = len(total.latencies)
	return total, nil
}

func connection(ctx context.Context, host string, request []byte, until time.Time) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	reader := bufio.NewReader(conn)
	var body bytes.Buffer
	latencies := make([]time.Duration, 0, 1<<16)
	for begin := time.Now(); begin.Before(until); {
		if _, err := conn.Write(request); err != nil {
			return nil, err
		}
		response, err := http.ReadResponse(reader, nil)
		if err != nil {
			return nil, err
		}
		body.Reset()
		_, err = io.Copy(&body, response.Body)
		response.Body.Close()
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK || !bytes.Contains(body.Bytes(), fromGreeter) {
			return nil, fmt.Errorf("answered %s: %s", response.Status, body.Bytes())
		}
		end := time.Now()
		latencies = append(latencies, end.Sub(begin))
		begin = end
	}
	return latencies, nil
}
