package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/dapr/dapr/pkg/injector/patcher"
	corev1 "k8s.io/api/core/v1"
)

// Dapr's injector takes these from its environment (pkg/injector/service/config.go of Dapr).
const (
	injectorName = "dapr-sidecar-injector"
	sidecarImage = "SIDECAR_IMAGE"

	annotationEnabled = "dapr.io/enabled"
	annotationConfig  = "dapr.io/config"
)

// injected is the workload with its pods as the cluster gets them: Dapr's own code adds the sidecar, with the settings
// that the set's injector has. A workload without Dapr is returned as it is.
func injected(set Set, w Workload) (Workload, error) {
	if w.Annotation(annotationEnabled) != "true" {
		return w, nil
	}
	settings, err := injectorSettings(set)
	if err != nil {
		return w, err
	}
	pod := &corev1.Pod{ObjectMeta: w.Pod.ObjectMeta, Spec: w.Pod.Spec}
	sidecar := patcher.NewSidecarConfig(pod)
	sidecar.Mode = "kubernetes"
	sidecar.Namespace = w.Metadata.Namespace
	sidecar.SidecarImage = settings[sidecarImage]
	sidecar.RunAsNonRoot = settings["SIDECAR_RUN_AS_NON_ROOT"] == "true"
	sidecar.ReadOnlyRootFilesystem = settings["SIDECAR_READ_ONLY_ROOT_FILESYSTEM"] == "true"
	sidecar.SidecarDropALLCapabilities = settings["SIDECAR_DROP_ALL_CAPABILITIES"] == "true"
	sidecar.SetFromPodAnnotations()
	patch, err := sidecar.GetPatch()
	if err != nil {
		return w, fmt.Errorf("%s: inject sidecar: %w", w, err)
	}
	before, err := json.Marshal(pod)
	if err != nil {
		return w, err
	}
	after, err := patch.Apply(before)
	if err != nil {
		return w, fmt.Errorf("%s: inject sidecar: %w", w, err)
	}
	var result corev1.Pod
	if err := json.Unmarshal(after, &result); err != nil {
		return w, err
	}
	w.Pod = corev1.PodTemplateSpec{ObjectMeta: result.ObjectMeta, Spec: result.Spec}
	return w, nil
}

// injectorSettings is the environment of the set's injector.
func injectorSettings(set Set) (map[string]string, error) {
	workloads, err := set.Workloads()
	if err != nil {
		return nil, err
	}
	settings := map[string]string{}
	for _, w := range workloads {
		if w.Metadata.Name != injectorName {
			continue
		}
		for _, env := range w.Pod.Spec.Containers[0].Env {
			settings[env.Name] = env.Value
		}
		return settings, nil
	}
	return nil, fmt.Errorf("pods want a sidecar and nobody injects it: no %s in the set", injectorName)
}

// annotations finds annotations that the pinned Dapr does not know: it would ignore them without a word.
func annotations(set Set) ([]string, error) {
	known := map[string]reflect.Type{}
	for field := range fields(reflect.TypeFor[patcher.SidecarConfig]()) {
		if key := field.Tag.Get("annotation"); key != "" {
			known[key] = field.Type
		}
	}
	return eachWorkload(set, func(w Workload) ([]string, error) {
		if w.Annotation(annotationEnabled) != "true" {
			return nil, nil
		}
		var findings []string
		for _, key := range slices.Sorted(maps.Keys(w.Pod.Annotations)) {
			if !strings.HasPrefix(key, "dapr.io/") {
				continue
			}
			value := w.Pod.Annotations[key]
			kind, ok := known[key]
			if !ok {
				findings = append(findings, fmt.Sprintf("Dapr knows no annotation %s", key))
			} else if !parses(kind, value) {
				findings = append(findings, fmt.Sprintf("%s: %q is no %s, Dapr would ignore it", key, value, kind))
			}
		}
		return findings, nil
	})
}

func fields(structure reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range structure.NumField() {
			if !yield(structure.Field(i)) {
				return
			}
		}
	}
}

func parses(kind reflect.Type, value string) bool {
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	if kind.Kind() == reflect.String {
		return true
	}
	return json.Unmarshal([]byte(value), reflect.New(kind).Interface()) == nil
}
