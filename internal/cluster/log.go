package cluster

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"sigs.k8s.io/kind/pkg/log"
)

// lines writes whole lines, from whichever goroutine they come.
type lines struct {
	mu sync.Mutex
	to io.Writer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.to.Write(line)
}

// logger shows kind's own progress, and nothing that is meant for debugging kind.
type logger struct{ to io.Writer }

var _ log.Logger = logger{}

func (l logger) print(message string) {
	// kind ends each step with a line that repeats it behind a tick; its first line is enough.
	message = strings.TrimSpace(message)
	if message != "" && !strings.HasPrefix(message, "✓") {
		fmt.Fprintln(l.to, message)
	}
}

func (l logger) Warn(message string)              { l.print(message) }
func (l logger) Warnf(format string, a ...any)    { l.print(fmt.Sprintf(format, a...)) }
func (l logger) Error(message string)             { l.print(message) }
func (l logger) Errorf(format string, a ...any)   { l.print(fmt.Sprintf(format, a...)) }
func (l logger) V(level log.Level) log.InfoLogger { return info{l, level == 0} }

type info struct {
	logger
	enabled bool
}

func (i info) Enabled() bool { return i.enabled }

func (i info) Info(message string) {
	if i.enabled {
		i.print(message)
	}
}

func (i info) Infof(format string, a ...any) {
	if i.enabled {
		i.print(fmt.Sprintf(format, a...))
	}
}
