package policy

import (
	"fmt"
	"strings"
)

// Images is the rule that images come from the list of them: known has their references as manifests write them, own
// the repositories whose tag is set when they are deployed.
func Images(known, own map[string]bool) Rule {
	return Rule{"images", func(set Set) ([]string, error) {
		return eachWorkload(set, func(w Workload) ([]string, error) {
			var findings []string
			for _, reference := range imagesOf(w) {
				repository, tag := splitTag(reference)
				switch {
				case tag == "" || tag == "latest":
					findings = append(findings, fmt.Sprintf("image %q has no fixed tag", reference))
				case !known[reference] && !own[repository]:
					findings = append(findings, fmt.Sprintf("image %q is not in images/images.yaml", reference))
				}
			}
			return findings, nil
		})
	}}
}

// imagesOf are the images that a workload's pods run, and those that it gives to others: Dapr's injector names the
// sidecar's in a variable.
func imagesOf(w Workload) []string {
	var references []string
	for _, container := range w.Containers() {
		references = append(references, container.Image)
		for _, env := range container.Env {
			if env.Name == sidecarImage {
				references = append(references, env.Value)
			}
		}
	}
	return references
}

// splitTag takes the tag or the digest off a reference. A colon before the last slash belongs to a registry's port.
func splitTag(reference string) (repository, tag string) {
	if repository, digest, ok := strings.Cut(reference, "@"); ok {
		return repository, digest
	}
	if i := strings.LastIndex(reference, ":"); i > strings.LastIndex(reference, "/") {
		return reference[:i], reference[i+1:]
	}
	return reference, ""
}
