package load

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/drydock-dev/drydock/internal/load"
	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/judge"
	"github.com/drydock-dev/drydock/internal/load/result"
	"github.com/drydock-dev/drydock/internal/traces"
)

// hostile is text that an answer or a span may hold, and that must stay text.
const hostile = `</script><script>document.title = "taken over"</script><img src=x onerror="document.title = 'taken over'">&amp;`

// write writes a result's files into a folder of the test and returns the page's path.
func write(t testing.TB, r *result.Result) string {
	t.Helper()
	folder := t.TempDir()
	if err := load.WriteFiles(folder, r); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder, load.HTMLFile)
}

// invented is a run of n requests over 50 s, some of which went wrong.
func invented(t testing.TB, n int) result.Result {
	t.Helper()
	c := result.NewCollector(true)
	for i := range n {
		start := c.Started().Add(time.Duration(i) * 50 * time.Second / time.Duration(n))
		latency := time.Millisecond + time.Duration(i*7919%997)*3*time.Microsecond
		answer := attack.Answer{N: i, Kind: attack.Greeter, Status: 200, Start: start, Latency: latency, Sent: 50 * time.Microsecond, FirstByte: latency - 20*time.Microsecond}
		verdict := judge.Verdict{State: judge.Complete}
		id := fmt.Sprintf("%032x", i+1)
		root := traces.Span{
			TraceID: id, ID: "000000000000000a", Service: "load", Kind: "client", Name: "POST /greet", Start: start, Duration: latency,
			Attributes: map[string]string{"load.sent_us": "50", "load.first_byte_us": strconv.FormatInt((latency - 20*time.Microsecond).Microseconds(), 10)},
		}
		comms := traces.Span{TraceID: id, ID: "000000000000000b", ParentID: root.ID, Service: "comms", Kind: "client", Name: "CallLocal/greeter/greet", Start: start.Add(latency / 4), Duration: latency / 2}
		greeter := traces.Span{
			TraceID: id, ID: "000000000000000c", ParentID: comms.ID, Service: "greeter", Kind: "server", Name: "CallLocal/greeter/greet", Start: start.Add(latency / 3), Duration: latency / 4,
			Attributes: map[string]string{"dapr.protocol": "grpc", "dapr.invoke_method": "greet"},
		}
		spans := []traces.Span{root, comms, greeter}
		switch i % 50 {
		case 10:
			answer.Kind = attack.Fallback
			spans[2].Error = hostile
		case 20:
			answer.Kind, answer.Status, answer.Error = attack.Failed, 500, "Internal Server Error: "+hostile
		case 30:
			spans = spans[:2]
			verdict.State, verdict.Difference = judge.Incomplete, "  load client POST /greet\n    comms client CallLocal/greeter/greet\n-     greeter server CallLocal/greeter/greet"
		}
		verdict.Subject = judge.Subject{N: i, TraceID: id, Kind: answer.Kind}
		verdict.Trace = traces.Build(spans)[0]
		c.Answer(answer)
		c.Verdict(verdict)
	}
	r := c.Finish(result.Run{ID: "0000000000000000", Target: "http://127.0.0.1:8080/greet", Where: "an invented run", Rate: float64(n) / 50, Concurrency: 10, TraceUI: "http://127.0.0.1:16686/trace/"}, 0, nil)
	failOn, err := result.ParseFailOn(result.DefaultFailOn)
	if err != nil {
		t.Fatal(err)
	}
	failOn.Judge(&r)
	return r
}

const (
	desktopWidth, desktopHeight = 1280, 900
	phoneWidth, phoneHeight     = 390, 844
)

func TestReportOfARealOutage(t *testing.T) {
	r := outage(t)
	p := open(t, write(t, &r), desktopWidth, desktopHeight)
	p.equal("verdict", p.texts("#verdict")[0], "failed")
	if got := strings.Join(p.texts("#failed li"), "\n"); !strings.Contains(got, "fallback>0") || !strings.Contains(got, "fallback from +") || !strings.Contains(got, "greeter server CallLocal/greeter/greet: error invoking app channel") {
		t.Errorf("it says of the outage:\n%s", got)
	}
	if got := p.texts("#services tbody tr"); len(got) != len(r.Operations) {
		t.Errorf("%d operations, want %d", len(got), len(r.Operations))
	}
	// The first bad trace is chosen without being asked for.
	if got := p.texts("#trace h2")[0]; !strings.Contains(got, "fallback") {
		t.Errorf("the trace on show is %q", got)
	}
	p.clean()
}

