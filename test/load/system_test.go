package load

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/selfhost"
)

func TestAHealthySystem(t *testing.T) {
	r, err := load.Run(t.Context(), options(t, start(t)))
	if err != nil {
		t.Fatal(err)
	}
	n := r.Run.Requests
	if n != 200 || r.Answers["greeter"] != n || r.Traces.Roots != n || r.Traces.Complete != n || !r.Verdict.OK {
		t.Error(text(t, &r))
	}
	var names []string
	for _, o := range r.Operations {
		names = append(names, o.Service+" "+o.Name)
	}
	slices.Sort(names)
	if got := strings.Join(names, ", "); got != "comms CallLocal/greeter/greet, greeter CallLocal/greeter/greet, load POST /greet" {
		t.Errorf("operations: %s", got)
	}
	for _, c := range r.Components {
		if c.Told && (c.Count != n || c.Mean <= 0) {
			t.Errorf("%s: %+v", c.Name, c.Quantiles)
		}
	}
}

// TestAnOutageIsNamed takes greeter away in the middle of a run and brings it back.
func TestAnOutageIsNamed(t *testing.T) {
	r := outage(t)
	fallbacks := r.Answers["fallback"]
	if fallbacks == 0 || r.Answers["greeter"] == 0 || r.Answers["greeter"]+fallbacks != r.Run.Requests {
		t.Fatalf("answers %v of %d requests", r.Answers, r.Run.Requests)
	}
	if len(r.Episodes) == 0 || r.Episodes[0].What != "fallback" || r.Episodes[0].From == 0 {
		t.Errorf("episodes %+v", r.Episodes)
	}
	// A fallback has a trace too, of the way that was tried.
	if r.Traces.Complete != r.Run.Requests {
		t.Error(text(t, &r))
	}
	if r.Verdict.OK || !strings.Contains(strings.Join(r.Verdict.Failed, "; "), "fallback>0") {
		t.Errorf("verdict %+v", r.Verdict)
	}
}

// outage is a run in whose middle greeter is away: from request 60 to request 120.
func outage(t *testing.T) result.Result {
	t.Helper()
	system := start(t)
	o := options(t, system)
	o.Requests, o.Concurrency = 300, 50
	var seen atomic.Int64
	away := make(chan error, 2)
	target, err := url.Parse(system.URL(selfhost.Comms))
	if err != nil {
		t.Fatal(err)
	}
	comms := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch seen.Add(1) {
		case 60:
			_, err := system.Terminate(selfhost.Greeter)
			away <- err
		case 120:
			away <- system.Start(t.Context(), selfhost.Greeter)
		}
		comms.ServeHTTP(w, r)
	}))
	defer front.Close()
	o.System.Target = front.URL + "/greet"
	r, err := load.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-away, <-away); err != nil {
		t.Fatal(err)
	}
	return r
}

func text(t testing.TB, r *result.Result) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
