// Package servertiming tells a caller who traces where the time of its request went inside
// a service, by the header that the web has for that (https://www.w3.org/TR/server-timing/).
// Sidecars make all spans, and they see a service from the outside only.
package servertiming

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Header is the name of the header.
const Header = "Server-Timing"

// maxForwarded bounds what is passed on of a callee's header.
const maxForwarded = 200

type key struct{}

// Times collects the times of one request. Its methods do nothing on a nil one, so that
// code need not know whether anybody asked.
type Times struct {
	begin time.Time

	mu      sync.Mutex
	entries []string
}

// NewContext returns a context in which times are collected, from now on.
func NewContext(ctx context.Context) (context.Context, *Times) {
	t := &Times{begin: time.Now()}
	return context.WithValue(ctx, key{}, t), t
}

// FromContext returns what collects the times of the context's request, nil where nobody asked.
func FromContext(ctx context.Context) *Times {
	t, _ := ctx.Value(key{}).(*Times)
	return t
}

// Add adds the time that a part of the request took.
func (t *Times) Add(name string, took time.Duration) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = append(t.entries, entry(name, took))
}

// Forward adds what a callee told of itself.
func (t *Times) Forward(header http.Header) {
	if t == nil {
		return
	}
	told := strings.Join(header.Values(Header), ", ")
	if told == "" || len(told) > maxForwarded {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entries = append(t.entries, told)
}

// Value is the header's value: the whole time until now under the given name, then what was added.
func (t *Times) Value(name string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(append([]string{entry(name, time.Since(t.begin))}, t.entries...), ", ")
}

// entry has milliseconds, as the header wants them, in whole microseconds.
func entry(name string, took time.Duration) string {
	return name + ";dur=" + strconv.FormatFloat(float64(took.Microseconds())/1000, 'f', -1, 64)
}
