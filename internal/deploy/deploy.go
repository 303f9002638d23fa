// Package deploy brings the system onto a local cluster: images, Dapr's control plane, an overlay of k8s/overlays, and the proof that a greeting is
// answered and traced. What is there already stays as it is, so a second deployment changes nothing.
package deploy

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"time"

	"github.com/drydock-dev/drydock/internal/cluster"
	"github.com/drydock-dev/drydock/internal/deploy/kube"
	"github.com/drydock-dev/drydock/internal/images"
	"github.com/drydock-dev/drydock/internal/manifests"
)

// What a kind cluster gets: folders below the root.
const (
	DefaultPlatform = "k8s/platform/dapr"
	DefaultOverlay  = "k8s/overlays/kind"
)

// DefaultPatience is how long each wait may take: a multiple of what a slow machine needs.
const DefaultPatience = 5 * time.Minute

// Options say what is deployed.
type Options struct {
	// Root of the repository.
	Root string
	// Overlay is a kustomization below Root, with slashes. Its services get the images that were just built.
	Overlay string
	// Platform is a kustomization below Root that must be there first.
	Platform string
	// Mode says where the images come from.
	Mode images.Mode
	// Patience is how long each wait may take.
	Patience time.Duration
	// Progress gets a line for each step, and what is waited for.
	Progress io.Writer
}

func (o *Options) complete() {
	if o.Overlay == "" {
		o.Overlay = DefaultOverlay
	}
	if o.Platform == "" {
		o.Platform = DefaultPlatform
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
}

// deployment is one run of Run.
type deployment struct {
	Options
	cluster *cluster.Cluster
	kube    *kube.Client
	report  *Report
}

// Run deploys to the cluster and returns what it did and what that took.
func Run(ctx context.Context, c *cluster.Cluster, options Options) (*Report, error) {
	options.complete()
	client, err := kube.New(ctx, c)
	if err != nil {
		return nil, err
	}
	d := &deployment{Options: options, cluster: c, kube: client, report: &Report{Cluster: c}}

	var platform, overlay []kube.Object
	err = d.phase("images", func() (err error) {
		platform, overlay, err = d.prepare(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := d.rollOut(ctx, platform, overlay); err != nil {
		return nil, err
	}
	if err := d.check(ctx, overlay); err != nil {
		return nil, err
	}
	d.report.Memory, err = d.memory(ctx)
	return d.report, err
}

// phase runs one part of a deployment and keeps its time.
func (d *deployment) phase(name string, do func() error) error {
	begin := time.Now()
	err := do()
	d.report.Phases = append(d.report.Phases, Phase{name, time.Since(begin)})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// prepare makes the images, puts them into the nodes and renders what is to be applied with their tags.
func (d *deployment) prepare(ctx context.Context) (platform, overlay []kube.Object, err error) {
	rendered, err := manifests.Build(d.Root, d.Platform, nil)
	if err != nil {
		return nil, nil, err
	}
	if platform, err = kube.Parse(rendered); err != nil {
		return nil, nil, err
	}
	untagged, err := manifests.Build(d.Root, d.Overlay, nil)
	if err != nil {
		return nil, nil, err
	}
	tags, err := d.images(ctx, append(rendered, untagged...))
	if err != nil {
		return nil, nil, err
	}
	tagged, err := manifests.Build(d.Root, d.Overlay, tags)
	if err != nil {
		return nil, nil, err
	}
	overlay, err = kube.Parse(tagged)
	return platform, overlay, err
}

// rollOut applies everything in an order in which nothing has to be tried twice, and waits for it. What needs no sidecar starts beside the platform.
func (d *deployment) rollOut(ctx context.Context, platform, overlay []kube.Object) error {
	kinds, services := split(platform, isKind)
	trusting, first := split(services, mountsTrustBundle)
	withSidecar, others := split(overlay, hasSidecar)
	// A Job has one attempt, so what it asks is there first.
	once, stay := split(withSidecar, isJob)
	everything := kube.Workloads(append(services, overlay...))

	err := d.phase("platform", func() error {
		if err := d.apply(ctx, kinds); err != nil {
			return err
		}
		if err := d.kube.Established(ctx, d.Progress, d.Patience, kinds); err != nil {
			return err
		}
		if err := d.apply(ctx, append(first, others...)); err != nil {
			return err
		}
		if err := d.kube.Wait(ctx, d.Progress, d.Patience, kube.Workloads(first)...); err != nil {
			return err
		}
		if err := d.apply(ctx, trusting); err != nil {
			return err
		}
		return d.kube.Wait(ctx, d.Progress, d.Patience, kube.Workloads(services)...)
	})
	if err != nil {
		return err
	}
	return d.phase(path.Base(d.Overlay), func() error {
		if err := d.apply(ctx, stay); err != nil {
			return err
		}
		if err := d.kube.Wait(ctx, d.Progress, d.Patience, everything...); err != nil {
			return err
		}
		if err := d.apply(ctx, once); err != nil {
			return err
		}
		fmt.Fprintf(d.Progress, "applied %d objects of %s and %s, %d of them changed\n", len(platform)+len(overlay), d.Platform, d.Overlay, len(d.report.Changed))
		return nil
	})
}

func (d *deployment) apply(ctx context.Context, objects []kube.Object) error {
	changed, err := d.kube.Apply(ctx, d.Progress, objects)
	for _, object := range changed {
		d.report.Changed = append(d.report.Changed, object.String())
	}
	return err
}

func isKind(object kube.Object) bool { return object.Kind() == "CustomResourceDefinition" }

func isJob(object kube.Object) bool { return object.Kind() == "Job" }

// hasSidecar reports whether Dapr's injector, which must be there first, has a say in the object's pods.
func hasSidecar(object kube.Object) bool {
	return object.At("spec", "template", "metadata", "annotations", "dapr.io/enabled") == "true"
}

// mountsTrustBundle reports whether the object's pods read the trust bundle that Dapr's sentry makes when it first runs. Pods that start before that
// wait for the kubelet's next look at their volumes, which may take more than a minute.
func mountsTrustBundle(object kube.Object) bool {
	volumes, _ := object.At("spec", "template", "spec", "volumes").([]any)
	return slices.ContainsFunc(volumes, func(volume any) bool {
		source, _ := volume.(map[string]any)["configMap"].(map[string]any)
		return source["name"] == "dapr-trust-bundle"
	})
}

func split(objects []kube.Object, chosen func(kube.Object) bool) (those, others []kube.Object) {
	for _, object := range objects {
		if chosen(object) {
			those = append(those, object)
		} else {
			others = append(others, object)
		}
	}
	return those, others
}
