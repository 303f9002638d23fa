package result

import (
	"runtime"
	"syscall"
	"time"
)

// cost is what this process used so far (getrusage(2)).
func cost(elapsed time.Duration, requests int) Cost {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return Cost{}
	}
	cpu := time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	c := Cost{CPUSeconds: round(cpu.Seconds()), PeakBytes: usage.Maxrss}
	if runtime.GOOS != "darwin" { // where it is in bytes, not kilobytes
		c.PeakBytes <<= 10
	}
	if elapsed > 0 {
		c.Cores = round(cpu.Seconds() / elapsed.Seconds())
	}
	if requests > 0 {
		c.CPUMicros = round(float64(cpu.Microseconds()) / float64(requests))
	}
	return c
}
