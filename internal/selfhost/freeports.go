package selfhost

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Free ports lie below the range from which systems take ports for outgoing connections
// (32768 and up on Linux, 49152 on macOS), so that no connection can steal a port before
// its part listens there, nor while a killed part is down.
const (
	firstFree = 20000
	blockSize = 20 // twice what a system needs, since a few may be in use
	blocks    = 600
)

// reservation is a block of ports that no other system of this user takes, whichever
// process it belongs to. It is a lock on a file, so it ends with its process at the latest.
type reservation struct{ file *os.File }

func (r *reservation) release() {
	if r.file != nil {
		r.file.Close() // closing releases the lock
	}
}

// fillIn gives the ports that are 0 numbers out of one block.
func (p *Ports) fillIn(ctx context.Context) (*reservation, error) {
	var missing []*int
	for _, s := range p.Settings() {
		if *s.Port == 0 {
			missing = append(missing, s.Port)
		}
	}
	if len(missing) == 0 {
		return &reservation{}, nil
	}
	for _, block := range rand.Perm(blocks) {
		first := firstFree + block*blockSize
		r, err := reserve(first)
		if err != nil {
			return nil, err
		}
		if r == nil {
			continue
		}
		if free := p.freeFrom(ctx, first); len(free) >= len(missing) {
			for i, port := range missing {
				*port = free[i]
			}
			return r, nil
		}
		r.release()
	}
	return nil, fmt.Errorf("no %d free ports near each other from %d up on %s", len(missing), firstFree, loopback)
}

// reserve locks a block by its first port; nil when somebody else has it.
func reserve(first int) (*reservation, error) {
	dir := filepath.Join(toolchain.CacheDir(), "ports")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("reserve ports: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(first)), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("reserve ports: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, nil
		}
		return nil, fmt.Errorf("reserve ports: lock %s: %w", file.Name(), err)
	}
	return &reservation{file}, nil
}

// freeFrom lists the ports of a block where nobody listens and that p does not name.
func (p *Ports) freeFrom(ctx context.Context, first int) []int {
	named := map[int]bool{}
	for _, s := range p.Settings() {
		named[*s.Port] = true
	}
	var free []int
	for port := first; port < first+blockSize; port++ {
		if !named[port] && canListen(ctx, port) == nil {
			free = append(free, port)
		}
	}
	return free
}
