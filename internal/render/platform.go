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

// Platforms are all that `make render` renders.
func Platforms() []Platform { return []Platform{Dapr} }

// Dir is the platform's folder, from the root of the checkout, with slashes.
func (p Platform) Dir() string { return path.Join("k8s", "platform", p.Name) }
