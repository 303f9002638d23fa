package load

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/judge"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/load/rootspan"
	"github.com/drydock-dev/drydock/internal/traces"
)

const (
	// maxUnjudged is how many traces may wait for their verdict. The store must still have
	// them by then: Jaeger in our kind overlay keeps 10,000.
	maxUnjudged = 5000
	// interruptGrace is how long the judge goes on after an interruption.
	interruptGrace = 3 * time.Second
	// exportGrace is how long root spans may take to leave after the last answer.
	exportGrace = 15 * time.Second
)

// Run runs the load test. An error means that it could not be run at all; whether the run
// was a good one is in the result. When ctx ends before the run does, the result is of what
// was done until then.
func Run(ctx context.Context, o Options) (result.Result, error) {
	if err := o.validate(); err != nil {
		return result.Result{}, err
	}
	if err := o.System.await(ctx, o.Wait); err != nil {
		return result.Result{}, err
	}
	r := &run{options: o, ids: attack.NewIDs(), collector: result.NewCollector(o.System.TraceAPI != None)}
	if o.System.OTLP != None {
		exporter, err := rootspan.New(ctx, o.System.OTLP, result.Service, map[string]string{"load.run": r.ids.Run()})
		if err != nil {
			return result.Result{}, err
		}
		r.exporter = exporter
	}
	stopProgress := r.showProgress()
	r.attack(ctx)
	stopProgress()
	return r.finish(ctx), nil
}

// run is a load test under way.
type run struct {
	options   Options
	ids       attack.IDs
	collector *result.Collector
	exporter  *rootspan.Exporter // nil without an OTLP receiver

	unjudged atomic.Int64
	held     atomic.Int64 // nanoseconds that the load waited for the judge
	sending  atomic.Bool  // answers are still to come
}

// attack sends the load and judges it.
func (r *run) attack(ctx context.Context) {
	o := r.options
	subjects := make(chan judge.Subject, o.Concurrency)
	var judging sync.WaitGroup
	if o.System.TraceAPI != None {
		// An interrupted judge gets a moment more, for the spans that are on their way.
		judgeCtx, giveUp := context.WithCancel(context.WithoutCancel(ctx))
		defer giveUp()
		defer context.AfterFunc(ctx, func() { time.AfterFunc(interruptGrace, giveUp) })()
		j := judge.Judge{Store: traces.NewClient(o.System.TraceAPI), Shape: o.Shape, Settle: o.Settle, Deadline: o.Deadline}
		judging.Go(func() {
			j.Run(judgeCtx, subjects, func(v judge.Verdict) {
				r.collector.Verdict(v)
				r.unjudged.Add(-1)
			})
		})
	}
	r.sending.Store(true)
	for answer := range attack.Send(ctx, attack.Plan{
		URL: o.System.Target, Requests: o.Requests, Duration: o.Duration, Rate: o.Rate,
		Concurrency: o.Concurrency, Timeout: o.Timeout, Token: o.Token, IDs: r.ids, Hold: r.hold,
	}) {
		r.collector.Answer(answer)
		if r.exporter != nil {
			r.exporter.Add(r.rootSpan(answer))
		}
		if o.System.TraceAPI != None && answer.Kind != attack.Interrupted {
			r.unjudged.Add(1)
			subjects <- judge.Subject{N: answer.N, TraceID: r.ids.TraceHex(answer.N), Kind: answer.Kind, Start: answer.Start, End: answer.End()}
		}
	}
	r.sending.Store(false)
	close(subjects)
	if r.exporter != nil {
		exportCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exportGrace)
		r.exporter.Close(exportCtx)
		cancel()
	}
	judging.Wait()
}

// hold blocks the load while too many traces wait for their verdict: the store would drop
// them before anybody has looked.
func (r *run) hold(ctx context.Context) {
	if r.unjudged.Load() < maxUnjudged {
		return
	}
	begin := time.Now()
	ticker := time.NewTicker(10 * time.Millisecond)
	defer ticker.Stop()
	for r.unjudged.Load() >= maxUnjudged*9/10 && ctx.Err() == nil {
		<-ticker.C
	}
	r.held.Add(int64(time.Since(begin)))
}

func (r *run) finish(ctx context.Context) result.Result {
	o := r.options
	lost, cause := 0, error(nil)
	if r.exporter != nil {
		_, lost, cause = r.exporter.Stats()
	}
	info := result.Run{
		ID: r.ids.Run(), Target: o.System.Target, Where: o.System.Where, TraceUI: o.System.TraceUI,
		Duration: o.Duration.Seconds(), Rate: o.Rate, Concurrency: o.Concurrency,
		Interrupted: ctx.Err() != nil, HeldSeconds: time.Duration(r.held.Load()).Seconds(),
	}
	if o.System.TraceAPI != None {
		info.TraceAPI = o.System.TraceAPI
	}
	res := r.collector.Finish(info, lost, cause)
	if note := r.storeBound(ctx); note != "" {
		res.Notes = append(res.Notes, note)
	}
	o.FailOn.Judge(&res)
	return res
}

// storeBound tells when the store has dropped traces of this run already. They were judged
// before that, but a person will not find them.
func (r *run) storeBound(ctx context.Context) string {
	first := r.collector.FirstComplete()
	if first < 0 {
		return ""
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if _, err := traces.NewClient(r.options.System.TraceAPI).ByID(ctx, r.ids.TraceHex(first)); !isNotFound(err) {
		return ""
	}
	return "The trace store has dropped the first traces of this run already: it keeps fewer than were made. They were judged while it had them, but its own pages no longer show them."
}
