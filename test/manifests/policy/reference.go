package policy

import (
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// builtinNamespaces are there before anything is applied.
var builtinNamespaces = map[string]bool{"": true, "default": true, "kube-system": true, "kube-public": true}

// namespaces finds objects whose namespace nobody makes.
func namespaces(set Set) ([]string, error) {
	var findings []string
	for _, object := range set {
		if ns := object.Metadata.Namespace; !builtinNamespaces[ns] && !set.Has("Namespace", "", ns) {
			findings = append(findings, fmt.Sprintf("%s: no Namespace %s in the set", object, ns))
		}
	}
	return findings, nil
}

// references finds service accounts, configuration and disruption budgets that point at nothing.
func references(set Set) ([]string, error) {
	findings, err := eachWorkload(set, func(w Workload) ([]string, error) {
		var findings []string
		need := func(kind, name string) {
			if name != "" && !set.Has(kind, w.Metadata.Namespace, name) {
				findings = append(findings, fmt.Sprintf("no %s %s in its namespace", kind, name))
			}
		}
		account := w.Pod.Spec.ServiceAccountName
		if account == "" {
			findings = append(findings, "runs as the namespace's default service account")
		}
		need("ServiceAccount", account)
		for _, volume := range w.Pod.Spec.Volumes {
			if volume.ConfigMap != nil {
				need("ConfigMap", volume.ConfigMap.Name)
			}
			if volume.Secret != nil {
				need("Secret", volume.Secret.SecretName)
			}
		}
		selector, err := metav1.LabelSelectorAsSelector(w.Selector)
		if err != nil {
			return nil, err
		}
		if !selector.Matches(labels.Set(w.Pod.Labels)) {
			findings = append(findings, "its selector does not match its own pods")
		}
		return findings, nil
	})
	if err != nil {
		return nil, err
	}
	for _, object := range set.Kind("PodDisruptionBudget") {
		budget, err := As[policyv1.PodDisruptionBudget](object)
		if err != nil {
			return nil, err
		}
		selector, err := metav1.LabelSelectorAsSelector(budget.Spec.Selector)
		if err != nil {
			return nil, err
		}
		found, err := podsOf(set, object, selector)
		if err != nil {
			return nil, err
		}
		if len(found) != 1 {
			findings = append(findings, fmt.Sprintf("%s: selects the pods of %d workloads, want 1", object, len(found)))
		}
	}
	return findings, nil
}

// services finds Services that lead nowhere.
func services(set Set) ([]string, error) {
	var findings []string
	for _, object := range set.Kind("Service") {
		service, err := As[corev1.Service](object)
		if err != nil {
			return nil, err
		}
		found, err := podsOf(set, object, labels.SelectorFromSet(service.Spec.Selector))
		if err != nil {
			return nil, err
		}
		if len(found) != 1 {
			findings = append(findings, fmt.Sprintf("%s: selects the pods of %d workloads, want 1", object, len(found)))
			continue
		}
		for _, port := range service.Spec.Ports {
			if !hasPort(found[0], port.TargetPort) {
				findings = append(findings, fmt.Sprintf("%s: its pods have no port %s", object, port.TargetPort.String()))
			}
		}
	}
	return findings, nil
}

// podsOf are the workloads in the namespace of object whose pods the selector matches.
func podsOf(set Set, object Object, selector labels.Selector) ([]Workload, error) {
	workloads, err := set.Workloads()
	if err != nil {
		return nil, err
	}
	var found []Workload
	for _, w := range workloads {
		if w.Metadata.Namespace == object.Metadata.Namespace && !selector.Empty() && selector.Matches(labels.Set(w.Pod.Labels)) {
			found = append(found, w)
		}
	}
	return found, nil
}

// hasPort tells whether a container declares the port. A number needs no declaration.
func hasPort(w Workload, target intstr.IntOrString) bool {
	if target.Type == intstr.Int {
		return true
	}
	for _, container := range w.Containers() {
		for _, port := range container.Ports {
			if port.Name == target.StrVal {
				return true
			}
		}
	}
	return false
}

// daprConfig finds pods whose Dapr configuration is not in their namespace: their sidecars would not start.
func daprConfig(set Set) ([]string, error) {
	return eachWorkload(set, func(w Workload) ([]string, error) {
		if w.Annotation(annotationEnabled) != "true" {
			return nil, nil
		}
		switch name := w.Annotation(annotationConfig); {
		case name == "":
			return []string{"has a sidecar without " + annotationConfig + ", so without traces"}, nil
		case !set.Has("Configuration", w.Metadata.Namespace, name):
			return []string{"no Configuration " + name + " in its namespace"}, nil
		}
		return nil, nil
	})
}

// sidecarNamespace finds pods that want a sidecar in namespaces that the injector does not look at.
func sidecarNamespace(set Set) ([]string, error) {
	webhooks := set.Kind("MutatingWebhookConfiguration")
	return eachWorkload(set, func(w Workload) ([]string, error) {
		if w.Annotation(annotationEnabled) != "true" {
			return nil, nil
		}
		for _, object := range webhooks {
			configuration, err := As[admissionv1.MutatingWebhookConfiguration](object)
			if err != nil {
				return nil, err
			}
			for _, webhook := range configuration.Webhooks {
				if watched, err := watches(set, webhook, w); watched || err != nil {
					return nil, err
				}
			}
		}
		return []string{"wants a sidecar, and no webhook of the set looks at its namespace"}, nil
	})
}

func watches(set Set, webhook admissionv1.MutatingWebhook, w Workload) (bool, error) {
	selector, err := metav1.LabelSelectorAsSelector(webhook.NamespaceSelector)
	if err != nil {
		return false, err
	}
	for _, namespace := range set.Kind("Namespace") {
		if namespace.Metadata.Name == w.Metadata.Namespace && selector.Matches(labels.Set(namespace.Metadata.Labels)) {
			return true, nil
		}
	}
	return false, nil
}
