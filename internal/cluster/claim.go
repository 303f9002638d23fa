package cluster

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// Claim keeps a cluster for one run on this machine. Tests and benchmarks make and remove clusters of a fixed name, and two runs at once would take
// each other's away. An error says that another run has it.
func Claim(name string) (release func(), err error) {
	lock := flock.New(filepath.Join(os.TempDir(), name+".lock"))
	free, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("claim the cluster %s: %w", name, err)
	}
	if !free {
		return nil, fmt.Errorf("another run on this machine has the cluster %s (%s is locked): wait for its end", name, lock.Path())
	}
	return func() {
		lock.Unlock() //nolint:errcheck // it ends with the process
	}, nil
}
