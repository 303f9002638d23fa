// Package attack sends greetings to comms as a load, each as the root of a trace of its
// own, and tells what became of every one of them.
package attack

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/drydock-dev/drydock/services/greeter/greeterapi"
)

// Plan is the load to send.
type Plan struct {
	URL         string        // the full address that greetings are POSTed to
	Requests    int           // how many; 0 for as many as Duration allows
	Duration    time.Duration // how long; 0 for as long as Requests takes
	Rate        float64       // requests/s; 0 for each next one as soon as one is answered
	Concurrency int           // most requests under way at once
	Timeout     time.Duration // of one request
	Token       string        // what the target asks of its callers (APP_API_TOKEN), empty for none
	IDs         IDs

	// Hold, when not nil, is asked before each request and blocks while the load should wait.
	Hold func(ctx context.Context)
}

// Name is who asks for a greeting in request n: as in the original article, from Benjamen1 on.
func Name(n int) string { return "Benjamen" + strconv.Itoa(n+1) }

// maxBody is far more than any greeting.
const maxBody = 64 << 10

// interruptGrace is how long requests under way may take to be answered after ctx ended.
const interruptGrace = 2 * time.Second

// Send sends the load and yields every answer, in the order in which they came, until the
// plan is done or ctx ends; requests under way are then still waited for, for a moment.
func Send(ctx context.Context, plan Plan) <-chan Answer {
	pace := &pacer{ctx: ctx, plan: plan}
	wire := newWire(ctx, plan)
	attacker := vegeta.NewAttacker(
		vegeta.Client(&http.Client{Transport: wire, Timeout: plan.Timeout, CheckRedirect: noRedirect}),
		vegeta.Workers(uint64(plan.Concurrency)),
		vegeta.MaxWorkers(uint64(plan.Concurrency)),
		vegeta.MaxBody(maxBody),
	)
	stop := context.AfterFunc(ctx, func() { attacker.Stop() })
	answers := make(chan Answer, plan.Concurrency)
	go func() {
		defer close(answers)
		defer wire.close()
		defer stop()
		for result := range attacker.Attack(targeter(plan), pace, plan.Duration, "") {
			answers <- wire.answer(result)
		}
	}()
	return answers
}

// noRedirect takes a redirect for the answer that it is.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// targeter makes the requests. Which number a request has is known by the wire only, so it
// puts the name in.
func targeter(plan Plan) vegeta.Targeter {
	header := http.Header{"Content-Type": {"application/json"}}
	if plan.Token != "" {
		header.Set("dapr-api-token", plan.Token)
	}
	return func(target *vegeta.Target) error {
		*target = vegeta.Target{Method: http.MethodPost, URL: plan.URL, Header: header}
		return nil
	}
}

func body(n int) []byte {
	encoded, err := json.Marshal(greeterapi.Request{Name: Name(n)})
	if err != nil {
		panic(err) // a string always encodes
	}
	return encoded
}

// pacer is a vegeta.Pacer for a number of requests at a rate.
type pacer struct {
	ctx  context.Context
	plan Plan
	held atomic.Int64 // nanoseconds spent in Hold, which the schedule is moved by
}

// Pace implements vegeta.Pacer.
func (p *pacer) Pace(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	if p.ctx.Err() != nil || p.plan.Requests > 0 && hits >= uint64(p.plan.Requests) {
		return 0, true
	}
	if p.plan.Hold != nil {
		begin := time.Now()
		p.plan.Hold(p.ctx)
		p.held.Add(int64(time.Since(begin)))
	}
	if p.plan.Rate <= 0 {
		return 0, false
	}
	due := time.Duration(float64(hits)/p.plan.Rate*float64(time.Second)) + time.Duration(p.held.Load())
	return due - elapsed, false
}

// Rate implements vegeta.Pacer.
func (p *pacer) Rate(time.Duration) float64 { return p.plan.Rate }
