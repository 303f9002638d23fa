package main

import (
	"context"
	"os"
	"time"
)

// untilOrphaned returns a context that also ends when the process that started this one has. A Tilt that is killed, or that gives up its orderly end, as
// it does after 2 s, leaves what it serves running.
func untilOrphaned(ctx context.Context) (context.Context, context.CancelFunc) {
	parent := os.Getppid()
	ctx, stop := context.WithCancel(ctx)
	go func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for os.Getppid() == parent {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		stop()
	}()
	return ctx, stop
}
