// Package eks takes the system to a cluster on Amazon EKS, shows it there, and takes everything away again. It calls
// the programs that an operator would call (aws, eksctl, kubectl, helm) in an order that can be printed before, run
// again after a failure, and undone: see [Project.Up] and [Project.Down].
package eks

import (
	"path/filepath"

	"github.com/drydock-dev/drydock/internal/toolchain"
)

// Versions of the Helm charts that are installed from their own repositories.
const (
	// datadogChart is the chart of the Datadog Operator that tools/datadog-operator pins (chart 2.25.1 brings 1.29.0).
	datadogChart = "2.25.1"
	// loadBalancerChart is the chart of the AWS Load Balancer Controller of the same version.
	loadBalancerChart = "3.5.0"
	// dashboardChart is the chart of Dapr's dashboard.
	dashboardChart = "0.15.0"
)

// Namespaces, as the manifests have them.
const (
	servicesNamespace = "dapr-services"
	daprNamespace     = "dapr-system"
	datadogNamespace  = "datadog-operator"
)

// Helm releases, and the Deployments of the same names.
const (
	loadBalancerController = "aws-load-balancer-controller"
	datadogOperator        = "datadog-operator"
	daprDashboard          = "dapr-dashboard"
)

// loadBalancerAccount is the service account, in kube-system, that cluster.yaml gives the load balancer controller's role.
const loadBalancerAccount = "aws-load-balancer-controller"

// Project is this checkout with what there is to know about its cluster.
type Project struct {
	// Root of the repository.
	Root string
	// Cluster is what eks/cluster.yaml says.
	Cluster Cluster
	// Settings are the user's.
	Settings Settings
	// Repositories are the images of our own services, in the order of images/images.yaml.
	Repositories []string
	// Publish makes the images and pushes those that the registry lacks; [Project.Deploy] deploys what it returns.
	Publish Publisher
}

// kubeconfig is a file with this one cluster in it, so that no command here can reach another.
func (p *Project) kubeconfig() string {
	return filepath.Join(toolchain.CacheDir(), "eks", p.Cluster.Name+".kubeconfig")
}

// registry is the host of the account's registry, to be filled in once the account is known.
func (p *Project) registry() string {
	return "${ACCOUNT}.dkr.ecr." + p.Cluster.Region + ".amazonaws.com"
}
