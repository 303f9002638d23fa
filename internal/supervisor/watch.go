//go:build linux

package supervisor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"
)

// watch reports every time that a whole file is put at path, by renaming it there; an error is the last report. A file that is being written is not
// reported: nobody can tell when that has ended.
func watch(ctx context.Context, path string) (<-chan error, error) {
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("watch %s: %w", path, err)
	}
	// Not blocking, so that the runtime waits for it and Close ends a Read.
	events := os.NewFile(uintptr(fd), "inotify")
	if _, err := syscall.InotifyAddWatch(fd, filepath.Dir(path), syscall.IN_MOVED_TO|syscall.IN_ONLYDIR); err != nil {
		return nil, errors.Join(fmt.Errorf("watch the folder %s: %w", filepath.Dir(path), err), events.Close())
	}
	context.AfterFunc(ctx, func() { events.Close() })
	replaced := make(chan error, 1)
	go func() {
		buffer := make([]byte, 64*(syscall.SizeofInotifyEvent+syscall.NAME_MAX+1))
		for {
			n, err := events.Read(buffer)
			if err != nil {
				if !errors.Is(err, fs.ErrClosed) {
					replaced <- fmt.Errorf("watch %s: %w", path, err)
				}
				return
			}
			if names(buffer[:n], filepath.Base(path)) {
				select {
				case replaced <- nil:
				default: // one report that nobody has taken yet tells of this one too
				}
			}
		}
	}()
	return replaced, nil
}

// names reports whether one of the events, laid out as inotify(7) says, is about the file of that name, or tells that events were lost.
func names(events []byte, name string) bool {
	for len(events) >= syscall.SizeofInotifyEvent {
		event := (*syscall.InotifyEvent)(unsafe.Pointer(&events[0])) //nolint:gosec // the layout is the kernel's promise
		end := syscall.SizeofInotifyEvent + int(event.Len)
		if event.Mask&syscall.IN_Q_OVERFLOW != 0 {
			return true
		}
		if string(bytes.TrimRight(events[syscall.SizeofInotifyEvent:end], "\x00")) == name {
			return true
		}
		events = events[end:]
	}
	return false
}
