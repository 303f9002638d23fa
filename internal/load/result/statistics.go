package result

import (
	"math"
	"slices"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
	"github.com/drydock-dev/drydock/internal/load/breakdown"
	"github.com/drydock-dev/drydock/internal/load/judge"
)

// quantiles of values in milliseconds, which it sorts.
func quantiles(values []float32) Quantiles {
	if len(values) == 0 {
		return Quantiles{}
	}
	slices.Sort(values)
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	at := func(q float64) float64 {
		return round(float64(values[max(int(math.Ceil(q*float64(len(values))))-1, 0)]))
	}
	return Quantiles{
		Count: len(values), Mean: round(sum / float64(len(values))),
		P50: at(0.50), P95: at(0.95), P99: at(0.99), Max: at(1),
	}
}

// round keeps whole microseconds: more digits would pretend.
func round(millis float64) float64 { return math.Round(millis*1000) / 1000 }

// latencies of all requests that were answered or given up, in milliseconds. An
// interrupted one says nothing about the system.
func (c *Collector) latencies() []float32 {
	values := make([]float32, 0, len(c.records))
	for i := range c.records {
		if r := &c.records[i]; r.seen && r.kind != attack.Interrupted {
			values = append(values, float32(millis(r.latency)))
		}
	}
	return values
}

// components are the parts of all greetings whose trace is complete.
func (c *Collector) components() (components []Component, sidecarShare float64) {
	definitions := breakdown.Definitions(c.exact)
	total, sidecars := 0.0, 0.0
	for i := range breakdown.Components {
		var values []float32
		for j := range c.records {
			if r := &c.records[j]; r.measured {
				values = append(values, r.parts[i])
			}
		}
		part := breakdown.Component(i)
		component := Component{
			Name: part.String(), Definition: definitions[i], Sidecar: part.Sidecar(), Quantiles: quantiles(values),
			Told: c.exact || part != breakdown.CommsSidecar && part != breakdown.GreeterHandler,
		}
		sum := component.Mean * float64(component.Count)
		total += sum
		if part.Sidecar() {
			sidecars += sum
		}
		components = append(components, component)
	}
	if total == 0 {
		return components, 0
	}
	for i := range components {
		components[i].Share = components[i].Mean * float64(components[i].Count) / total
	}
	return components, sidecars / total
}

// A run is cut into at most maxPoints stretches, which is about what a chart has room for on
// a phone. Each has pointSize requests if that leaves fewPoints at least, so that a stretch's
// mean is not one request's whim; short runs have smaller ones.
const (
	maxPoints     = 120
	pointSize     = 30
	fewPoints     = 20
	smallestPoint = 5
)

// timeline cuts the run into stretches of equal length.
func (c *Collector) timeline(length time.Duration) []Point {
	if length <= 0 || len(c.records) == 0 {
		return []Point{}
	}
	n := len(c.records)
	count := min(maxPoints, max(n/pointSize, min(fewPoints, n/smallestPoint), 1))
	width := length/time.Duration(count) + 1
	points := make([]Point, count)
	latencies := make([][]float32, count)
	measured := make([]int, count)
	for i := range c.records {
		r := &c.records[i]
		if !r.seen || r.kind == attack.Interrupted {
			continue
		}
		at := min(max(int(r.start/width), 0), count-1)
		p := &points[at]
		p.Requests++
		if Bad(r.kind) {
			p.Bad++
		}
		if c.judged && (r.state == judge.Incomplete || r.state == judge.Missing) {
			p.Incomplete++
		}
		latencies[at] = append(latencies[at], float32(millis(r.latency)))
		if r.measured {
			measured[at]++
			for k, part := range r.parts {
				p.Mean[k] += float64(part)
			}
		}
	}
	for i := range points {
		p := &points[i]
		p.Seconds = math.Round(float64(time.Duration(i)*width)/float64(time.Millisecond)) / 1000
		q := quantiles(latencies[i])
		p.P50, p.P99 = q.P50, q.P99
		for k := range p.Mean {
			if measured[i] > 0 {
				p.Mean[k] = round(p.Mean[k] / float64(measured[i]))
			}
		}
	}
	return points
}

// histogramBuckets is how many bars the latency distribution has.
const histogramBuckets = 48

// histogram is the distribution of sorted latencies. Its bars grow wider by one factor, for
// the interesting part of latencies is near the median and the tail is long.
func histogram(sorted []float32) []Bucket {
	if len(sorted) == 0 {
		return []Bucket{}
	}
	low, high := float64(sorted[0]), float64(sorted[len(sorted)-1])
	low = max(low*0.98, 0.001)
	high = max(high*1.02, low*1.5)
	factor := math.Pow(high/low, 1.0/histogramBuckets)
	buckets := make([]Bucket, histogramBuckets)
	edge := low
	for i := range buckets {
		buckets[i].From = round(edge)
		edge *= factor
		buckets[i].To = round(edge)
	}
	for _, v := range sorted {
		i := int(math.Log(float64(v)/low) / math.Log(factor))
		buckets[min(max(i, 0), histogramBuckets-1)].Count++
	}
	return buckets
}

// episodeGap is the longest stretch without a bad answer inside one episode.
const episodeGap = 2 * time.Second

// maxEpisodes bounds how many are told.
const maxEpisodes = 20

// episodes finds when the answers of each bad kind came. Answers a moment apart belong
// together: a fault of the system rarely is a single answer.
func (c *Collector) episodes() []Episode {
	all := []Episode{}
	last := map[attack.Kind]int{} // index in all
	for i := range c.records {
		r := &c.records[i]
		if !r.seen || !Bad(r.kind) {
			continue
		}
		from, to := r.start.Seconds(), (r.start + r.latency).Seconds()
		if at, ok := last[r.kind]; ok && from-all[at].To <= episodeGap.Seconds() {
			all[at].Count++
			all[at].To = max(all[at].To, to)
			continue
		}
		last[r.kind] = len(all)
		all = append(all, Episode{What: r.kind.String(), Count: 1, From: from, To: to, Error: r.error})
	}
	if len(all) > maxEpisodes {
		slices.SortStableFunc(all, func(a, b Episode) int { return b.Count - a.Count })
		all = all[:maxEpisodes]
	}
	for i := range all {
		all[i].From, all[i].To = round(all[i].From), round(all[i].To)
	}
	return all
}
