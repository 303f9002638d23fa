package bench

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/deploy/kube"
)

// target is a place to edit: a word that shows in an answer.
type target struct {
	name, path string
	// before and after stand around the word in the file; original is the word there.
	before, original, after string
	// services are what is made of the file.
	services []string
	// ask is the request whose answer shows the word.
	ask func(ctx context.Context, base string) (*http.Request, error)
}

var targets = [2]target{
	{
		name: "greeter", path: "services/greeter/internal/greeting/greeting.go",
		before: `" from `, original: "greeter", after: `!"`, services: []string{"greeter"},
		ask: func(ctx context.Context, base string) (*http.Request, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/greet", strings.NewReader(`{"name":"Ada"}`))
			if err == nil {
				request.Header.Set("Content-Type", "application/json")
			}
			return request, err
		},
	},
	{
		name: "shared package", path: "internal/httpserver/health.go",
		before: `}{"`, original: "healthy", after: `", service, buildinfo.Version()}`, services: []string{"comms", "greeter"},
		ask: func(ctx context.Context, base string) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, base+"/health", http.NoBody)
		},
	},
}

// Edit is one measured edit.
type Edit struct {
	// Where is the place that was edited.
	Where string
	// Took is the time from the saved file to the first answer that shows the edit.
	Took time.Duration
	// Steps are the parts of it; only with live update.
	Steps []Step
}

// Step is a part of the time.
type Step struct {
	Name string
	Took time.Duration
}

// pollEvery is how often an answer is asked for: below what is measured, and little work beside it.
const pollEvery = 10 * time.Millisecond

// editPatience decides when an edit that never shows is given up.
const editPatience = 3 * time.Minute

// save puts a new word into the file and returns the moment and the word.
func (b *bench) save(where target) (time.Time, string, error) {
	path := filepath.Join(b.rig.Root, where.path)
	content, err := os.ReadFile(path)
	if err != nil {
		return time.Time{}, "", err
	}
	head, rest, found := strings.Cut(string(content), where.before)
	_, tail, closed := strings.Cut(rest, where.after)
	if !found || !closed {
		return time.Time{}, "", fmt.Errorf("%s has no word between %s and %s any more", where.path, where.before, where.after)
	}
	// Never the same twice, in this run or another: the go command knows what it has compiled before.
	word := where.original + strconv.FormatInt(time.Now().UnixNano(), 36)
	err = os.WriteFile(path, []byte(head+where.before+word+where.after+tail), 0o644)
	return time.Now(), word, err
}

// seen waits for the answer that shows the word.
func (b *bench) seen(ctx context.Context, where target, word string) (time.Time, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, editPatience, fmt.Errorf("no answer shows %q within %s", word, editPatience))
	defer cancel()
	for {
		if body, err := b.answer(ctx, where); err == nil && strings.Contains(body, word) {
			return time.Now(), nil
		}
		select {
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		case <-time.After(pollEvery):
		}
	}
}

func (b *bench) answer(ctx context.Context, where target) (string, error) {
	request, err := where.ask(ctx, b.rig.Comms)
	if err != nil {
		return "", err
	}
	response, err := b.client.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return string(body), err
}

// rest waits until the services run one pod each, so that an edit does not meet the end of the one before.
func (b *bench) rest(ctx context.Context, where target) error {
	return kube.Until(ctx, b.Progress, editPatience, "the end of the rollout", func(ctx context.Context) error {
		for _, service := range where.services {
			pods, err := b.rig.Kube.Pods(ctx, namespace, "app="+service)
			if err != nil {
				return err
			}
			if len(pods) != 1 || !pods[0].Ready() {
				return fmt.Errorf("%s has %d pods", service, len(pods))
			}
		}
		return nil
	})
}

const namespace = "dapr-services"
