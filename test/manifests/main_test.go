// Package manifests tests what this repository gives to a cluster, without one.
package manifests

import (
	"os"
	"testing"

	"github.com/drydock-dev/drydock/internal/manifests"
	"github.com/drydock-dev/drydock/internal/render"
	"github.com/drydock-dev/drydock/internal/toolchain"
	"github.com/drydock-dev/drydock/test/manifests/policy"
)

// overlays are what is applied on top of the platform, by folder.
var overlays = []string{"k8s/overlays/kind"}

func root(t *testing.T) string {
	t.Helper()
	dir, err := toolchain.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// tools builds pinned programs; what takes long is told on standard error, so that a first run is not silent.
func tools(t *testing.T) *toolchain.Builder {
	t.Helper()
	return toolchain.New(root(t), os.Stderr)
}

func build(t *testing.T, dir string) []byte {
	t.Helper()
	out, err := manifests.Build(root(t), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// set is what folders render to, together.
func set(t *testing.T, dirs ...string) policy.Set {
	t.Helper()
	var all policy.Set
	for _, dir := range dirs {
		all = append(all, parse(t, build(t, dir))...)
	}
	return all
}

func parse(t *testing.T, data []byte) policy.Set {
	t.Helper()
	objects, err := policy.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// cluster is what a cluster has with this overlay.
func cluster(t *testing.T, overlay string) policy.Set {
	t.Helper()
	return set(t, render.Dapr.Dir(), overlay)
}
