package load

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// browserPatience bounds whatever a page is waited for.
const browserPatience = 60 * time.Second

// chromium finds a browser, which the project cannot bring along.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROME"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("no Chromium to open the report in: `apt-get install chromium` (or your system's package), or set CHROME to the path of a Chromium or Chrome")
	return ""
}

// page is a report in a browser, and what the browser complained about.
type page struct {
	testing.TB
	ctx context.Context

	mu       sync.Mutex
	errors   []string // of the console, and exceptions
	requests []string // all but the report's own file
}

// open opens a file in a browser of its own, and waits until the page has drawn itself.
func open(t testing.TB, path string, width, height int) *page {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile(t)),
		chromedp.WindowSize(width, height),
		// It is to ask nobody for anything, neither for the page nor for itself.
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	)
	allocator, closeBrowser := chromedp.NewExecAllocator(t.Context(), flags...)
	t.Cleanup(closeBrowser)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(ctx, browserPatience)
	t.Cleanup(cancel)
	p := &page{TB: t, ctx: ctx}
	address := "file://" + path
	chromedp.ListenTarget(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				p.errors = append(p.errors, fmt.Sprintf("console %s: %s", e.Type, values(e.Args)))
			}
		case *runtime.EventExceptionThrown:
			p.errors = append(p.errors, e.ExceptionDetails.Error())
		case *network.EventRequestWillBeSent:
			if url := e.Request.URL; !strings.HasPrefix(url, address) && !strings.HasPrefix(url, "data:") {
				p.requests = append(p.requests, url)
			}
		}
	})
	p.do(network.Enable(), chromedp.Navigate(address), chromedp.WaitReady(`html[data-ready]`, chromedp.ByQuery))
	return p
}

// profile is a new folder for a browser's own affairs. Its child processes write there for a
// moment after it has ended, so the folder is removed until that succeeds.
func profile(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "drydock-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for deadline := time.Now().Add(browserPatience); os.RemoveAll(folder) != nil && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	return folder
}

func values(args []*runtime.RemoteObject) string {
	var all []string
	for _, a := range args {
		all = append(all, string(a.Value)+a.Description)
	}
	return strings.Join(all, " ")
}

func (p *page) do(actions ...chromedp.Action) {
	p.Helper()
	if err := chromedp.Run(p.ctx, actions...); err != nil {
		p.Fatalf("%v; the browser complained: %v", err, p.errors)
	}
}

// clean fails the test when the browser complained or asked for anything.
func (p *page) clean() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.errors) > 0 {
		p.Errorf("the browser complained: %q", p.errors)
	}
	if len(p.requests) > 0 {
		p.Errorf("the page asked for %q", p.requests)
	}
}

// eval is what an expression gives in the page.
func eval[T any](p *page, expression string) T {
	p.Helper()
	var value T
	p.do(chromedp.Evaluate(expression, &value))
	return value
}

// click presses what a selector finds, at its place on the screen as a person does.
func (p *page) click(selector string) {
	p.Helper()
	p.do(chromedp.ScrollIntoView(selector, chromedp.ByQuery), chromedp.Click(selector, chromedp.ByQuery))
}

// texts of all elements that a selector finds.
func (p *page) texts(selector string) []string {
	p.Helper()
	return eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.textContent.trim())`, selector))
}

// equal fails the test unless a text of the page is as wanted.
func (p *page) equal(what, got, want string) {
	p.Helper()
	if got != want {
		p.Errorf("%s: %q, want %q", what, got, want)
	}
}
