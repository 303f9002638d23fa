// Package greet asks for greetings as the callers of the system do, and says what is wrong with an answer. The system answers alike without a cluster
// and in one, so every test of the whole system shares it.
package greet

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Patience bounds a request by far more than the system's own limits: it decides whether
// a test ends, not whether it passes.
const Patience = 30 * time.Second

// Answer is what came back from POST /greet.
type Answer struct {
	Status int
	Header http.Header
	Body   string

	Message   string    `json:"message"`
	Service   string    `json:"service"`
	Timestamp time.Time `json:"timestamp"`
	Error     string    `json:"error"`
}

// Source is where the greeting comes from, by comms' own word.
func (a Answer) Source() string { return a.Header.Get("X-Greeting-Source") }

// Ask asks url, a base address, for a greeting. Headers are "Name: value". The error says that there was no answer at all.
func Ask(ctx context.Context, url, name string, headers ...string) (Answer, error) {
	body, err := json.Marshal(map[string]string{"name": name})
	if err != nil {
		return Answer{}, err
	}
	return Send(ctx, http.DefaultClient, url, string(body), append([]string{"Content-Type: application/json"}, headers...)...)
}

// Send posts any body to url's /greet by client.
func Send(ctx context.Context, client *http.Client, url, body string, headers ...string) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/greet", strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Status: response.StatusCode, Header: response.Header, Body: string(text)}
	if a.Status == http.StatusOK {
		err = json.Unmarshal(text, &a)
	}
	return a, err
}

// FromGreeter returns what is wrong with a greeting that should come from greeter.
func FromGreeter(a Answer, name string) error {
	if a.Status != http.StatusOK || a.Message != "Hello, "+name+" from greeter!" || a.Service != "greeter" || a.Error != "" {
		return fmt.Errorf("for %s: %d %s, want greeter's greeting", name, a.Status, a.Body)
	}
	if age := time.Since(a.Timestamp); age < -time.Minute || age > time.Minute || !strings.HasSuffix(a.Body, `Z"}`) {
		return fmt.Errorf("for %s: timestamp of %s is not now, in UTC", name, a.Body)
	}
	return nil
}

// FromFallback returns what is wrong with a greeting that should be comms' own.
func FromFallback(a Answer, name string) error {
	want := "Hello, " + name + " (from fallback)!"
	if a.Status != http.StatusOK || a.Message != want || a.Service != "comms" || a.Error != "greeter_service_unavailable" || a.Source() != "fallback" {
		return fmt.Errorf("for %s: %d %s, source %q, want the fallback", name, a.Status, a.Body, a.Source())
	}
	return nil
}
