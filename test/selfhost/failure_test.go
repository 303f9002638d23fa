package selfhost

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/selfhost"
	"github.com/drydock-dev/drydock/test/goldentraces"
	"github.com/drydock-dev/drydock/test/greet"
)

// replaceGreeter puts a handler in greeter's place until the test's end, behind greeter's
// real sidecar, and greeter back afterwards.
func replaceGreeter(t *testing.T, s *system, handler http.HandlerFunc) {
	t.Helper()
	if _, err := s.Terminate(selfhost.Greeter); err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", strings.TrimPrefix(s.URL(selfhost.Greeter), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patient}
	go server.Serve(listener) //nolint:errcheck // it ends by Close
	t.Cleanup(func() {
		server.Close()
		restart(t, s, selfhost.Greeter)
	})
}

// restart starts a part again and waits until greetings come from greeter.
func restart(t *testing.T, s *system, part string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patient)
	defer cancel()
	if err := s.Start(ctx, part); err != nil {
		t.Fatal(err)
	}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		a, err := greet.Ask(ctx, s.URL(selfhost.Comms), "Ada")
		if err == nil {
			err = greet.FromGreeter(a, "Ada")
		}
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("after the restart of %s: %v", part, err)
		case <-ticker.C:
		}
	}
}

// greeting is the answer of a greeter that knows one name.
func greeting(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"message":"Hello, Ada from greeter!","service":"greeter","timestamp":%q}`, time.Now().UTC().Format(time.RFC3339Nano))
}

func problem(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"title":"T","status":%d,"detail":"of greeter"}`, status)
}

func testGreeterRejects(t *testing.T, s *system) {
	replaceGreeter(t, s, func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusUnprocessableEntity) })
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada")
	if a.Status != http.StatusUnprocessableEntity || a.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(a.Body, "of greeter") {
		t.Errorf("%d %s, want greeter's own problem", a.Status, a.Body)
	}
}

func testGreeterFails(t *testing.T, s *system) {
	replaceGreeter(t, s, func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusInternalServerError) })
	if err := greet.FromFallback(mustGreet(t, s.URL(selfhost.Comms), "Ada"), "Ada"); err != nil {
		t.Error(err)
	}
}

// testSlowGreeter has a greeter that answers only after comms did: an answer shows that
// comms did not wait for it.
func testSlowGreeter(t *testing.T, s *system) {
	release := make(chan struct{})
	replaceGreeter(t, s, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		greeting(w)
	})
	defer close(release)
	if err := greet.FromFallback(mustGreet(t, s.URL(selfhost.Comms), "Ada"), "Ada"); err != nil {
		t.Error(err)
	}
}

func testGreeterKilled(t *testing.T, s *system) {
	if err := s.Kill(selfhost.Greeter); err != nil {
		t.Fatal(err)
	}
	c := greet.NewCaller()
	a := mustGreet(t, s.URL(selfhost.Comms), "Ada", c.Traceparent("01"))
	if err := greet.FromFallback(a, "Ada"); err != nil {
		t.Error(err)
	}
	expectTree(t, s, goldentraces.GreetNoGreeter, c)
	restart(t, s, selfhost.Greeter)
}

func testGreeterSidecarKilled(t *testing.T, s *system) {
	if err := s.Kill(selfhost.GreeterDapr); err != nil {
		t.Fatal(err)
	}
	if err := greet.FromFallback(mustGreet(t, s.URL(selfhost.Comms), "Ada"), "Ada"); err != nil {
		t.Error(err)
	}
	restart(t, s, selfhost.GreeterDapr)
}

// testDrain ends comms by SIGTERM while greeter has its request: the caller still gets
// greeter's answer, and comms ends well.
func testDrain(t *testing.T, s *system) {
	arrived, release := make(chan struct{}), make(chan struct{})
	replaceGreeter(t, s, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		greeting(w)
	})
	type outcome struct {
		greet.Answer
		err error
	}
	answered := make(chan outcome, 1)
	go func() {
		a, err := greet.Ask(t.Context(), s.URL(selfhost.Comms), "Ada")
		answered <- outcome{a, err}
	}()
	<-arrived
	ended := make(chan int, 1)
	go func() {
		code, _ := s.Terminate(selfhost.Comms)
		ended <- code
	}()
	// From the moment that comms takes no new connections, it is draining.
	eventually(t, func() error {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL(selfhost.Comms), "http://"))
		if err != nil {
			return nil
		}
		conn.Close()
		return errors.New("comms still takes connections")
	})
	close(release)
	a := <-answered
	if a.err != nil || greet.FromGreeter(a.Answer, "Ada") != nil {
		t.Errorf("the request in flight ended in %d %s, %v", a.Status, a.Body, a.err)
	}
	if code := <-ended; code != 0 {
		t.Errorf("comms ended with code %d, want 0", code)
	}
	if err := s.Start(t.Context(), selfhost.Comms); err != nil {
		t.Fatal(err)
	}
}