func TestReport(t *testing.T) {
	r := invented(t, 500)
	path := write(t, &r)
	for _, screen := range []struct {
		name          string
		width, height int
	}{{"desktop", desktopWidth, desktopHeight}, {"phone", phoneWidth, phoneHeight}} {
		t.Run(screen.name, func(t *testing.T) {
			p := open(t, path, screen.width, screen.height)
			p.do(chromedp.EmulateViewport(int64(screen.width), int64(screen.height)))
			testOverview(p, &r)
			testSorting(p, &r)
			testFilters(p, &r)
			testChoosing(p, &r)
			testThemes(p)
			if wide := eval[int](p, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				p.Errorf("the page is %d pixels wider than the screen", wide)
			}
			p.equal("title", eval[string](p, `document.title`), "Load report: http://127.0.0.1:8080/greet")
			p.clean()
		})
	}
}

func testOverview(p *page, r *result.Result) {
	p.Helper()
	p.equal("balance", strings.Join(p.texts("#balance .figure b"), " "), "500 480 500 490")
	p.equal("signs", strings.Join(p.texts("#balance .sign"), " "), "≠ = ≠")
	for id, shapes := range map[string]int{
		"time":    4,  // areas: of the components that are told apart
		"latency": 20, // bars
		"answers": len(r.Timeline),
	} {
		if n := eval[int](p, fmt.Sprintf(`document.querySelectorAll("#%s svg path").length`, id)); n < shapes {
			p.Errorf("chart %s draws %d shapes, want at least %d", id, n, shapes)
		}
	}
	if got := p.texts("#time svg text"); !slices.Contains(got, "greeter sidecar") || slices.Contains(got, "greeter handler") {
		p.Errorf("the legend says %q", got)
	}
	var errors int
	for _, o := range r.Operations {
		errors += o.Errors
	}
	sum := 0
	for _, cell := range p.texts("#services tbody td:nth-child(4)") {
		n, err := strconv.Atoi(cell)
		if err != nil {
			p.Error(err)
		}
		sum += n
	}
	if sum != errors || sum == 0 {
		p.Errorf("the services have %d errors, want %d", sum, errors)
	}
	p.equal("difference", strings.Join(p.texts("#difference-list pre .minus"), ""), "-     greeter server CallLocal/greeter/greet")
}

// numbers of the listed traces, in their order.
func (p *page) numbers() []string {
	p.Helper()
	return p.texts("#traces tbody td:first-child")
}

// expect compares the list with the result's traces in some order.
func expect(p *page, r *result.Result, what string, keep func(result.Trace) bool, order func(a, b result.Trace) int) {
	p.Helper()
	var want []string
	sorted := slices.Clone(r.Sample.Traces)
	slices.SortStableFunc(sorted, order)
	for _, trace := range sorted {
		if keep(trace) {
			want = append(want, strconv.Itoa(trace.N+1))
		}
	}
	if got := p.numbers(); !slices.Equal(got, want) {
		p.Errorf("%s: %d rows %.5v…, want %d rows %.5v…", what, len(got), got, len(want), want)
	}
}

func all(result.Trace) bool { return true }

func byNumber(a, b result.Trace) int  { return a.N - b.N }
func byLatency(a, b result.Trace) int { return cmp.Compare(a.Latency, b.Latency) }
func slowFirst(a, b result.Trace) int { return cmp.Compare(b.Latency, a.Latency) }
func byAnswer(a, b result.Trace) int  { return cmp.Compare(a.Answer, b.Answer) }

func testSorting(p *page, r *result.Result) {
	p.Helper()
	expect(p, r, "at first", all, byNumber)
	p.click("#traces th:nth-child(3) button")
	expect(p, r, "slow first", all, slowFirst)
	p.equal("aria-sort", eval[string](p, `document.querySelector("#traces th[aria-sort]").getAttribute("aria-sort")`), "descending")
	p.click("#traces th:nth-child(3) button")
	expect(p, r, "fast first", all, byLatency)
	p.click("#traces th:nth-child(4) button")
	expect(p, r, "by answer", all, byAnswer)
	p.click("#traces th:nth-child(1) button")
	expect(p, r, "by number", all, byNumber)
}

