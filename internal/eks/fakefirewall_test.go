package eks

import (
	"fmt"
	"strings"
)

// balance is what the load balancer controller makes in AWS for an Ingress: with a load balancer come a security group
// of its own, one for its way to the nodes, and a rule of the nodes' group that lets that one in.
func (w *world) balance() {
	for _, name := range []string{
		"loadbalancer arn:lb", "targetgroup arn:tg", "interface eni-1", "securitygroup sg-front", "securitygroup sg-traffic",
		"rule sg-node sgr-1 sg-traffic",
	} {
		w.Has[name] = true
	}
}

// unbalance is what it does when the Ingress goes.
func (w *world) unbalance() {
	w.drop("loadbalancer", "targetgroup", "interface", "securitygroup", "rule")
}

// networkInUse is what keeps CloudFormation from removing a network.
func (w *world) networkInUse() error {
	for _, kind := range []string{"loadbalancer", "securitygroup"} {
		if names := w.list(kind); len(names) > 0 {
			return fmt.Errorf("DependencyViolation: the network has %s %v", kind, names)
		}
	}
	return nil
}

// firewall answers for security groups. A rule's name is its group, itself, and the group that it lets in.
func (w *world) firewall(command, line string) ([]string, error) {
	_, filter, _ := strings.Cut(flagValue(line, "--filters"), ",Values=")
	switch command {
	case "ec2 describe-security-groups":
		if strings.Contains(line, "Name=ip-permission.group-id,") {
			return w.rules(0, func(_, lets string) bool { return lets == filter }), nil
		}
		if filter != clusterName {
			return nil, nil
		}
		return w.list("securitygroup"), nil
	case "ec2 describe-security-group-rules":
		return w.rules(1, func(group, lets string) bool { return group == filter && strings.Contains(line, "'"+lets+"'") }), nil
	case "ec2 describe-network-interfaces":
		found := w.list("interface")
		if filter != "sg-front" {
			return nil, nil
		}
		// They go a while after their load balancer: after the first look here.
		if len(w.list("loadbalancer")) == 0 {
			w.drop("interface")
		}
		return found, nil
	case "ec2 revoke-security-group-ingress":
		group, rule := flagValue(line, "--group-id"), flagValue(line, "--security-group-rule-ids")
		for _, name := range w.list("rule") {
			if strings.HasPrefix(name, group+" "+rule+" ") {
				return nil, w.remove("rule " + name)
			}
		}
		return nil, fmt.Errorf("InvalidSecurityGroupRuleId.NotFound: %s of %s", rule, group)
	default:
		group := flagValue(line, "--group-id")
		if letIn := w.rules(0, func(_, lets string) bool { return lets == group }); len(letIn) > 0 {
			return nil, fmt.Errorf("DependencyViolation: rules of %v let %s in", letIn, group)
		}
		if group == "sg-front" && len(w.list("interface")) > 0 {
			return nil, fmt.Errorf("DependencyViolation: an interface has %s", group)
		}
		return nil, w.remove("securitygroup " + group)
	}
}

// rules are one word each of the rules that match by their group and the one that they let in.
func (w *world) rules(word int, match func(group, lets string) bool) []string {
	var found []string
	for _, name := range w.list("rule") {
		if words := strings.Fields(name); match(words[0], words[2]) {
			found = append(found, words[word])
		}
	}
	return found
}
