// Package eks tests what a cluster on Amazon EKS is made of and given, without one: eksctl's configuration, the
// platform and the overlay.
package eks

import (
	"os"
	"testing"

	"github.com/drydock-dev/drydock/internal/eks"
	"github.com/drydock-dev/drydock/internal/manifests"
	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/internal/toolchain"
	"github.com/drydock-dev/drydock/test/manifests/policy"
)

func root(t *testing.T) string {
	t.Helper()
	dir, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// tools fetches pinned modules and builds pinned programs; what takes long is told on standard error.
func tools(t *testing.T) *toolchain.Builder {
	t.Helper()
	return toolchain.New(root(t), os.Stderr)
}

func cluster(t *testing.T) eks.Cluster {
	t.Helper()
	c, err := eks.ReadCluster(root(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// rendered is what the folders of an environment render to.
func rendered(t *testing.T, environment parity.Environment) []byte {
	t.Helper()
	var all []byte
	for _, dir := range environment.Dirs {
		out, err := manifests.Build(root(t), dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(append(all, out...), "\n---\n"...)
	}
	return all
}

func objects(t *testing.T, environment parity.Environment) policy.Set {
	t.Helper()
	set, err := policy.Parse(rendered(t, environment))
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// one is the only object of a kind.
func one(t *testing.T, set policy.Set, kind string) policy.Object {
	t.Helper()
	found := set.Kind(kind)
	if len(found) != 1 {
		t.Fatalf("%d objects of kind %s, want 1", len(found), kind)
	}
	return found[0]
}
