package httpserver_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/drydock-dev/drydock/internal/httpserver"
	"github.com/drydock-dev/drydock/internal/logbuffer"
	"github.com/drydock-dev/drydock/internal/servertiming"
)

// order is a request body for the tests: one text, which must not be "bad".
type order struct {
	Item string `json:"item"`
}

func (o order) Validate() error {
	if o.Item == "bad" {
		return errors.New(`"item" must be good`)
	}
	return nil
}

// logBuffer is a log that can be read while it is written.
type logBuffer struct{ logbuffer.Buffer }

// lines returns the log so far, a decoded record a line.
func (l *logBuffer) lines(t *testing.T) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for text := range strings.Lines(l.String()) {
		var line map[string]any
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatalf("log line %q: %v", text, err)
		}
		lines = append(lines, line)
	}
	return lines
}

// newServer returns a server with settings given as flags and routes for the tests.
func newServer(t *testing.T, args ...string) (*httpserver.Server, *logBuffer) {
	t.Helper()
	var settings httpserver.Settings
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	settings.Bind(fs)
	if err := fs.Parse(append([]string{"-host=127.0.0.1", "-port=0"}, args...)); err != nil {
		t.Fatal(err)
	}
	log := &logBuffer{}
	server := httpserver.New(settings, "test", settings.Logger(log, "test"))
	server.Engine.POST("/order", func(c *gin.Context) {
		if o, ok := httpserver.Bind[order](c); ok {
			c.String(http.StatusOK, o.Item)
		}
	})
	server.Engine.GET("/panic", func(*gin.Context) { panic("secret cause") })
	server.Engine.GET("/late-panic", func(c *gin.Context) {
		c.String(http.StatusOK, strings.Repeat("x", 1<<16))
		panic("secret cause")
	})
	return server, log
}

// serve runs the server until stop is called, which returns what Serve returned.
func serve(t *testing.T, server *httpserver.Server, log *logBuffer) (addr string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx) }()
	t.Cleanup(cancel)
	poll(t, "the server listens", func() bool {
		for _, line := range log.lines(t) {
			if line["msg"] == "listening" {
				addr, _ = line["addr"].(string)
			}
		}
		return addr != ""
	})
	return addr, func() error { cancel(); return <-done }
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 10 s: %s", what)
		}
	}
}

func do(t *testing.T, server *httpserver.Server, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	server.Engine.ServeHTTP(w, r)
	return w
}

// wantProblem checks that an answer is a whole problem of that status.
func wantProblem(t *testing.T, status int, header http.Header, body []byte, wantStatus int, wantDetail string) {
	t.Helper()
	var p httpserver.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	if status != wantStatus || p.Status != wantStatus || p.Title != http.StatusText(wantStatus) {
		t.Errorf("status %d, problem %+v, want %d", status, p, wantStatus)
	}
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	if !strings.Contains(p.Detail, wantDetail) {
		t.Errorf("detail %q does not say %q", p.Detail, wantDetail)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	const jsonType = "application/json"
	tests := []struct {
		name, contentType, body string
		status                  int
		detail                  string
	}{
		{"valid", jsonType, `{"item":"ship"}`, 200, ""},
		{"charset", "Application/JSON; charset=UTF-8", `{"item":"ship"}`, 200, ""},
		{"white space around", jsonType, " \n{\"item\":\"ship\"}\n", 200, ""},
		{"broken rule", jsonType, `{"item":"bad"}`, 400, `"item" must be good`},
		{"not JSON", jsonType, `item=ship`, 400, "one JSON object"},
		{"empty", jsonType, ``, 400, "one JSON object"},
		{"cut", jsonType, `{"item":"sh`, 400, "one JSON object"},
		{"array", jsonType, `[]`, 400, "one JSON object"},
		{"text", jsonType, `"item"`, 400, "one JSON object"},
		{"trailing data", jsonType, `{"item":"ship"}{}`, 400, "nothing else"},
		{"number", jsonType, `{"item":1}`, 400, `"item" must be a string`},
		{"object", jsonType, `{"item":{}}`, 400, `"item" must be a string`},
		{"unknown field", jsonType, `{"item":"ship","x":1}`, 400, `"x" is not a known field`},
		{"other case", jsonType, `{"Item":"ship"}`, 400, `"Item" is not a known field`},
		{"long unknown field", jsonType, `{"` + strings.Repeat("y", 2000) + `":1}`, 400, strings.Repeat("y", 40) + "…"},
		{"twice", jsonType, `{"item":"ship","item":"boat"}`, 400, `"item" must not be given twice`},
		{"invalid UTF-8", jsonType, "{\"item\":\"\xff\"}", 400, `"item" must be valid UTF-8`},
		{"lone surrogate", jsonType, `{"item":"\ud800"}`, 400, `"item" must be valid UTF-8`},
		{"no content type", "", `{"item":"ship"}`, 415, "application/json"},
		{"form", "application/x-www-form-urlencoded", `{"item":"ship"}`, 415, "application/json"},
		{"other charset", "application/json; charset=latin1", `{"item":"ship"}`, 415, "UTF-8"},
		{"malformed content type", "application/json; charset", `{"item":"ship"}`, 415, "UTF-8"},
		{"largest", jsonType, `{"item":"` + strings.Repeat("s", 4096-11) + `"}`, 200, ""},
		{"too large", jsonType, `{"item":"` + strings.Repeat("s", 4096-10) + `"}`, 413, "4096 bytes"},
	}
	server, _ := newServer(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/order", strings.NewReader(tt.body))
			if tt.contentType != "" {
				r.Header.Set("Content-Type", tt.contentType)
			}
			w := do(t, server, r)
			if tt.status == http.StatusOK {
				if w.Code != http.StatusOK {
					t.Errorf("status %d, body %s", w.Code, w.Body)
				}
				return
			}
			wantProblem(t, w.Code, w.Header(), w.Body.Bytes(), tt.status, tt.detail)
		})
	}
}

