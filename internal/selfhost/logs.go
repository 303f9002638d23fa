package selfhost

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"sync"
)

// tailLines is how many last lines of a part are kept for the report of its death.
const tailLines = 20

// maxLine cuts a line without an end, so that a part cannot fill the memory.
const maxLine = 64 << 10

// stream merges the output of all parts, line by line, each with its part's name.
type stream struct {
	mu     sync.Mutex
	w      io.Writer
	width  int
	colour bool
}

// part returns the writer for one part's output.
func (s *stream) part(name string, index int) *lineWriter {
	prefix := fmt.Sprintf("%-*s | ", s.width, name)
	if s.colour {
		prefix = colourCode(index) + prefix + "\x1b[0m"
	}
	return &lineWriter{stream: s, prefix: []byte(prefix)}
}

// colourCode gives each part one of the terminal's own colours, none of them red:
// that one says "error" to most readers.
func colourCode(index int) string {
	colours := []int{36, 32, 34, 35, 33}
	return fmt.Sprintf("\x1b[%dm", colours[index%len(colours)])
}

func (s *stream) write(line []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.w.Write(line) //nolint:errcheck // a log stream that nobody reads must not stop the system
}

// lineWriter is one part's standard output and error.
type lineWriter struct {
	stream *stream
	prefix []byte

	mu   sync.Mutex
	rest []byte
	tail []string
}

// Write implements io.Writer; it never fails.
func (l *lineWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rest = append(l.rest, p...)
	for {
		end := bytes.IndexByte(l.rest, '\n')
		if end < 0 {
			break
		}
		l.line(l.rest[:end])
		l.rest = l.rest[end+1:]
	}
	if len(l.rest) > maxLine {
		l.line(l.rest)
		l.rest = nil
	}
	return len(p), nil
}

func (l *lineWriter) line(line []byte) {
	if len(l.tail) == tailLines {
		l.tail = slices.Delete(l.tail, 0, 1)
	}
	l.tail = append(l.tail, string(line))
	l.stream.write(slices.Concat(l.prefix, line, []byte{'\n'}))
}

// last returns the newest lines, an unfinished one included.
func (l *lineWriter) last() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := slices.Clone(l.tail)
	if len(l.rest) > 0 {
		lines = append(lines, string(l.rest))
	}
	return lines
}
