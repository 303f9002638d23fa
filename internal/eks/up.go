package eks

import (
	"encoding/json"
	"strings"
)

// Up makes the cluster with all that the system needs, pushes the images and deploys the overlay.
func (p *Project) Up() *Plan {
	steps := []step{
		p.account(),
		p.makeCluster(),
		p.enter(),
		{"Encrypted gp3 volumes by default", []action{kubectl("apply --server-side -f k8s/platform/eks/storageclass.yaml")}},
		p.loadBalancerController(),
		p.datadogOperator(),
		p.datadogAgent(),
		p.dapr(),
	}
	if p.Settings.Dashboard {
		steps = append(steps, p.dashboard())
	}
	steps = append(steps, p.repositories(), p.deployOverlay(), p.look())
	return &Plan{Name: "up", project: p, programs: []string{"aws", "eksctl", "kubectl", "helm"}, steps: steps}
}

// account asks whose account it is, which also shows that there is one.
func (p *Project) account() step {
	return step{"The account", []action{query("sts get-caller-identity", "Account").into("ACCOUNT")}}
}

// named lists the cluster, if it is there.
func (p *Project) named() command {
	return query("eks list-clusters", "clusters[?@=='"+p.Cluster.Name+"']")
}

func (p *Project) makeCluster() step {
	file := "--config-file " + ClusterFile
	association := query("eks list-pod-identity-associations --cluster-name "+p.Cluster.Name+" --namespace kube-system --service-account "+
		loadBalancerAccount, "associations[].associationId")
	return step{"Cluster " + p.Cluster.Name + " in " + p.Cluster.Region + ", about 20 minutes when it is new", []action{
		ifNone{
			list: p.named(),
			then: []action{
				// eksctl would fail at the first of them, every time.
				refuseIfAny{p.stacks(), "stacks of an earlier, failed creation are there", "remove them with `go run ./cmd/eks down -yes`, then run up again"},
				eksctl("create cluster " + file + " --write-kubeconfig=false"),
			},
			// What a creation that was cut short has not come to. eksctl passes over what is there.
			otherwise: []action{
				aws("eks wait cluster-active --name " + p.Cluster.Name),
				eksctl("utils associate-iam-oidc-provider " + file + " --approve"),
				eksctl("create nodegroup " + file),
				eksctl("create addon " + file),
				ifNone{list: association, then: []action{eksctl("create podidentityassociation " + file)}},
			},
		},
	}}
}

// enter makes a kubeconfig of the cluster alone.
func (p *Project) enter() step {
	return step{"Way in, and nodes that are ready", []action{
		p.writeKubeconfig(),
		kubectl("wait --for=condition=Ready nodes --all --timeout=10m"),
	}}
}

func (p *Project) writeKubeconfig() command {
	return aws("eks update-kubeconfig --name " + p.Cluster.Name + " --alias " + p.Cluster.Name + " --kubeconfig " + p.kubeconfig())
}

func (p *Project) loadBalancerController() step {
	return step{"AWS Load Balancer Controller " + loadBalancerChart, append(
		// The controller would ask the node, which answers no pod (disablePodIMDS).
		[]action{p.network()},
		install(loadBalancerController, "kube-system", "aws-load-balancer-controller --repo https://aws.github.io/eks-charts --version "+loadBalancerChart+
			" --set clusterName="+p.Cluster.Name+" --set region="+p.Cluster.Region+
			" --set vpcId=${VPC} --set serviceAccount.create=false --set serviceAccount.name="+loadBalancerAccount,
			"--set-string", "defaultTags."+OwnerTag+"="+p.Cluster.Name)...,
	)}
}

// network saves the cluster's VPC in ${VPC}.
func (p *Project) network() command {
	return query("eks describe-cluster --name "+p.Cluster.Name, "cluster.resourcesVpcConfig.vpcId").into("VPC")
}

func (p *Project) datadogOperator() step {
	return step{"Datadog Operator, chart " + datadogChart, append(
		[]action{kubectl("apply --server-side -f k8s/platform/datadog/namespace.yaml")},
		install(datadogOperator, datadogNamespace, "datadog-operator --repo https://helm.datadoghq.com --version "+datadogChart+
			" --values k8s/platform/datadog/values.yaml")...,
	)}
}

func (p *Project) datadogAgent() step {
	return step{"Datadog Agent on every node", []action{
		// Server-side, so that no annotation repeats the key.
		kubectl("apply --server-side -f -").reading("Secret datadog-secret, api-key from "+APIKeyVariable, p.secret),
		kubectl("apply --server-side -f -").reading("k8s/platform/datadog for "+p.Settings.Site+", "+strings.Join(p.agentTags(), " "), p.renderAgent),
		kubectl("wait --for=create daemonset/datadog-agent --namespace " + datadogNamespace + " --timeout=5m"),
		kubectl("rollout status daemonset/datadog-agent --namespace " + datadogNamespace + " --timeout=10m"),
	}}
}

// secret is the Secret that k8s/platform/datadog/datadogagent.yaml names.
func (p *Project) secret(*session) ([]byte, error) {
	return json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
		"metadata":   map[string]any{"name": "datadog-secret", "namespace": datadogNamespace},
		"stringData": map[string]string{"api-key": p.Settings.APIKey},
	})
}

func (p *Project) dapr() step {
	return step{"Dapr's control plane, three of each", []action{
		kubectl("apply --server-side -k k8s/platform/dapr/crds"),
		kubectl("wait --for=condition=Established crd --selector app.kubernetes.io/part-of=dapr --timeout=1m"),
		kubectl("apply --server-side -k k8s/platform/dapr-ha"),
		kubectl("wait --for=condition=Available deployment --all --namespace " + daprNamespace + " --timeout=5m"),
		kubectl("rollout status statefulset/dapr-scheduler-server --namespace " + daprNamespace + " --timeout=10m"),
	}}
}

func (p *Project) dashboard() step {
	return step{"Dapr's dashboard, not exposed", install(daprDashboard, daprNamespace,
		"dapr-dashboard --repo https://dapr.github.io/helm-charts --version "+dashboardChart+" --set serviceType=ClusterIP")}
}
