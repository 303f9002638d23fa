package load

import (
	"os"
	"testing"

	"github.com/drydock-dev/drydock/internal/load"
)

// BenchmarkLoad is what the load costs the machine that it shares with the system: 200
// requests/s for ten seconds, each trace judged.
func BenchmarkLoad(b *testing.B) {
	load.Frugal()
	o := options(b, start(b))
	o.Rate, o.Requests = 200, 2000
	var cores, complete, requests, runs float64
	var memory int64
	for b.Loop() {
		r, err := load.Run(b.Context(), o)
		if err != nil {
			b.Fatal(err)
		}
		complete += float64(r.Traces.Complete)
		requests += float64(r.Run.Requests)
		cores += r.Cost.Cores
		runs++
		memory = r.Cost.PeakBytes
	}
	b.ReportMetric(100*cores/runs, "%core")
	b.ReportMetric(100*complete/requests, "%complete")
	b.ReportMetric(float64(memory)/1e6, "MB-peak")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkReportSize is the size of the report of 10,000 requests.
func BenchmarkReportSize(b *testing.B) {
	r := invented(b, 10000)
	var size float64
	for b.Loop() {
		info, err := os.Stat(write(b, &r))
		if err != nil {
			b.Fatal(err)
		}
		size = float64(info.Size())
	}
	b.ReportMetric(size/1e6, "MB")
}
