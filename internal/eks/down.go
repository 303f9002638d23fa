package eks

import (
	"strings"
	"time"
)

// Down removes everything that [Project.Up] makes, in the order in which things hold on to each other, and fails when
// something is left. It can be repeated, and works on what another way of removing the cluster has left.
func (p *Project) Down() *Plan {
	return &Plan{
		Name: "down", project: p, programs: []string{"aws", "eksctl", "kubectl", "helm"},
		steps: []step{
			p.account(),
			p.enterIfActive(),
			// First, while the controller is there that removes the load balancer.
			p.ifActive("Ingresses, and their load balancers", p.removeIngresses()),
			p.ifActive("Services", kubectl("delete namespace "+servicesNamespace+" --ignore-not-found --timeout=5m")),
			p.ifActive("Datadog", p.removeDatadog()...),
			// With the claims of the scheduler go its volumes, while the driver is there that removes them.
			p.ifActive("Dapr, and its volumes",
				uninstall(daprDashboard, daprNamespace),
				kubectl("delete namespace "+daprNamespace+" --ignore-not-found --timeout=10m"),
				untilNone{kubectl("get persistentvolumes --output name"), "volumes", 5 * time.Minute, "is the EBS CSI driver running?"}),
			p.ifActive("Load balancer controller", uninstall(loadBalancerController, "kube-system")),
			p.removeRepositories(),
			p.removeLeftLoadBalancers(),
			p.removeLeftVolumes(),
			// eksctl's own order: nodes, roles, OIDC provider, cluster, network.
			{"Nodes, roles, OIDC provider and cluster, about 15 minutes", []action{ifNone{list: p.named(), otherwise: []action{
				eksctl("delete cluster --config-file " + ClusterFile + " --disable-nodegroup-eviction --wait"),
			}}}},
			p.removeLeftIdentities(),
			p.removeLogs(),
			{"What is left", []action{leftovers{p}}},
		},
	}
}

// enterIfActive finds out whether there is a cluster that answers, and makes the way in. One that is half removed
// answers nobody; then there is nothing to be asked of it any more.
func (p *Project) enterIfActive() step {
	active := query("eks describe-cluster --name "+p.Cluster.Name, "cluster | [@][?status=='ACTIVE' || status=='UPDATING'].name")
	return step{"Way in, if there is a cluster that answers", []action{
		ifNone{list: p.named(), otherwise: []action{active.into("ACTIVE")}},
		given{"ACTIVE", []action{p.writeKubeconfig()}},
	}}
}

// ifActive is a step on a cluster that answers.
func (p *Project) ifActive(title string, actions ...action) step {
	return step{title, []action{given{"ACTIVE", actions}}}
}

func (p *Project) removeDatadog() []action {
	// What the Operator makes of an Agent for itself has a finalizer too.
	const agents, internals = "datadogagents.datadoghq.com", "datadogagentinternals.datadoghq.com"
	return []action{
		ifNone{
			list: available(datadogOperator, datadogNamespace),
			then: []action{
				ofCustomKind(agents, deleteUnattended(agents)...),
				ofCustomKind(internals, deleteUnattended(internals)...),
			},
			// Before its Operator, which then takes away what it has made.
			otherwise: []action{ofCustomKind(agents, kubectl("delete datadogagents --all --namespace "+datadogNamespace+" --timeout=5m"))},
		},
		uninstall(datadogOperator, datadogNamespace),
		kubectl("delete namespace " + datadogNamespace + " --ignore-not-found --timeout=5m"),
	}
}

func (p *Project) removeRepositories() step {
	var actions []action
	for _, name := range p.Repositories {
		actions = append(actions, ifNone{list: repository(name), otherwise: []action{
			aws("ecr delete-repository --force --repository-name " + name),
		}})
	}
	return step{"Repositories in ECR, with their images", actions}
}

// removeLeftVolumes takes volumes of claims, and only those that no machine uses.
func (p *Project) removeLeftVolumes() step {
	return step{"Volumes that nobody uses", []action{
		forEach{"VOLUME", p.claimedVolumes("Name=status,Values=available"), []action{
			aws("ec2 delete-volume --volume-id ${VOLUME}"),
		}},
	}}
}

// claimedVolumes lists the volumes that the EBS CSI driver made for this cluster.
func (p *Project) claimedVolumes(filters ...string) command {
	return query(strings.Join(append([]string{"ec2 describe-volumes --filters Name=tag:" + OwnerTag + ",Values=" + p.Cluster.Name + " Name=tag-key,Values=ebs.csi.aws.com/cluster"},
		filters...), " "), "Volumes[].VolumeId")
}

// removeLeftIdentities takes the roles and the OIDC provider of a cluster that was removed without eksctl, or half
// made: eksctl keeps roles, nodes and network in stacks that have the cluster's name as a tag.
func (p *Project) removeLeftIdentities() step {
	return step{"Stacks and OIDC providers of a cluster that is gone", []action{
		forEach{"STACK", p.stacks(), []action{
			aws("cloudformation delete-stack --stack-name ${STACK}"),
			aws("cloudformation wait stack-delete-complete --stack-name ${STACK}"),
		}},
		forEach{"ARN", p.providers(), []action{
			aws("iam delete-open-id-connect-provider --open-id-connect-provider-arn ${ARN}"),
		}},
	}}
}

// stacks lists eksctl's stacks, those of nodes and roles before that of the cluster, whose network they use.
func (p *Project) stacks() command {
	return query("cloudformation describe-stacks",
		"reverse(sort_by(Stacks[?starts_with(StackName, 'eksctl-"+p.Cluster.Name+"-') && Tags[?Key=='alpha.eksctl.io/cluster-name' && Value=='"+p.Cluster.Name+"']], &CreationTime))[].StackName")
}

// providers lists the cluster's OIDC provider. IAM's tags are in one region.
func (p *Project) providers() command {
	return query("resourcegroupstaggingapi get-resources --region us-east-1 --resource-type-filters iam:oidc-provider --tag-filters Key=alpha.eksctl.io/cluster-name,Values="+
		p.Cluster.Name, "ResourceTagMappingList[].ResourceARN")
}

func (p *Project) removeLogs() step {
	return step{"Logs of the control plane", []action{
		forEach{"GROUP", p.logs(), []action{aws("logs delete-log-group --log-group-name ${GROUP}")}},
	}}
}

func (p *Project) logs() command {
	return query("logs describe-log-groups --log-group-name-prefix /aws/eks/"+p.Cluster.Name+"/", "logGroups[].logGroupName")
}

// tagged lists resources of some types whose tag names the cluster; without types, of all.
func (p *Project) tagged(key string, types ...string) command {
	text := "resourcegroupstaggingapi get-resources --tag-filters Key=" + key + ",Values=" + p.Cluster.Name
	if len(types) > 0 {
		text += " --resource-type-filters " + strings.Join(types, " ")
	}
	// Machines and gateways that are gone keep their tags for an hour; leftovers asks for those by themselves.
	return query(text, "ResourceTagMappingList[?!contains(ResourceARN, ':instance/') && !contains(ResourceARN, ':natgateway/')].ResourceARN")
}
