package policy

// Rule is something that every rendered cluster keeps.
type Rule struct {
	// Name is also the name of the case in testdata that breaks it.
	Name string
	// Check returns what breaks the rule, a line for each object, or an error when the set cannot be judged.
	Check func(Set) ([]string, error)
}

// Rules are all rules that need nothing but the set. The set is what a cluster has: platform and overlay together.
func Rules() []Rule {
	return []Rule{
		{"namespaces", namespaces},
		{"references", references},
		{"services", services},
		{"hardened", hardened},
		{"restricted", restricted},
		{"annotations", annotations},
		{"dapr-config", daprConfig},
		{"sidecar-namespace", sidecarNamespace},
		{"shutdown", shutdown},
		{"retries", retries},
	}
}

// eachWorkload joins what check finds in each workload, with the workload's name in front.
func eachWorkload(set Set, check func(Workload) ([]string, error)) ([]string, error) {
	workloads, err := set.Workloads()
	if err != nil {
		return nil, err
	}
	var findings []string
	for _, workload := range workloads {
		found, err := check(workload)
		if err != nil {
			return nil, err
		}
		for _, finding := range found {
			findings = append(findings, workload.String()+": "+finding)
		}
	}
	return findings, nil
}
