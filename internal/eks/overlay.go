package eks

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"

	"github.com/drydock-dev/drydock/internal/manifests"
)

// Folders that are rendered here.
const (
	overlayDir = "k8s/overlays/eks"
	datadogDir = "k8s/platform/datadog"
	// settingsDir is what Dapr's sidecars are told.
	settingsDir = "k8s/base/dapr"
	// platformDir is all that a cluster needs besides, in one.
	platformDir = "k8s/platform/eks"
)

// renderOverlay is the overlay with the images that were pushed.
func (p *Project) renderOverlay(s *session) ([]byte, error) {
	if len(s.images) == 0 {
		return nil, errors.New("no images were pushed")
	}
	over := types.Kustomization{
		Labels: []types.Label{{Pairs: map[string]string{"tags.datadoghq.com/env": p.Settings.Environment}, IncludeTemplates: true}},
	}
	for _, image := range s.images {
		over.Images = append(over.Images, types.Image{
			// By the name that the overlay has given it.
			Name:    placeholder + "/" + image.Repository,
			NewName: s.expand(p.registry()) + "/" + image.Repository, NewTag: image.Tag, Digest: image.Digest,
		})
	}
	ingress, err := p.ingressPatch()
	if err != nil {
		return nil, err
	}
	settings, err := p.settingsPatch()
	if err != nil {
		return nil, err
	}
	over.Patches = []types.Patch{ingress, settings}
	return manifests.BuildOver(p.Root, overlayDir, over)
}

// settingsPatch writes a sum of Dapr's settings on the pods, so that other settings make other pods. A sidecar takes
// them without that too, by starting anew within its process, but daprd 1.18 exports no span from then on: its tracer
// keeps the provider that was shut down (pkg/diagnostics/tracing.go, pkg/runtime/trace.go of Dapr).
func (p *Project) settingsPatch() (types.Patch, error) {
	rendered, err := manifests.Build(p.Root, settingsDir, nil)
	if err != nil {
		return types.Patch{}, err
	}
	sum := sha256.New()
	for document := range strings.SplitSeq(string(rendered), "\n---\n") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return types.Patch{}, err
		}
		// Labels are no settings.
		delete(object, "metadata")
		data, err := json.Marshal(object)
		if err != nil {
			return types.Patch{}, err
		}
		sum.Write(data)
	}
	patch, err := jsonPatch(operation{"add", "/spec/template/metadata/annotations/drydock.dev~1dapr-settings", hex.EncodeToString(sum.Sum(nil))[:12]})
	return types.Patch{Target: &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Kind: "Deployment"}}}, Patch: patch}, err
}

// placeholder is the registry that k8s/overlays/eks names, which nobody has.
const placeholder = "account.dkr.ecr.region.amazonaws.com"

// ingressPatch gives the Ingress its host, or takes it away.
func (p *Project) ingressPatch() (types.Patch, error) {
	target := &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Kind: "Ingress"}, Name: "comms"}}
	if p.Settings.Host == "" {
		return types.Patch{Target: target, Patch: "$patch: delete\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: comms\n"}, nil
	}
	patch, err := jsonPatch(
		replace("/spec/tls/0/hosts/0", p.Settings.Host),
		replace("/spec/rules/0/host", p.Settings.Host),
	)
	return types.Patch{Target: target, Patch: patch}, err
}

// agentTags are all tags of what the Agents send.
func (p *Project) agentTags() []string {
	return append([]string{"env:" + p.Settings.Environment}, p.Settings.Tags...)
}

// renderAgent is the DatadogAgent with the user's settings.
func (p *Project) renderAgent(*session) ([]byte, error) {
	patch, err := jsonPatch(
		replace("/spec/global/clusterName", p.Cluster.Name),
		replace("/spec/global/site", p.Settings.Site),
		replace("/spec/global/tags", p.agentTags()),
	)
	if err != nil {
		return nil, err
	}
	return manifests.BuildOver(p.Root, datadogDir, types.Kustomization{Patches: []types.Patch{{
		Target: &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Kind: "DatadogAgent"}}}, Patch: patch,
	}}})
}

type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

func replace(path string, value any) operation { return operation{"replace", path, value} }

func jsonPatch(operations ...operation) (string, error) {
	patch, err := json.Marshal(operations)
	return string(patch), err
}
