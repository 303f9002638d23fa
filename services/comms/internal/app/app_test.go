package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/drydock-dev/drydock/internal/process/processtest"
	"github.com/drydock-dev/drydock/services/comms/internal/app"
)

const (
	good        = `{"message":"Hello, Ada from greeter!","service":"greeter","timestamp":"2026-01-02T03:04:05.6Z"}`
	traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
)

// start runs comms with a sidecar whose HTTP API is the handler.
func start(t *testing.T, sidecar http.HandlerFunc, env map[string]string) *processtest.Service {
	t.Helper()
	server := httptest.NewServer(sidecar)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{"DAPR_HTTP_PORT": u.Port(), "GREETER_TRANSPORT": "http"}
	for k, v := range env {
		all[k] = v
	}
	return processtest.Start(t, app.Run, all)
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func greet(ctx context.Context, t *testing.T, comms *processtest.Service, body string) (status int, header http.Header, answer string, err error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, comms.URL+"/greet", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("traceparent", traceparent)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(read), err
}

func TestGreet(t *testing.T) {
	t.Parallel()
	const (
		fallback    = `{"message":"Hello, Ada (from fallback)!","service":"comms","error":"greeter_service_unavailable"}`
		problemJSON = "application/problem+json"
	)
	tests := []struct {
		name        string
		sidecar     http.HandlerFunc
		body        string
		status      int
		contentType string
		answer      string
		source      string
	}{
		{"greeter answers", answer(200, "application/json", good), `{"name":"Ada"}`, 200, "application/json; charset=utf-8", good, "greeter"},
		{"greeter fails", answer(500, problemJSON, `{}`), `{"name":"Ada"}`, 200, "application/json; charset=utf-8", fallback, "fallback"},
		{"sidecar refuses", answer(403, "application/json", `{"errorCode":"ERR_DIRECT_INVOKE","message":"denied"}`), `{"name":"Ada"}`, 200, "application/json; charset=utf-8", fallback, "fallback"},
		{"greeter is over the time limit", func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // else the server does not notice the hang-up
			<-r.Context().Done()
		}, `{"name":"Ada"}`, 200, "application/json; charset=utf-8", fallback, "fallback"},
		{"greeter rejects", answer(409, problemJSON, `{"title":"Conflict","status":409,"detail":"greeted already"}`), `{"name":"Ada"}`, 409, problemJSON, `{"title":"Conflict","status":409,"detail":"greeted already"}`, ""},
		{"caller's mistake", answer(200, "application/json", good), `{"name":""}`, 400, problemJSON, `{"title":"Bad Request","status":400,"detail":"\"name\" is required and must not be blank"}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			comms := start(t, tt.sidecar, map[string]string{"GREETER_TIMEOUT": "200ms"})
			status, header, got, err := greet(t.Context(), t, comms, tt.body)
			if err != nil {
				t.Fatal(err)
			}
			if status != tt.status || got != tt.answer || header.Get("Content-Type") != tt.contentType || header.Get("X-Greeting-Source") != tt.source {
				t.Errorf("%d %v\n%s\nwant %d %s %s\n%s", status, header, got, tt.status, tt.contentType, tt.source, tt.answer)
			}
			var warnings int
			for _, record := range comms.Log() {
				if cause, ok := record["cause"].(string); ok && record["level"] == "WARN" && cause != "" && record["trace_id"] == traceparent[3:35] {
					warnings++
				}
			}
			if want := map[bool]int{true: 1}[tt.source == "fallback"]; warnings != want {
				t.Errorf("%d warnings with a cause and the trace, want %d", warnings, want)
			}
		})
	}
}

func TestSettingsReachTheSidecar(t *testing.T) {
	t.Parallel()
	var got atomic.Pointer[http.Request]
	comms := start(t, func(w http.ResponseWriter, r *http.Request) {
		got.Store(r)
		answer(200, "application/json", good)(w, r)
	}, map[string]string{"GREETER_APP_ID": "greeter.elsewhere", "DAPR_API_TOKEN": "s3cret"})
	if _, _, _, err := greet(t.Context(), t, comms, `{"name":"Ada"}`); err != nil {
		t.Fatal(err)
	}
	h := got.Load().Header
	if h.Get("dapr-app-id") != "greeter.elsewhere" || h.Get("dapr-api-token") != "s3cret" || h.Get("traceparent") != traceparent {
		t.Errorf("the sidecar got %v", h)
	}
	for _, record := range comms.Log() {
		if line, _ := json.Marshal(record); bytes.Contains(line, []byte("s3cret")) {
			t.Errorf("the token is in the log: %s", line)
		}
	}
}

func TestARequestInFlightSurvivesTheShutdown(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	comms := start(t, func(w http.ResponseWriter, r *http.Request) {
		close(entered)
		<-release
		answer(200, "application/json", good)(w, r)
	}, map[string]string{"GREETER_TIMEOUT": "30s"})
	got := make(chan string, 1)
	go func() {
		_, _, body, err := greet(context.Background(), t, comms, `{"name":"Ada"}`)
		if err != nil {
			body = err.Error()
		}
		got <- body
	}()
	<-entered
	stopped := make(chan error, 1)
	go func() { stopped <- comms.Stop() }()
	comms.WaitLog("shutting down")
	close(release)
	if body := <-got; body != good {
		t.Errorf("the request in flight got %s", body)
	}
	if err := <-stopped; err != nil {
		t.Errorf("Run returned %v", err)
	}
}

func TestACallerThatHangsUpGetsNoFallback(t *testing.T) {
	t.Parallel()
	ctx, hangUp := context.WithCancel(t.Context())
	comms := start(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		hangUp()
		<-r.Context().Done()
	}, map[string]string{"GREETER_TIMEOUT": "30s"})
	if _, _, _, err := greet(ctx, t, comms, `{"name":"Ada"}`); err == nil {
		t.Error("the call was answered")
	}
	if record := comms.WaitLog("request served"); record["status"] != 499.0 || record["level"] != "INFO" {
		t.Errorf("logged %v", record)
	}
}

func TestWrongSettingsEndTheStart(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ value, say string }{
		"PORT":              {"-1", "0 to 65535"},
		"DAPR_HTTP_PORT":    {"0", "1 to 65535"},
		"DAPR_GRPC_PORT":    {"grpc", "1 to 65535"},
		"DAPR_API_TOKEN":    {"a b", "printable ASCII"},
		"APP_API_TOKEN":     {"\n", "printable ASCII"},
		"GREETER_APP_ID":    {"greeter/..", "letters, digits"},
		"GREETER_TIMEOUT":   {"0s", "10ms to 30s"},
		"GREETER_TRANSPORT": {"smoke", "http, grpc"},
		"LOG_LEVEL":         {"loud", "debug, info, warn, error"},
		"READ_TIMEOUT":      {"soon", "100ms to 1m"},
		"SHUTDOWN_DELAY":    {"-1s", "0s to 1m"},
		"SHUTDOWN_GRACE":    {"1h", "0s to 5m"},
	} {
		var out bytes.Buffer
		err := app.Run(t.Context(), nil, func(asked string) string {
			if asked == name {
				return tt.value
			}
			return ""
		}, &out)
		if err == nil || !strings.Contains(err.Error(), name+"=") || !strings.Contains(err.Error(), tt.say) || out.Len() > 0 {
			t.Errorf("%s=%q: error %v, printed %q", name, tt.value, err, out.String())
		}
	}
}
