package result

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
)

// DefaultFailOn is what a run without a word of its own must not have: every request is
// answered by greeter, and every trace is complete.
const DefaultFailOn = "incomplete>0,unjudged>0,fallback>0,errors>0"

// FailOn is a list of conditions, any of which makes a run a failure.
type FailOn struct {
	text       string
	conditions []condition
}

type condition struct {
	text, metric, operator string
	limit                  float64
	unit                   unit
}

type unit uint8

const (
	number  unit = iota
	percent      // of all requests, for counts
	length       // milliseconds
)

// String is the text that was parsed.
func (f FailOn) String() string { return f.text }

// The comparisons, longer ones before those that they begin with.
var operators = []string{">=", "<=", "==", "!=", ">", "<"}

// Metrics are the names that conditions may use, in words for --help.
const Metrics = "requests, greeter, fallback, 4xx, 5xx, timeout, unreachable, unexpected, errors (all but greeter and fallback), " +
	"complete, incomplete, missing, unjudged, roots, skewed (counts, or with % of all requests); " +
	"p50, p95, p99, max, mean (times, like 250ms); rate (requests/s); sidecars (% of the time)"

// ParseFailOn reads conditions separated by commas, like "incomplete>0,fallback>1%,p99>250ms".
// Empty text is no condition at all.
func ParseFailOn(text string) (FailOn, error) {
	f := FailOn{text: text}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		c, err := parseCondition(part)
		if err != nil {
			return FailOn{}, err
		}
		f.conditions = append(f.conditions, c)
	}
	return f, nil
}

func parseCondition(text string) (condition, error) {
	for _, operator := range operators {
		metric, limit, found := strings.Cut(text, operator)
		if !found {
			continue
		}
		c := condition{text: text, metric: strings.TrimSpace(metric), operator: operator}
		want, known := metricUnit(c.metric)
		if !known {
			return c, fmt.Errorf("%q: there is no figure %q; there are %s", text, c.metric, Metrics)
		}
		if err := c.parseLimit(strings.TrimSpace(limit), want); err != nil {
			return c, fmt.Errorf("%q: %w", text, err)
		}
		return c, nil
	}
	return condition{}, fmt.Errorf("%q has no comparison: want a figure, one of %s, and a limit, like incomplete>0", text, strings.Join(operators, " "))
}

func (c *condition) parseLimit(text string, want unit) (err error) {
	share, isPercent := strings.CutSuffix(text, "%")
	switch {
	case want == length:
		d, err := time.ParseDuration(text)
		if err != nil {
			return fmt.Errorf("%s is a time: want a limit like 250ms", c.metric)
		}
		c.limit, c.unit = millis(d), length
		return nil
	case isPercent && c.metric != "rate":
		c.unit = percent
		c.limit, err = strconv.ParseFloat(share, 64)
	case want == percent:
		return fmt.Errorf("%s is a share: want a limit like 60%%", c.metric)
	default:
		c.limit, err = strconv.ParseFloat(text, 64)
	}
	if err != nil {
		return fmt.Errorf("%q is no number", text)
	}
	return nil
}

var counts = []string{"requests", "errors", "complete", "incomplete", "missing", "unjudged", "roots", "skewed"}

// metricUnit is the unit of a figure's limit.
func metricUnit(metric string) (unit, bool) {
	switch metric {
	case "p50", "p95", "p99", "max", "mean":
		return length, true
	case "sidecars":
		return percent, true
	case "rate":
		return number, true
	}
	for kind := range attack.Interrupted {
		if metric == kind.String() {
			return number, true
		}
	}
	return number, slices.Contains(counts, metric)
}

// Judge sets the result's verdict. A run without a single answer is a failure by any measure.
func (f FailOn) Judge(r *Result) {
	r.Verdict = Verdict{OK: true, FailOn: f.text, Failed: []string{}}
	for _, c := range f.conditions {
		value := r.figure(c.metric)
		if c.unit == percent && c.metric != "sidecars" {
			value = value / float64(max(r.Run.Requests, 1)) * 100
		}
		if c.holds(value) {
			r.Verdict.Failed = append(r.Verdict.Failed, fmt.Sprintf("%s (it is %s)", c.text, c.show(value)))
		}
	}
	if r.Run.Requests == 0 && len(f.conditions) > 0 {
		r.Verdict.Failed = append(r.Verdict.Failed, "no request was sent")
	}
	r.Verdict.OK = len(r.Verdict.Failed) == 0
}

func (c condition) holds(value float64) bool {
	switch c.operator {
	case ">":
		return value > c.limit
	case ">=":
		return value >= c.limit
	case "<":
		return value < c.limit
	case "<=":
		return value <= c.limit
	case "==":
		return value == c.limit
	default:
		return value != c.limit
	}
}

func (c condition) show(value float64) string {
	text := strconv.FormatFloat(round(value), 'f', -1, 64)
	switch c.unit {
	case percent:
		return text + "%"
	case length:
		return text + "ms"
	default:
		return text
	}
}

// Errors are the requests that got neither greeting.
func (r *Result) Errors() int {
	n := 0
	for kind := attack.Rejected; kind < attack.Interrupted; kind++ {
		n += r.Answers[kind.String()]
	}
	return n
}

func (r *Result) figure(metric string) float64 {
	switch metric {
	case "requests":
		return float64(r.Run.Requests)
	case "errors":
		return float64(r.Errors())
	case "complete":
		return float64(r.Traces.Complete)
	case "incomplete":
		return float64(r.Traces.Incomplete + r.Traces.Missing)
	case "missing":
		return float64(r.Traces.Missing)
	case "unjudged":
		return float64(r.Traces.Unjudged)
	case "roots":
		return float64(r.Traces.Roots)
	case "skewed":
		return float64(r.Traces.Skewed)
	case "p50":
		return r.Latency.P50
	case "p95":
		return r.Latency.P95
	case "p99":
		return r.Latency.P99
	case "max":
		return r.Latency.Max
	case "mean":
		return r.Latency.Mean
	case "rate":
		return r.Run.Achieved
	case "sidecars":
		return r.SidecarShare * 100
	default:
		return float64(r.Answers[metric])
	}
}
