package attack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// seqHeader is where vegeta puts the number of a request.
const seqHeader = "X-Vegeta-Seq"

// wire is the transport under vegeta's client. Vegeta's results know neither the request
// nor more of an error than its text, so the wire puts the trace context into each request
// and remembers what its result will lack.
type wire struct {
	plan Plan
	base *http.Transport
	ctx  context.Context // ends a moment after the run was interrupted
	end  context.CancelFunc

	mu       sync.Mutex
	attempts map[uint64]*attempt // under way, by request number
}

// attempt is what the wire saw of a request.
type attempt struct {
	begin           time.Time
	sent, firstByte time.Duration // after begin
	err             error
}

func newWire(ctx context.Context, plan Plan) *wire {
	w := &wire{
		plan: plan,
		base: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: plan.Timeout}).DialContext,
			MaxIdleConns:        plan.Concurrency,
			MaxIdleConnsPerHost: plan.Concurrency,
			IdleConnTimeout:     90 * time.Second,
			DisableCompression:  true,
		},
		attempts: make(map[uint64]*attempt, plan.Concurrency),
	}
	w.ctx, w.end = context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(interruptGrace, w.end) })
	return w
}

func (w *wire) close() {
	w.end()
	w.base.CloseIdleConnections()
}

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(request *http.Request) (*http.Response, error) {
	n, err := strconv.ParseUint(request.Header.Get(seqHeader), 10, 63)
	if err != nil {
		return nil, err
	}
	a := &attempt{begin: time.Now()}
	w.mu.Lock()
	w.attempts[n] = a
	w.mu.Unlock()

	ctx, cancel := context.WithCancel(request.Context())
	stop := context.AfterFunc(w.ctx, cancel)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest:         func(httptrace.WroteRequestInfo) { w.note(&a.sent, a) },
		GotFirstResponseByte: func() { w.note(&a.firstByte, a) },
	})
	content := body(int(n))
	// A RoundTripper must leave the request as it is, so this is a copy.
	outgoing := request.Clone(ctx)
	outgoing.Header.Del(seqHeader)
	outgoing.Header.Set("Traceparent", w.plan.IDs.Traceparent(int(n)))
	outgoing.Body, outgoing.ContentLength = io.NopCloser(bytes.NewReader(content)), int64(len(content))
	response, err := w.base.RoundTrip(outgoing)
	if err != nil {
		stop()
		cancel()
		w.mu.Lock()
		a.err = err
		w.mu.Unlock()
		return nil, err
	}
	response.Body = &closer{response.Body, func() { stop(); cancel() }}
	return response, nil
}

// note writes down when something happened. The connection's own goroutine calls it, maybe
// when the request has been given up already.
func (w *wire) note(when *time.Duration, a *attempt) {
	since := time.Since(a.begin)
	w.mu.Lock()
	*when = since
	w.mu.Unlock()
}

// closer releases a request's context together with the body of its answer.
type closer struct {
	io.ReadCloser
	release func()
}

func (c *closer) Close() error {
	c.release()
	return c.ReadCloser.Close()
}

// answer joins a result with what the wire saw of it.
func (w *wire) answer(result *vegeta.Result) Answer {
	w.mu.Lock()
	seen := w.attempts[result.Seq]
	delete(w.attempts, result.Seq)
	if seen == nil {
		seen = &attempt{begin: result.Timestamp}
	}
	a := *seen
	w.mu.Unlock()

	shift := a.begin.Sub(result.Timestamp) // vegeta's clock starts a little earlier
	answer := Answer{
		N: int(result.Seq), Status: int(result.Code), Error: result.Error,
		Start: result.Timestamp, Latency: result.Latency, Timing: result.Headers.Get("Server-Timing"),
	}
	if a.sent > 0 {
		answer.Sent = a.sent + shift
	}
	if a.firstByte > 0 {
		answer.FirstByte = min(a.firstByte+shift, answer.Latency)
	}
	complete := a.err == nil && result.Code != 0
	switch {
	case complete:
		answer.Kind, answer.Error = classify(answer.Status, result.Headers, result.Body, Name(answer.N))
	case w.ctx.Err() != nil:
		answer.Kind, answer.Error = Interrupted, "the run was interrupted"
	case result.Latency >= w.plan.Timeout || isTimeout(a.err):
		answer.Kind, answer.Error = Timeout, "no answer in "+w.plan.Timeout.String()
	default:
		answer.Kind = Unreachable
		if a.err != nil {
			answer.Error = a.err.Error()
		}
	}
	return answer
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout()
}
