// Package rootspan exports the span on top of every request's trace. The sidecars make all
// other spans, as children of the trace context that the request carried, and a trace
// whose topmost parent nobody stored looks broken (dapr/dapr#5027).
package rootspan

import (
	"context"
	"fmt"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

const (
	queueSize  = 8192                   // spans waiting to be sent; beyond it they are dropped and counted
	batchSize  = 512                    // spans in one export at most
	batchDelay = 200 * time.Millisecond // the longest that a span waits for others
	retryFor   = 10 * time.Second       // how long one batch is tried
)

// Exporter sends spans to an OTLP receiver over HTTP, in batches and in the background.
// It never holds up the load: a span that finds the queue full is dropped and counted.
type Exporter struct {
	client   otlptrace.Client
	resource *resourcepb.Resource
	queue    chan *tracepb.Span
	done     chan struct{}
	ctx      context.Context // ends when waiting for the receiver is given up
	giveUp   context.CancelFunc

	mu       sync.Mutex
	exported int
	lost     int
	err      error // the newest reason for a loss
}

// New returns an Exporter to the receiver at endpoint, a URL such as http://127.0.0.1:4318.
// Close must be called.
func New(ctx context.Context, endpoint, service string, attributes map[string]string) (*Exporter, error) {
	e := &Exporter{
		client: otlptracehttp.NewClient(
			otlptracehttp.WithEndpointURL(endpoint+"/v1/traces"),
			otlptracehttp.WithCompression(otlptracehttp.NoCompression), // processor time is dearer than bytes here
			otlptracehttp.WithRetry(otlptracehttp.RetryConfig{
				Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: 2 * time.Second, MaxElapsedTime: retryFor,
			}),
		),
		resource: &resourcepb.Resource{Attributes: []*commonpb.KeyValue{Text("service.name", service)}},
		queue:    make(chan *tracepb.Span, queueSize),
		done:     make(chan struct{}),
	}
	for key, value := range attributes {
		e.resource.Attributes = append(e.resource.Attributes, Text(key, value))
	}
	if err := e.client.Start(ctx); err != nil {
		return nil, fmt.Errorf("otlp exporter: %w", err)
	}
	e.ctx, e.giveUp = context.WithCancel(context.WithoutCancel(ctx))
	go e.run()
	return e, nil
}

// Add hands a span over. It does not block.
func (e *Exporter) Add(span *tracepb.Span) {
	select {
	case e.queue <- span:
	default:
		e.lose(1, fmt.Errorf("the queue of %d spans is full", queueSize))
	}
}

// Close sends what is queued, for as long as ctx allows, and stops.
func (e *Exporter) Close(ctx context.Context) {
	close(e.queue)
	stop := context.AfterFunc(ctx, e.giveUp)
	<-e.done
	stop()
	e.giveUp()
	e.client.Stop(context.WithoutCancel(ctx)) //nolint:errcheck // it only closes a channel
}

// Stats are the spans that the receiver took, those that are lost, and why the last of these was.
func (e *Exporter) Stats() (exported, lost int, cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.exported, e.lost, e.err
}

func (e *Exporter) lose(n int, cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.lost += n
	e.err = cause
}

func (e *Exporter) run() {
	defer close(e.done)
	ticker := time.NewTicker(batchDelay)
	defer ticker.Stop()
	batch := make([]*tracepb.Span, 0, batchSize)
	flush := func() {
		if len(batch) > 0 {
			e.upload(batch)
			clear(batch)
			batch = batch[:0]
		}
	}
	for {
		select {
		case span, open := <-e.queue:
			if !open {
				flush()
				return
			}
			if batch = append(batch, span); len(batch) == batchSize {
				flush()
			}
		case <-ticker.C:
			flush()
		}
	}
}

func (e *Exporter) upload(batch []*tracepb.Span) {
	err := e.client.UploadTraces(e.ctx, []*tracepb.ResourceSpans{{
		Resource:   e.resource,
		ScopeSpans: []*tracepb.ScopeSpans{{Scope: &commonpb.InstrumentationScope{Name: "drydock/load"}, Spans: batch}},
	}})
	if err != nil {
		// A partial success is an error too and does not always say how much was refused,
		// so the whole batch counts as lost: the judge knows which spans did arrive.
		e.lose(len(batch), err)
		return
	}
	e.mu.Lock()
	e.exported += len(batch)
	e.mu.Unlock()
}

// Text is an attribute whose value is text.
func Text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

// Int is an attribute whose value is a number.
func Int(key string, value int64) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: value}}}
}