func TestEveryErrorIsAProblem(t *testing.T) {
	t.Parallel()
	server, log := newServer(t)
	tests := []struct {
		method, path string
		status       int
	}{
		{http.MethodGet, "/nowhere", 404},
		{http.MethodPost, "/order/", 404},
		{http.MethodGet, "/order", 405},
		{http.MethodDelete, "/health", 405},
		{http.MethodGet, "/panic", 500},
	}
	for _, tt := range tests {
		w := do(t, server, httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, nil))
		wantProblem(t, w.Code, w.Header(), w.Body.Bytes(), tt.status, "")
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s tells an internal text: %s", tt.path, w.Body)
		}
		if tt.status == http.StatusMethodNotAllowed && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow header (RFC 9110 section 15.5.6)", tt.method, tt.path)
		}
	}
	var logged bool
	for _, line := range log.lines(t) {
		logged = logged || line["cause"] == "secret cause" && line["level"] == "ERROR" && line["stack"] != ""
	}
	if !logged {
		t.Error("the panic's cause is not in the log")
	}
}

func TestPanicAfterTheAnswerBeganDropsTheConnection(t *testing.T) {
	t.Parallel()
	server, log := newServer(t)
	addr, _ := serve(t, server, log)
	response, err := get(t, "http://"+addr+"/late-panic", nil)
	if err == nil {
		_, err = io.ReadAll(response.Body)
		response.Body.Close()
	}
	if err == nil {
		t.Error("half an answer looked whole")
	}
}

func get(t *testing.T, url string, header http.Header) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	return http.DefaultClient.Do(r)
}

