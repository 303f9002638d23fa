//go:build e2e

package tilt

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/drydock-dev/drydock/test/greet"
)

// Places to edit, and what stands there.
const (
	greeting     = "services/greeter/internal/greeting/greeting.go"
	greetingText = `" from greeter!"`
	health       = "internal/httpserver/health.go"
	healthText   = `"healthy"`
)

// greets waits for a greeting by greeter that ends in the text.
func (l *loop) greets(ctx context.Context, t *testing.T, text string) {
	t.Helper()
	eventually(ctx, t, "the greeting "+text, func(ctx context.Context) error {
		answer, err := greet.Ask(ctx, l.Comms, "Ada")
		if err != nil {
			return err
		}
		if answer.Source() != "greeter" || !strings.HasSuffix(answer.Message, text) {
			return fmt.Errorf("%d %s", answer.Status, answer.Body)
		}
		return nil
	})
}

// state waits until Tilt shows a resource in a state: what came of its update, and how it runs.
func (l *loop) state(ctx context.Context, t *testing.T, resource, want string) {
	t.Helper()
	eventually(ctx, t, fmt.Sprintf("Tilt to show %s as %q", resource, want), func(ctx context.Context) error {
		states, err := l.tilt.States(ctx)
		if err != nil {
			return err
		}
		if got := states[resource]; got != want {
			return fmt.Errorf("it shows %q", got)
		}
		return nil
	})
}

func testButtons(ctx context.Context, t *testing.T, l *loop) {
	for _, button := range []struct{ name, want string }{
		{"greet", "1 x 200 from greeter: Hello, Ada from greeter!"},
		{"greet-100", "100 x 200 from greeter: Hello, Ada from greeter!"},
		{"last-trace", "CallLocal/greeter/greet"},
		{"greeter-tests", "drydock/services/greeter/internal/greeting"},
	} {
		mark := len(l.tilt.Log())
		// Sidecars hand spans over every few seconds: the first click on the last trace may be too early.
		eventually(ctx, t, "success of button "+button.name, func(ctx context.Context) error {
			code, err := l.tilt.Click(ctx, button.name)
			if err == nil && code != "0" {
				err = fmt.Errorf("its command ended with exit code %s", code)
			}
			return err
		})
		eventually(ctx, t, "output of "+button.name, func(context.Context) error {
			if !strings.Contains(l.tilt.Log()[mark:], button.want) {
				return fmt.Errorf("no %q in Tilt's log", button.want)
			}
			return nil
		})
	}
}

