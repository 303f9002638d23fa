package greet

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

// rejected are requests that the contract forbids, and what every service that takes greetings answers to them.
var rejected = []struct {
	name, contentType, body string
	status                  int
	detail                  string
}{
	{"blank name", "application/json", `{"name":" "}`, 400, `\"name\" is required and must not be blank`},
	{"no name", "application/json", `{}`, 400, `\"name\" is required and must not be blank`},
	{"long name", "application/json", `{"name":"` + strings.Repeat("ü", 101) + `"}`, 400, `\"name\" must not be longer than 100 characters`},
	{"control character", "application/json", `{"name":"a\u0007"}`, 400, `\"name\" must not contain control characters`},
	{"wrong type", "application/json", `{"name":1}`, 400, `\"name\" must be a string`},
	{"unknown field", "application/json", `{"name":"Ada","title":"Dr"}`, 400, `\"title\" is not a known field`},
	{"field twice", "application/json", `{"name":"Ada","name":"Eve"}`, 400, `\"name\" must not be given twice`},
	{"two objects", "application/json", `{"name":"Ada"} {}`, 400, `the body must be one JSON object and nothing else: wrong at byte 15`},
	{"empty body", "application/json", ``, 400, `the body must be one JSON object and nothing else: wrong at byte 0`},
	{"not JSON", "text/plain", `{"name":"Ada"}`, 415, `the content type must be application/json in UTF-8`},
	{"too long", "application/json", `{"name":"` + strings.Repeat("a", 5000) + `"}`, 413, `the body must not exceed 4096 bytes`},
}

// CheckRejections sends what the contract forbids to url, a base address, and returns what is wrong with the answers.
func CheckRejections(ctx context.Context, url string) []error {
	var wrong []error
	for _, c := range rejected {
		a, err := Send(ctx, http.DefaultClient, url, c.body, "Content-Type: "+c.contentType)
		want := fmt.Sprintf(`{"title":%q,"status":%d,"detail":"%s"}`, http.StatusText(c.status), c.status, c.detail)
		switch {
		case err != nil:
			wrong = append(wrong, fmt.Errorf("%s: %w", c.name, err))
		case a.Status != c.status || a.Header.Get("Content-Type") != "application/problem+json" || a.Body != want:
			wrong = append(wrong, fmt.Errorf("%s: %d %s (%s), want %s", c.name, a.Status, a.Body, a.Header.Get("Content-Type"), want))
		}
	}
	return wrong
}