func TestHealth(t *testing.T) {
	t.Parallel()
	server, _ := newServer(t)
	w := do(t, server, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/health", nil))
	var got map[string]string
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != 200 || got["status"] != "healthy" || got["service"] != "test" || got["version"] == "" || len(got) != 3 {
		t.Errorf("%d %v", w.Code, got)
	}
}

func TestAppToken(t *testing.T) {
	t.Parallel()
	server, _ := newServer(t, "-app-api-token=right")
	server.Engine.GET("/", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	for token, want := range map[string]int{"right": 204, "wrong": 401, "": 401, "righ": 401, "rightt": 401} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("dapr-api-token", token)
		w := do(t, server, r)
		if w.Code != want {
			t.Errorf("token %q: status %d, want %d", token, w.Code, want)
		}
		if want == 401 {
			wantProblem(t, w.Code, w.Header(), w.Body.Bytes(), want, "dapr-api-token")
		}
	}
	for _, path := range []string{"/health", "/ready"} { // the kubelet has no token
		if w := do(t, server, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)); w.Code != 200 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestRequestLog(t *testing.T) {
	t.Parallel()
	const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	tests := []struct {
		method, path, level string
		status              float64
	}{
		{http.MethodPost, "/order", "INFO", 200},
		{http.MethodGet, "/nowhere", "WARN", 404},
		{http.MethodGet, "/panic", "ERROR", 500},
		{http.MethodGet, "/health", "DEBUG", 200},
	}
	for _, tt := range tests {
		server, log := newServer(t, "-log-level=debug")
		r := httptest.NewRequestWithContext(t.Context(), tt.method, tt.path, strings.NewReader(`{"item":"ship"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("traceparent", traceparent)
		do(t, server, r)
		lines := log.lines(t)
		last := lines[len(lines)-1]
		for key, want := range map[string]any{
			"msg": "request served", "level": tt.level, "status": tt.status, "path": tt.path, "method": tt.method,
			"service": "test", "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "00f067aa0ba902b7",
		} {
			if last[key] != want {
				t.Errorf("%s: %s = %v, want %v", tt.path, key, last[key], want)
			}
		}
	}
}

func TestShutdownFinishesTheRequestInFlight(t *testing.T) {
	t.Parallel()
	server, log := newServer(t, "-shutdown-delay=200ms")
	entered, leave := make(chan struct{}), make(chan struct{})
	server.Engine.GET("/slow", func(c *gin.Context) {
		close(entered)
		<-leave
		c.String(http.StatusOK, "whole")
	})
	addr, stop := serve(t, server, log)
	answer := make(chan string, 1)
	go func() {
		response, err := get(t, "http://"+addr+"/slow", nil)
		if err != nil {
			answer <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answer <- string(body)
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()

	// During the delay the listener still takes connections, and says that we go.
	poll(t, "/ready answers 503 and takes the connection with it", func() bool {
		response, err := get(t, "http://"+addr+"/ready", nil)
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusServiceUnavailable && response.Close
	})
	poll(t, "new connections are refused", func() bool {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	close(leave)
	if got := <-answer; got != "whole" {
		t.Errorf("the request in flight got %q", got)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Serve returned %v", err)
	}
}

func TestShutdownCutsOffAfterTheGraceTime(t *testing.T) {
	t.Parallel()
	server, log := newServer(t, "-shutdown-grace=50ms")
	entered := make(chan struct{})
	server.Engine.GET("/endless", func(c *gin.Context) {
		close(entered)
		<-c.Request.Context().Done()
	})
	addr, stop := serve(t, server, log)
	go func() {
		if response, err := get(t, "http://"+addr+"/endless", nil); err == nil {
			response.Body.Close()
		}
	}()
	<-entered
	if err := stop(); err == nil || !strings.Contains(err.Error(), "SHUTDOWN_GRACE=50ms") {
		t.Errorf("Serve returned %v", err)
	}
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	server, _ := newServer(t, "-port="+port)
	if err := server.Serve(t.Context()); err == nil || !strings.Contains(err.Error(), "PORT="+port) {
		t.Errorf("Serve returned %v", err)
	}
}

// A client that sends its request drop by drop is cut off by the read limit,
// in the headers as in the body.
func TestDrippingClientIsCutOff(t *testing.T) {
	t.Parallel()
	for name, head := range map[string]string{
		"headers": "POST /order HTTP/1.1\r\nHost: x\r\n",
		"body":    "POST /order HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, log := newServer(t, "-read-timeout=100ms")
			addr, _ := serve(t, server, log)
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
			rest, err := io.ReadAll(bufio.NewReader(conn)) // ends when the server closes
			if err != nil {
				t.Fatalf("the server kept the connection: %v", err)
			}
			if name == "body" && !strings.Contains(string(rest), "408 Request Timeout") {
				t.Errorf("the server answered %q", rest)
			}
		})
	}
}

func TestHangUpIsNotAnError(t *testing.T) {
	t.Parallel()
	server, log := newServer(t)
	entered := make(chan struct{})
	server.Engine.GET("/wait", func(c *gin.Context) {
		close(entered)
		<-c.Request.Context().Done()
	})
	addr, _ := serve(t, server, log)
	ctx, hangUp := context.WithCancel(t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/wait", nil)
	if err != nil {
		t.Fatal(err)
	}
	go func() { <-entered; hangUp() }()
	if response, err := http.DefaultClient.Do(r); err == nil {
		response.Body.Close()
		t.Error("the call was answered")
	}
	poll(t, "the hang-up is logged as 499 at info", func() bool {
		for _, line := range log.lines(t) {
			if line["path"] == "/wait" && line["level"] == "INFO" && line["status"] == float64(httpserver.StatusClientClosedRequest) {
				return true
			}
		}
		return false
	})
}

// FuzzDecode holds the decoder to its promise: a value that follows the rules,
// or a problem that is the client's fault and can be sent.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"item":"ship"}`, `{"item":1}`, `{"Item":""}`, `[`, "{\"item\":\"\xff\"}", `{"item":"a","item":"b"}`, `{"` + strings.Repeat("k", 100) + `":null}`, `null`, ``} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		w := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(w)
		c.Request = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body))
		c.Request.Header.Set("Content-Type", "application/json")
		var o order
		p := httpserver.Decode(c, &o)
		if p == nil {
			if again, err := json.Marshal(o); err != nil || !json.Valid([]byte(body)) {
				t.Fatalf("accepted %q as %s (%v)", body, again, err)
			}
			return
		}
		if (p.Status != 400 && p.Status != 413) || p.Detail == "" || len(p.Detail) > 500 {
			t.Fatalf("%q: problem %+v", body, p)
		}
		if strings.Contains(p.Detail, "httpserver") || strings.Contains(p.Detail, "Go ") {
			t.Fatalf("%q: the problem tells an internal text: %s", body, p.Detail)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Fatal(fmt.Errorf("%q: %w", body, err))
		}
	})
}

func TestOnlyWhoTracesIsToldTheTimes(t *testing.T) {
	server, _ := newServer(t)
	server.Engine.GET("/timed", func(c *gin.Context) {
		servertiming.FromContext(c.Request.Context()).Add("part", time.Millisecond)
		c.String(http.StatusOK, "x")
	})
	for traceparent, want := range map[string]string{
		"": "^$",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00": "^$",
		"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01": `^[a-z]+;dur=[0-9.]+, part;dur=1$`,
	} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/timed", http.NoBody)
		request.Header.Set("Traceparent", traceparent)
		answer := httptest.NewRecorder()
		server.Engine.ServeHTTP(answer, request)
		if got := answer.Header().Get("Server-Timing"); !regexp.MustCompile(want).MatchString(got) {
			t.Errorf("traceparent %q is told %q, want %s", traceparent, got, want)
		}
	}
}