func testEdit(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	l.edit(t, greeting, greetingText, `" from an edited greeter!"`)
	l.greets(ctx, t, " from an edited greeter!")
	l.edit(t, greeting, `" from an edited greeter!"`, greetingText)
	l.greets(ctx, t, " from greeter!")
	// Nothing was started anew but the process: pods, sidecars and containers are the same.
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

func testUnrelated(ctx context.Context, t *testing.T, l *loop) {
	mark := len(l.tilt.Log())
	l.edit(t, "services/greeter/internal/greeting/greeting_test.go", "package greeting", "// Edited.\npackage greeting")
	l.edit(t, "services/comms/internal/greeting/greeting.go", `" (from fallback)!"`, `" (by a fallback)!"`)
	eventually(ctx, t, "compilation of comms", func(context.Context) error {
		if !strings.Contains(l.tilt.Log()[mark:], "compiled comms in") {
			return errors.New("it is not in Tilt's log")
		}
		return nil
	})
	// And a last edit of greeter, whose effect comes after that of the first, if that has one.
	l.edit(t, greeting, greetingText, `" from the next greeter!"`)
	l.greets(ctx, t, " from the next greeter!")
	eventually(ctx, t, "compilation of greeter", func(context.Context) error {
		if n := strings.Count(l.tilt.Log()[mark:], "compiled greeter in"); n != 1 {
			return fmt.Errorf("greeter was compiled %d times, want once", n)
		}
		return nil
	})
	l.edit(t, greeting, `" from the next greeter!"`, greetingText)
	l.edit(t, "services/comms/internal/greeting/greeting.go", `" (by a fallback)!"`, `" (from fallback)!"`)
	l.greets(ctx, t, " from greeter!")
}

func testShared(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	healthy := func(want string) {
		for _, service := range []string{"comms", "greeter"} {
			eventually(ctx, t, service+" is "+want, func(ctx context.Context) error {
				got, err := l.health(ctx, service)
				if err == nil && got != want {
					err = fmt.Errorf("%s is %q", service, got)
				}
				return err
			})
		}
	}
	l.edit(t, health, healthText, `"in the best of health"`)
	healthy("in the best of health")
	l.edit(t, health, `"in the best of health"`, healthText)
	healthy("healthy")
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

func testCompileError(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	l.edit(t, greeting, greetingText, `undefinedName`)
	l.state(ctx, t, "compile-greeter", "error not_applicable")
	if log := l.tilt.Log(); !strings.Contains(log, "undefined: undefinedName") {
		t.Error("Tilt's log does not show the compiler's words")
	}
	l.greets(ctx, t, " from greeter!")
	l.edit(t, greeting, `undefinedName`, `" from a mended greeter!"`)
	l.greets(ctx, t, " from a mended greeter!")
	l.state(ctx, t, "compile-greeter", "ok not_applicable")
	l.edit(t, greeting, `" from a mended greeter!"`, greetingText)
	l.greets(ctx, t, " from greeter!")
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

func testCrash(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	const file, main, crash = "services/greeter/main.go", "func main() {", "func init() { panic(`no greetings today`) }\n\n"
	l.edit(t, file, main, crash+main)
	eventually(ctx, t, "greeter to be not ready", func(ctx context.Context) error { return l.ready(ctx, "greeter", false) })
	for _, want := range []string{"no greetings today", "greeter ended with exit code 2"} {
		eventually(ctx, t, "Tilt's log to show "+want, func(context.Context) error {
			if !strings.Contains(l.tilt.Log(), want) {
				return errors.New("it does not")
			}
			return nil
		})
	}
	l.edit(t, file, crash+main, main)
	l.greets(ctx, t, " from greeter!")
	eventually(ctx, t, "greeter to be ready", func(ctx context.Context) error { return l.ready(ctx, "greeter", true) })
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

func testUnderLoad(ctx context.Context, t *testing.T, l *loop) {
	before := l.pods(ctx, t)
	loading, stop := context.WithCancel(ctx)
	var (
		callers sync.WaitGroup
		mu      sync.Mutex
		good    int
		bad     []string
	)
	for i := range 4 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}}
		callers.Go(func() {
			defer client.CloseIdleConnections()
			for loading.Err() == nil {
				// A request under way is not cut off by the end of the load.
				answer, err := greet.Send(context.WithoutCancel(ctx), client, l.Comms, `{"name":"Ada"}`, "Content-Type: application/json")
				mu.Lock()
				if err == nil && answer.Status == http.StatusOK && answer.Source() == "greeter" {
					good++
				} else {
					bad = append(bad, fmt.Sprintf("%d %s %v", answer.Status, answer.Body, err))
				}
				mu.Unlock()
			}
		})
	}
	for i := range 3 {
		text := fmt.Sprintf(`" from greeter %d!"`, i)
		l.edit(t, greeting, greetingText, text)
		l.greets(ctx, t, strings.Trim(text, `"`))
		l.edit(t, greeting, text, greetingText)
		l.greets(ctx, t, " from greeter!")
	}
	// The shared package replaces both at once.
	l.edit(t, health, healthText, `"under load"`)
	for _, service := range []string{"comms", "greeter"} {
		eventually(ctx, t, service+" to be replaced", func(ctx context.Context) error {
			if got, err := l.health(ctx, service); err != nil || got != "under load" {
				return fmt.Errorf("%q %w", got, err)
			}
			return nil
		})
	}
	l.edit(t, health, `"under load"`, healthText)
	stop()
	callers.Wait()
	fmt.Fprintf(progress, "  under load: %d greetings, %d other answers\n", good, len(bad))
	if len(bad) > 0 || good == 0 {
		t.Errorf("%d greetings; %d others:\n%s", good, len(bad), strings.Join(bad[:min(5, len(bad))], "\n"))
	}
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

// testSetting gives greeter, in comms' sidecar, a time limit that nothing can meet, and takes it back; then it has every other trace recorded only.
func testSetting(ctx context.Context, t *testing.T, l *loop) {
	const file = "k8s/base/dapr/resiliency.yaml"
	content, err := os.ReadFile(filepath.Join(l.Root, file))
	if err != nil {
		t.Fatal(err)
	}
	limit := regexp.MustCompile(`greeter: \d+m?s`).FindString(string(content))
	before := l.pods(ctx, t)
	l.edit(t, file, limit, "greeter: 1us")
	eventually(ctx, t, "the new time limit", func(ctx context.Context) error {
		answer, err := greet.Ask(ctx, l.Comms, "Ada")
		if err != nil {
			return err
		}
		return greet.FromFallback(answer, "Ada")
	})
	l.edit(t, file, "greeter: 1us", limit)
	l.greets(ctx, t, " from greeter!")

	const configuration = "k8s/base/dapr/configuration.yaml"
	sampling := func(rate string) {
		eventually(ctx, t, "greeter's sidecar to sample "+rate, func(ctx context.Context) error {
			out, err := l.Kube.Run(ctx, nil, "logs", "deployment/greeter", "--container", "daprd", "--namespace", namespace)
			if err != nil {
				return err
			}
			if i := strings.LastIndex(string(out), "TraceIDRatioBased{"); i < 0 || !strings.HasPrefix(string(out[i:]), "TraceIDRatioBased{"+rate+"}") {
				return errors.New("its log does not say so")
			}
			return nil
		})
	}
	sampling("1")
	l.edit(t, configuration, `samplingRate: "1"`, `samplingRate: "0.5"`)
	sampling("0.5")
	l.edit(t, configuration, `samplingRate: "0.5"`, `samplingRate: "1"`)
	sampling("1")
	if after := l.pods(ctx, t); after != before {
		t.Errorf("pods and containers changed from\n%sto\n%s", before, after)
	}
}

func testStop(_ context.Context, t *testing.T, l *loop) {
	running := processesOf(t, l.Root)
	if len(running) == 0 {
		t.Fatal("no process of Tilt is found while it runs")
	}
	if err := l.tilt.Stop(); err != nil {
		t.Fatal(err)
	}
	if left := processesOf(t, l.Root); len(left) > 0 {
		t.Errorf("left behind: %s", strings.Join(left, "; "))
	}
}

// processesOf are the command lines of processes that work in the folder.
func processesOf(t *testing.T, folder string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/cwd")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, link := range links {
		if cwd, err := os.Readlink(link); err == nil && strings.HasPrefix(cwd, folder) {
			command, _ := os.ReadFile(filepath.Join(filepath.Dir(link), "cmdline"))
			found = append(found, strings.ReplaceAll(string(command), "\x00", " "))
		}
	}
	return found
}

func testDown(ctx context.Context, t *testing.T, l *loop) {
	if out, err := l.Down(ctx); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for kind, names := range map[string][]string{
		"namespaces":                    {namespace, "dapr-system", "datadog-operator"},
		"mutatingwebhookconfigurations": {"dapr-sidecar-injector"},
		"clusterroles":                  {"dapr-operator-admin", "dapr-injector", "dapr-sentry"},
		"customresourcedefinitions":     nil, // there were none before
	} {
		eventually(ctx, t, kind+" to be gone", func(ctx context.Context) error { return gone(ctx, l.Kube, kind, names...) })
	}
}
