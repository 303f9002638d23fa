// Package processtest runs a service's Run in the test's own process.
package processtest

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/logbuffer"
	"github.com/drydock-dev/drydock/internal/process"
)

// Service is a running service.
type Service struct {
	// URL is where it listens, http://127.0.0.1:PORT.
	URL string

	t      *testing.T
	log    logbuffer.Buffer
	cancel context.CancelFunc
	done   chan error
}

// Start runs a service on a free port with the environment env and waits until
// it listens. It is stopped at the end of the test at the latest.
func Start(t *testing.T, run process.Run, env map[string]string) *Service {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &Service{t: t, cancel: cancel, done: make(chan error, 1)}
	getenv := func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return map[string]string{"PORT": "0", "HOST": "127.0.0.1"}[name]
	}
	go func() { s.done <- run(ctx, nil, getenv, &s.log) }()
	t.Cleanup(func() { _ = s.Stop() })
	s.URL = "http://" + s.WaitLog("listening")["addr"].(string)
	return s
}

// Stop ends the service's context, as SIGTERM does, and returns what Run returned.
func (s *Service) Stop() error {
	s.cancel()
	err := <-s.done
	s.done <- err // for whoever asks again
	return err
}

// WaitLog returns the first log record with that message, and fails the test
// when there is none within ten seconds.
func (s *Service) WaitLog(msg string) map[string]any {
	s.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		for _, record := range s.Log() {
			if record["msg"] == msg {
				return record
			}
		}
		select {
		case err := <-s.done:
			s.done <- err
			s.t.Fatalf("the service ended before it logged %q: %v", msg, err)
		default:
		}
	}
	s.t.Fatalf("no log record %q in 10 s", msg)
	return nil
}

// Log returns the log records so far. A line that is not JSON fails the test.
func (s *Service) Log() []map[string]any {
	s.t.Helper()
	var records []map[string]any
	for line := range strings.Lines(s.log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			s.t.Fatalf("log line %q is not JSON: %v", line, err)
		}
		records = append(records, record)
	}
	return records
}
