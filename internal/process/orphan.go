package process

import (
	"context"
	"os"
	"time"
)

// UntilOrphaned returns a context that also ends when the process that started
// this one has. Not everybody passes a signal on: `go run` and make die of a
// SIGTERM by themselves, and Tilt gives up its orderly end after 2 s.
func UntilOrphaned(ctx context.Context) (context.Context, context.CancelFunc) {
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
