package eks

import "time"

// removeIngresses leaves the load balancers to their controller, and without one to [Project.removeLeftLoadBalancers].
func (p *Project) removeIngresses() action {
	const bindings = "targetgroupbindings.elbv2.k8s.aws"
	return ifNone{
		list: available(loadBalancerController, "kube-system"),
		then: append(append(
			// With the release go its webhooks, which would refuse every change of an Ingress while none of its pods answers.
			[]action{uninstall(loadBalancerController, "kube-system")},
			deleteUnattended("ingresses")...),
			// The controller made these for itself; they would keep the namespace.
			ofCustomKind(bindings, deleteUnattended(bindings)...)),
		otherwise: []action{
			kubectl("delete ingresses --all --all-namespaces --ignore-not-found --timeout=5m"),
			// Their own service is asked, because the index of tags names them for a while after they are gone.
			p.network(),
			untilNone{
				query("elbv2 describe-load-balancers", "LoadBalancers[?VpcId=='${VPC}'].LoadBalancerArn"),
				"load balancers", 5 * time.Minute, "is the load balancer controller running?",
			},
		},
	}
}

// removeLeftLoadBalancers takes what a cluster that is gone, or lost its controller, has left: it would keep the network.
func (p *Project) removeLeftLoadBalancers() step {
	return step{"Load balancers that nobody looks after", []action{
		forEach{"ARN", p.tagged("elbv2.k8s.aws/cluster", "elasticloadbalancing:loadbalancer"), []action{
			aws("elbv2 delete-load-balancer --load-balancer-arn ${ARN}"),
			aws("elbv2 wait load-balancers-deleted --load-balancer-arns ${ARN}"),
		}},
		forEach{"ARN", p.tagged("elbv2.k8s.aws/cluster", "elasticloadbalancing:targetgroup"), []action{
			aws("elbv2 delete-target-group --target-group-arn ${ARN}"),
		}},
		forEach{"SECURITY_GROUP", p.securityGroups(), removeSecurityGroup()},
	}}
}

// securityGroups lists those that the load balancer controller made. eksctl removes only those of the controller that
// is part of Kubernetes, and the network stays while one of these is there.
func (p *Project) securityGroups() command {
	return query("ec2 describe-security-groups --filters Name=tag:elbv2.k8s.aws/cluster,Values="+p.Cluster.Name, "SecurityGroups[].GroupId")
}

// removeSecurityGroup removes ${SECURITY_GROUP}, after the rules by which other groups, those of the nodes, let it in.
func removeSecurityGroup() []action {
	const referring = "SecurityGroupRules[?IsEgress==`false` && ReferencedGroupInfo.GroupId=='${SECURITY_GROUP}'].SecurityGroupRuleId"
	return []action{
		forEach{"OWNER", query("ec2 describe-security-groups --filters Name=ip-permission.group-id,Values=${SECURITY_GROUP}", "SecurityGroups[].GroupId"), []action{
			forEach{"RULE", query("ec2 describe-security-group-rules --filters Name=group-id,Values=${OWNER}", referring), []action{
				aws("ec2 revoke-security-group-ingress --group-id ${OWNER} --security-group-rule-ids ${RULE}"),
			}},
		}},
		// A load balancer that is gone keeps its addresses for a few minutes.
		untilNone{
			query("ec2 describe-network-interfaces --filters Name=group-id,Values=${SECURITY_GROUP}", "NetworkInterfaces[].NetworkInterfaceId"),
			"network interfaces of load balancers", 10 * time.Minute, "what else has a security group of the load balancer controller?",
		},
		aws("ec2 delete-security-group --group-id ${SECURITY_GROUP}"),
	}
}