func testFilters(p *page, r *result.Result) {
	p.Helper()
	p.click("#filters button:nth-child(2)")
	expect(p, r, "errors", func(t result.Trace) bool { return t.Answer != "greeter" }, byNumber)
	p.click("#filters button:nth-child(3)")
	expect(p, r, "incomplete", func(t result.Trace) bool { return t.State == "incomplete" }, byNumber)
	p.do(chromedp.SendKeys("#search", "no such trace", chromedp.ByQuery))
	p.equal("empty list", strings.Join(p.texts("#list .empty"), ""), "No trace matches.")
	p.clearSearch()
	p.click("#filters button:nth-child(1)")
	p.do(chromedp.SendKeys("#search", "FALLBACK", chromedp.ByQuery))
	expect(p, r, "search", func(t result.Trace) bool { return t.Answer == "fallback" }, byNumber)
	p.clearSearch()
	expect(p, r, "nothing searched", all, byNumber)
}

// clearSearch empties the field as its cross does.
func (p *page) clearSearch() {
	p.Helper()
	eval[bool](p, `(document.getElementById("search").value = "", document.getElementById("search").dispatchEvent(new Event("input")))`)
}

func testChoosing(p *page, r *result.Result) {
	p.Helper()
	p.click(`#traces tbody tr:nth-child(5)`)
	if got := p.texts("#trace h2")[0]; !strings.HasPrefix(got, "Request 5greeter") {
		p.Errorf("the chosen trace is %q", got)
	}
	if n := len(p.texts("#trace .waterfall .row")); n != 3 {
		p.Errorf("the waterfall has %d rows, want 3", n)
	}
	if got := strings.Join(p.texts("#trace .flame svg text"), "\n"); !strings.Contains(got, "load  POST /greet") {
		p.Errorf("the flame graph says\n%s", got)
	}
	p.click("#trace details.span:last-of-type summary")
	if got := strings.Join(p.texts("#trace details.span[open] tr.dapr"), " "); got != "dapr.invoke_methodgreet dapr.protocolgrpc" {
		p.Errorf("Dapr's attributes: %q", got)
	}
	p.equal("address", eval[string](p, `location.hash`), "#trace="+r.Sample.Traces[4].ID)
	p.equal("link", eval[string](p, `document.querySelector("#trace a").href`), "http://127.0.0.1:16686/trace/"+r.Sample.Traces[4].ID)
	p.equal("chosen rows", strings.Join(p.texts(`#traces tbody tr[aria-selected="true"] td:first-child`), " "), "5")

	// The same by keys.
	p.do(chromedp.Focus(`#traces tbody tr:nth-child(5)`, chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
	if got := p.texts("#trace h2")[0]; !strings.HasPrefix(got, "Request 6") {
		p.Errorf("the trace chosen by keys is %q", got)
	}
	// And by an address.
	eval[string](p, fmt.Sprintf(`location.hash = "#trace=%s"`, r.Sample.Traces[20].ID))
	p.do(chromedp.Poll(`document.querySelector("#trace h2").textContent.startsWith("Request 21")`, nil))
	p.equal("error", p.texts("#trace p.red")[0], "Internal Server Error: "+hostile)
}

func testThemes(p *page) {
	p.Helper()
	background := func() string {
		p.Helper()
		return eval[string](p, `getComputedStyle(document.body).backgroundColor`)
	}
	light := background()
	p.do(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	dark := background()
	if light == dark {
		p.Errorf("the page is %s in light and in dark", light)
	}
	p.click("#theme")
	p.equal("after the button", background(), light)
	p.click("#theme")
	p.equal("after the button again", background(), dark)
	if n := eval[int](p, `document.querySelectorAll("#time svg path").length`); n < 4 {
		p.Errorf("after the change of theme the chart has %d shapes", n)
	}
}

func TestReportOfNothing(t *testing.T) {
	r := result.NewCollector(true).Finish(result.Run{Target: "http://127.0.0.1:8080/greet"}, 0, nil)
	p := open(t, write(t, &r), desktopWidth, desktopHeight)
	p.equal("list", strings.Join(p.texts("#list .empty"), ""), "No trace was judged.")
	p.clean()
}

// BenchmarkOpen opens the report of 10,000 requests: from the start of the navigation until
// all is drawn.
func BenchmarkOpen(b *testing.B) {
	r := invented(b, 10000)
	path := write(b, &r)
	p := open(b, path, desktopWidth, desktopHeight)
	for b.Loop() {
		p.do(chromedp.Navigate("about:blank"), chromedp.Navigate("file://"+path), chromedp.WaitReady(`html[data-ready]`, chromedp.ByQuery))
	}
	b.ReportMetric(eval[float64](p, `performance.getEntriesByType("mark").find((m) => m.name === "drawn").startTime`), "ms-to-drawn")
}
