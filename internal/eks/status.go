package eks

// Status shows the cluster and what runs on it, and changes nothing.
func (p *Project) Status() *Plan {
	return &Plan{
		Name: "status", project: p, programs: []string{"aws", "kubectl"},
		steps: []step{
			p.account(),
			{"Cluster " + p.Cluster.Name + " in " + p.Cluster.Region, []action{ifNone{
				list: p.named(),
				then: []action{message("there is none: 'up' makes it")},
				otherwise: append([]action{
					query("eks describe-cluster --name "+p.Cluster.Name, "cluster.[name, version, status]"),
					p.writeKubeconfig(),
					kubectl("get nodes --label-columns kubernetes.io/arch,topology.kubernetes.io/zone"),
					kubectl("get deployments,statefulsets,daemonsets --namespace " + daprNamespace),
					kubectl("get daemonsets,deployments --namespace " + datadogNamespace),
				}, p.services()...),
			}}},
		},
	}
}

// services shows what was deployed.
func (p *Project) services() []action {
	return []action{kubectl("get deployments,horizontalpodautoscalers,pods,ingresses --namespace " + servicesNamespace)}
}

// look shows what was deployed, and how to send the first request.
func (p *Project) look() step {
	actions := p.services()
	if p.Settings.Host != "" {
		actions = append(actions, message("point "+p.Settings.Host+" to the ingress's address; it answers inside the VPC"))
	}
	return step{"What there is", append(actions,
		message("first request, in two shells:"),
		message("  KUBECONFIG="+p.kubeconfig()+" kubectl port-forward --namespace "+servicesNamespace+" service/comms-service 8080:80"),
		message(`  curl --json '{"name":"Ada"}' localhost:8080/greet`),
		message("then look for env:"+p.Settings.Environment+" at https://app."+p.Settings.Site+"/apm/traces"),
	)}
}
