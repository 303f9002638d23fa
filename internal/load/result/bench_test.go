package result

import (
	"bytes"
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/drydock-dev/drydock/internal/load/attack"
)

// BenchmarkCollect100k adds up 100,000 requests, one in a hundred of them a fallback, and
// tells what is kept in memory meanwhile and how big the result is.
func BenchmarkCollect100k(b *testing.B) {
	const requests = 100_000
	var kept, size float64
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := collect(requests, func(i int) attack.Kind {
			if i%100 == 0 {
				return attack.Fallback
			}
			return attack.Greeter
		})
		runtime.GC()
		runtime.ReadMemStats(&after)
		kept = float64(after.HeapAlloc - before.HeapAlloc)
		r := c.Finish(Run{}, 0, nil)
		var encoded bytes.Buffer
		if err := json.NewEncoder(&encoded).Encode(r); err != nil {
			b.Fatal(err)
		}
		size = float64(encoded.Len())
	}
	b.ReportMetric(kept/1e6, "MB-kept")
	b.ReportMetric(size/1e6, "MB-json")
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/requests/float64(time.Microsecond), "us/request")
	b.ReportMetric(0, "ns/op")
}
