// Package parity compares what a kind cluster and EKS are given, field by field, and holds the differences to a list
// that people have reviewed: eks/parity.yaml. Whatever is not on the list is the same in both, or a test fails.
package parity

import (
	"fmt"

	"github.com/drydock-dev/drydock/internal/manifests"
)

// Environment is where the system runs: folders below the root that together are all that the cluster is given.
type Environment struct {
	Name string
	Dirs []string
}

// The environments. The rehearsal is EKS's manifests on a kind cluster.
var (
	EKS       = Environment{"eks", []string{"k8s/platform/eks", "k8s/overlays/eks"}}
	Kind      = Environment{"kind", []string{"k8s/platform/dapr", "k8s/overlays/kind"}}
	Rehearsal = Environment{"rehearsal", []string{"k8s/platform/rehearsal", "k8s/overlays/rehearsal"}}
)

// Render returns the environment's objects.
func (e Environment) Render(root string) (Objects, error) {
	all := Objects{}
	for _, dir := range e.Dirs {
		rendered, err := manifests.Build(root, dir, nil)
		if err != nil {
			return nil, err
		}
		if err := all.add(rendered); err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
	}
	return all, nil
}

// Difference is a field that two environments have with different values, or that only one of them has.
type Difference struct {
	// Object is the kind, the namespace if there is one, and the name: "Deployment dapr-services/comms".
	Object string
	// Field is the path of the field; empty where only one environment has the object.
	Field string
	// Left and Right are the values in the two environments; empty where there is none.
	Left, Right string
}

func (d Difference) String() string {
	if d.Field == "" {
		return d.Object
	}
	return d.Object + " " + d.Field
}

// Compare returns the differences, in the order of objects and fields.
func Compare(left, right Objects) []Difference {
	const whole = "(the object)"
	var found []Difference
	for _, name := range keys(left, right) {
		a, inLeft := left[name]
		b, inRight := right[name]
		switch {
		case !inRight:
			found = append(found, Difference{Object: name, Left: whole})
		case !inLeft:
			found = append(found, Difference{Object: name, Right: whole})
		default:
			for _, field := range keys(a, b) {
				if a[field] != b[field] {
					found = append(found, Difference{name, field, a[field], b[field]})
				}
			}
		}
	}
	return found
}
