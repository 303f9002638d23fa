package policy

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// hardened finds containers that have more than they need, sidecars included.
func hardened(set Set) ([]string, error) {
	return eachWorkload(set, func(w Workload) ([]string, error) {
		w, err := injected(set, w)
		if err != nil {
			return nil, err
		}
		var findings []string
		for _, container := range w.Containers() {
			for _, lack := range lacks(w.Pod.Spec.SecurityContext, container) {
				findings = append(findings, fmt.Sprintf("container %s: %s", container.Name, lack))
			}
		}
		return findings, nil
	})
}

// lacks are the precautions that a container does without.
func lacks(pod *corev1.PodSecurityContext, container corev1.Container) []string {
	var lacks []string
	check := func(ok bool, lack string) {
		if !ok {
			lacks = append(lacks, lack)
		}
	}
	if pod == nil {
		pod = &corev1.PodSecurityContext{}
	}
	own := container.SecurityContext
	if own == nil {
		own = &corev1.SecurityContext{}
	}
	nonRoot := own.RunAsNonRoot
	if nonRoot == nil {
		nonRoot = pod.RunAsNonRoot
	}
	seccomp := own.SeccompProfile
	if seccomp == nil {
		seccomp = pod.SeccompProfile
	}
	check(isTrue(nonRoot), "may run as root")
	check(isTrue(own.ReadOnlyRootFilesystem), "may write to its root file system")
	check(own.AllowPrivilegeEscalation != nil && !*own.AllowPrivilegeEscalation, "may gain privileges")
	check(own.Capabilities != nil && slices.Contains(own.Capabilities.Drop, "ALL") && len(own.Capabilities.Add) == 0, "keeps capabilities")
	check(seccomp != nil && seccomp.Type == corev1.SeccompProfileTypeRuntimeDefault, "has no seccomp profile")
	check(!container.Resources.Requests.Cpu().IsZero(), "requests no processor time")
	check(!container.Resources.Requests.Memory().IsZero(), "requests no memory")
	check(!container.Resources.Limits.Memory().IsZero(), "has no memory limit")
	return lacks
}

func isTrue(b *bool) bool { return b != nil && *b }

// restricted finds pods that Pod Security's level "restricted" would refuse, by the admission plugin's own code, with
// their sidecars, at the version that their namespace enforces.
func restricted(set Set) ([]string, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		return nil, err
	}
	versions, err := enforced(set)
	if err != nil {
		return nil, err
	}
	return eachWorkload(set, func(w Workload) ([]string, error) {
		version, ok := versions[w.Metadata.Namespace]
		if !ok {
			return []string{"its namespace does not enforce Pod Security's level restricted"}, nil
		}
		w, err := injected(set, w)
		if err != nil {
			return nil, err
		}
		results := evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: version}, &w.Pod.ObjectMeta, &w.Pod.Spec)
		if sum := policy.AggregateCheckResults(results); !sum.Allowed {
			return []string{sum.ForbiddenDetail()}, nil
		}
		return nil, nil
	})
}

// enforced are the namespaces that enforce "restricted", with the version of it.
func enforced(set Set) (map[string]api.Version, error) {
	versions := map[string]api.Version{}
	for _, namespace := range set.Kind("Namespace") {
		labels := namespace.Metadata.Labels
		if labels[api.EnforceLevelLabel] != string(api.LevelRestricted) {
			continue
		}
		version, err := api.ParseVersion(labels[api.EnforceVersionLabel])
		if err != nil {
			return nil, fmt.Errorf("%s: label %s: %w", namespace, api.EnforceVersionLabel, err)
		}
		versions[namespace.Metadata.Name] = version
	}
	return versions, nil
}
