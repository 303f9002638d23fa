package result

import (
	"runtime"
	"syscall"
	"time"
)

// Usage is what this process has used so far: processor time, and the most memory that it
// ever had resident, in bytes (getrusage(2)).
func Usage() (cpu time.Duration, peak int64) {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0, 0 // it fails for wrong arguments only
	}
	peak = usage.Maxrss
	if runtime.GOOS != "darwin" { // where it is in bytes, not kilobytes
		peak <<= 10
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()), peak
}

func (c *Collector) cost(requests int) Cost {
	cpu, peak := Usage()
	cpu -= c.cpuBefore
	cost := Cost{CPUSeconds: round(cpu.Seconds()), PeakBytes: peak, Cores: round(cpu.Seconds() / time.Since(c.started).Seconds())}
	if requests > 0 {
		cost.CPUMicros = round(float64(cpu.Microseconds()) / float64(requests))
	}
	return cost
}
