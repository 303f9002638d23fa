package tiltloop

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// aheadOf makes an Ahead whose receivers are a program instead of a pod's tar; it counts them.
func aheadOf(t *testing.T, content []byte, program ...string) (ahead *Ahead, connected *atomic.Int32) {
	t.Helper()
	root := t.TempDir()
	write(t, root, Binary("hello"), string(content))
	connected = new(atomic.Int32)
	return newAhead(t.Context(), root, []string{"hello"}, func(ctx context.Context, _ string) (*exec.Cmd, error) {
		connected.Add(1)
		return exec.CommandContext(ctx, program[0], program[1:]...), nil
	}), connected
}

func TestAheadSendsTheBinary(t *testing.T) {
	t.Parallel()
	content := bytes.Repeat([]byte("binary"), 1<<18) // more than a pipe holds
	received := filepath.Join(t.TempDir(), "received")
	ahead, _ := aheadOf(t, content, "tee", received)
	until(t, "binary", func() bool {
		ahead.Send(t.Context(), "hello")
		stream, err := os.Open(received)
		if err != nil {
			return false
		}
		defer stream.Close()
		archive := tar.NewReader(stream)
		header, err := archive.Next()
		if err != nil || header.Name != "app/hello" {
			return false
		}
		got, err := io.ReadAll(archive)
		return err == nil && bytes.Equal(got, content)
	})
}

// A pod that is connected and reads nothing costs its connection, and not more than the patience.
func TestAheadGivesUp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		ctx  func(*testing.T) context.Context
	}{
		{"in time", func(t *testing.T) context.Context { return t.Context() }},
		{"when a newer binary is there", func(t *testing.T) context.Context {
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			return ctx
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ahead, connected := aheadOf(t, make([]byte, 1<<20), "sleep", "600")
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				// The next connection is made when the one before was used and has ended.
				for connected.Load() < 2 && t.Context().Err() == nil {
					ahead.Send(test.ctx(t), "hello")
				}
			}()
			until(t, "end of the sending", func() bool {
				select {
				case <-ended:
					return true
				default:
					return false
				}
			})
		})
	}
}
