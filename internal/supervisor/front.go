//go:build linux

package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"syscall"
	"time"
)

const (
	// holdPatience is how long a request waits for a process that is starting.
	holdPatience = 5 * time.Second
	// drainPatience is how long a replaced process keeps its port open for requests that are on their way to it. Longer requests have arrived by
	// then, and the service finishes them itself.
	drainPatience = 250 * time.Millisecond
)

// front takes the requests of the pod and hands each to the process that serves: held while one starts, refused with the reason when there is none.
// It speaks HTTP, not TCP, so that a client's connection outlives the process that answered on it.
type front struct {
	log    *slog.Logger
	server *http.Server
	// unseen, when set, is what it means that a process which has listened no longer does: its wrapper outlives the service.
	unseen string

	mu      sync.Mutex
	target  *target
	reason  string        // why there is no target, when nobody should wait for one
	changed chan struct{} // closed when target or reason is set
}

// target is a process as the front sees it.
type target struct {
	proxy  *httputil.ReverseProxy
	active sync.WaitGroup // requests given to it; only added to under front.mu
}

func newFront(log *slog.Logger) *front {
	f := &front{log: log, changed: make(chan struct{})}
	f.server = &http.Server{Handler: f, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	return f
}

func (f *front) listen(ctx context.Context, address string) error {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen in the service's place: %w", err)
	}
	f.log.InfoContext(ctx, "listening", slog.String("addr", listener.Addr().String()))
	go f.server.Serve(listener) //nolint:errcheck // it ends with close
	return nil
}

// close lets the answers that are being sent arrive.
func (f *front) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if f.server.Shutdown(ctx) != nil {
		f.server.Close()
	}
}

// serve sends requests to address from now on. The channel is closed when those given to the target before have arrived there.
func (f *front) serve(address string) (drained <-chan struct{}) {
	next := &target{proxy: f.newProxy(address)}
	f.mu.Lock()
	old := f.target
	f.set(next, "")
	f.mu.Unlock()

	done := make(chan struct{})
	go func() {
		defer close(done)
		if old != nil {
			old.drain()
		}
	}()
	return done
}

// hold makes requests wait for the next process.
func (f *front) hold() { f.update(nil, "") }

// refuse answers requests with the reason why there is no service.
func (f *front) refuse(reason string) { f.update(nil, reason) }

func (f *front) update(next *target, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.set(next, reason)
}

func (f *front) set(next *target, reason string) {
	f.target, f.reason = next, reason
	close(f.changed)
	f.changed = make(chan struct{})
}

// take waits for a target and counts the request as given to it.
func (f *front) take(ctx context.Context) (*target, error) {
	patience := time.After(holdPatience)
	for {
		f.mu.Lock()
		current, reason, changed := f.target, f.reason, f.changed
		if current != nil {
			current.active.Add(1)
		}
		f.mu.Unlock()
		switch {
		case current != nil:
			return current, nil
		case reason != "":
			return nil, errors.New(reason)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-patience:
			return nil, fmt.Errorf("the service is still starting after %v", holdPatience)
		}
	}
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	target, err := f.take(r.Context())
	if err != nil {
		unavailable(w, err)
		return
	}
	defer target.active.Done()
	target.proxy.ServeHTTP(w, r)
}

func (t *target) drain() {
	done := make(chan struct{})
	go func() {
		t.active.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(drainPatience):
	}
}

// newProxy hands requests over as they came. Each process has a transport of its own, so that no kept connection leads to another.
func (f *front) newProxy(address string) *httputil.ReverseProxy {
	var told sync.Once
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: address})
			r.Out.Host = r.In.Host
			r.Out.URL.Path, r.Out.URL.RawPath, r.Out.URL.RawQuery = r.In.URL.Path, r.In.URL.RawPath, r.In.URL.RawQuery
			// Taken out by the proxy so that nobody can forge them; here it is not the first to ask.
			for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
				if values, ok := r.In.Header[name]; ok {
					r.Out.Header[name] = values
				}
			}
		},
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{}).DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     30 * time.Second,
			DisableCompression:  true, // the client's business
		},
		FlushInterval: -1,
		ErrorLog:      slog.NewLogLogger(f.log.Handler(), slog.LevelWarn),
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			switch {
			case r.Context().Err() != nil: // nobody waits for an answer
			// A process at a breakpoint is not meant: the kernel takes connections for it.
			case f.unseen != "" && errors.Is(err, syscall.ECONNREFUSED):
				told.Do(func() { f.log.ErrorContext(r.Context(), "no service", slog.String("reason", f.unseen)) })
				unavailable(w, errors.New(f.unseen))
			default:
				unavailable(w, fmt.Errorf("the process ended while it was asked: %w", err))
			}
		},
	}
}

// unavailable answers in the form of every error here, RFC 9457.
func unavailable(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": http.StatusServiceUnavailable, "title": "Service Unavailable", "detail": err.Error(),
	})
}
