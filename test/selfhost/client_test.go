package selfhost

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// answer is what came back from POST /greet.
type answer struct {
	status int
	header http.Header
	body   string

	Message   string    `json:"message"`
	Service   string    `json:"service"`
	Timestamp time.Time `json:"timestamp"`
	Error     string    `json:"error"`
}

// source is where the greeting comes from, by comms' own word.
func (a answer) source() string { return a.header.Get("X-Greeting-Source") }

// patient bounds a request by far more than the system's own limits: it decides whether
// a test ends, not whether it passes.
const patient = 30 * time.Second

// greet asks url, a base address, for a greeting. Headers are "Name: value".
func greet(ctx context.Context, url, name string, headers ...string) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, patient)
	defer cancel()
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return answer{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/greet", bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	request.Header.Set("Content-Type", "application/json")
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	a := answer{status: response.StatusCode, header: response.Header, body: string(text)}
	if a.status == http.StatusOK {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// mustGreet fails the test when there is no answer at all.
func mustGreet(t *testing.T, url, name string, headers ...string) answer {
	t.Helper()
	a, err := greet(t.Context(), url, name, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fromGreeter returns what is wrong with a greeting that should come from greeter.
func fromGreeter(a answer, name string) error {
	if a.status != http.StatusOK || a.Message != "Hello, "+name+" from greeter!" || a.Service != "greeter" || a.Error != "" {
		return fmt.Errorf("for %s: %d %s, want greeter's greeting", name, a.status, a.body)
	}
	if age := time.Since(a.Timestamp); age < -time.Minute || age > time.Minute || !strings.HasSuffix(a.body, `Z"}`) {
		return fmt.Errorf("for %s: timestamp of %s is not now, in UTC", name, a.body)
	}
	return nil
}

// fromFallback returns what is wrong with a greeting that should be comms' own.
func fromFallback(a answer, name string) error {
	want := "Hello, " + name + " (from fallback)!"
	if a.status != http.StatusOK || a.Message != want || a.Service != "comms" || a.Error != "greeter_service_unavailable" || a.source() != "fallback" {
		return fmt.Errorf("for %s: %d %s, source %q, want the fallback", name, a.status, a.body, a.source())
	}
	return nil
}

// logBuffer keeps a system's logs for the case that its test fails.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// Len is how much has been logged so far.
func (l *logBuffer) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Len()
}

// since is what has been logged after the first n bytes, its end when it is long.
func (l *logBuffer) since(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	const most = 8 << 10
	return string(l.buf.Bytes()[max(n, l.buf.Len()-most):])
}

func (l *logBuffer) String() string { return l.since(0) }

// eventually tries until do succeeds, and fails the test with its last error when it
// does not in time.
func eventually(t *testing.T, do func() error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := do()
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-ticker.C:
		}
	}
}
