// Package render makes the committed manifests of k8s/platform out of Helm charts
// that pinned Go modules carry, so that a cluster needs kubectl only and a review
// shows what an upgrade changes.
package render

import "path"

// Platform is a chart that is rendered into a folder of k8s/platform.
type Platform struct {
	// Name is the folder below k8s/platform. It holds values.yaml, written by
	// hand, and takes rendered.yaml and crds/.
	Name string
	// Tool is a program of tools/tools.yaml that comes from the chart's module: it
	// gives the version.
	Tool string
	// Module is the Go module that carries the chart, Chart its folder there.
	Module, Chart string
	// Release and Namespace are what the chart is rendered for.
	Release, Namespace string
	// TagValue is the value by which the chart takes the version of its images.
	TagValue string
	// Variant names the platform of which this is a variant of the same chart: its
	// values come first, and its CRDs serve both. Empty for a platform of its own.
	Variant string
}

// Dapr is Dapr's control plane.
var Dapr = Platform{
	Name:      "dapr",
	Tool:      "dapr-operator",
	Module:    "github.com/dapr/dapr",
	Chart:     "charts/dapr",
	Release:   "dapr",
	Namespace: "dapr-system",
	TagValue:  "global.tag",
}

// DaprHA is Dapr's control plane for a cluster of several nodes with volumes, as on EKS.
var DaprHA = func() Platform {
	p := Dapr
	p.Name, p.Variant = "dapr-ha", Dapr.Name
	return p
}()

// Platforms are all that `make render` renders.
func Platforms() []Platform { return []Platform{Dapr, DaprHA} }

// Dir is the platform's folder, from the root of the checkout, with slashes.
func (p Platform) Dir() string { return dir(p.Name) }

func dir(name string) string { return path.Join("k8s", "platform", name) }

// values are the files of values, from the root of the checkout, in the order in which
// they are applied.
func (p Platform) values() []string {
	if p.Variant == "" {
		return []string{path.Join(p.Dir(), "values.yaml")}
	}
	return []string{path.Join(dir(p.Variant), "values.yaml"), path.Join(p.Dir(), "values.yaml")}
}
