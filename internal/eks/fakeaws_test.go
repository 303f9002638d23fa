package eks

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// aws answers as AWS would. Whatever a query selects by, it must name the cluster or the resource itself.
func (w *world) aws(line string) ([]string, error) {
	command := strings.Join(strings.Fields(line)[1:3], " ")
	switch command {
	case "sts get-caller-identity":
		return []string{"123456789012"}, nil
	case "eks list-clusters":
		if w.Status == "" || !strings.Contains(line, "'"+clusterName+"'") {
			return nil, nil
		}
		return []string{clusterName}, nil
	case "eks describe-cluster":
		if w.Status == "" {
			return nil, fmt.Errorf("ResourceNotFoundException: no cluster %s", clusterName)
		}
		if strings.Contains(line, "vpcId") {
			return []string{"vpc-1"}, nil
		}
		if strings.Contains(line, "status==") && w.Status != "ACTIVE" {
			return []string{"None"}, nil
		}
		return []string{clusterName}, nil
	case "eks wait":
		return nil, nil
	case "eks update-kubeconfig":
		return nil, os.WriteFile(flagValue(line, "--kubeconfig"), []byte(clusterName), 0o600)
	case "eks list-pod-identity-associations":
		return w.list("association"), nil
	case "ecr get-login-password":
		return []string{registryPassword}, nil
	case "ecr describe-repositories":
		return w.named("repository", line), nil
	case "ecr create-repository":
		return nil, w.create("repository " + flagValue(line, "--repository-name"))
	case "ecr delete-repository":
		return nil, w.remove("repository " + flagValue(line, "--repository-name"))
	case "resourcegroupstaggingapi get-resources":
		return w.tagged(line), nil
	case "elbv2 describe-load-balancers":
		if !strings.Contains(line, "'vpc-1'") {
			return nil, nil
		}
		return w.list("loadbalancer"), nil
	case "elbv2 delete-load-balancer":
		return nil, w.remove("loadbalancer " + flagValue(line, "--load-balancer-arn"))
	case "elbv2 delete-target-group":
		return nil, w.remove("targetgroup " + flagValue(line, "--target-group-arn"))
	case "elbv2 wait", "cloudformation wait":
		return nil, nil
	case "ec2 describe-volumes":
		// None is available while a machine has it.
		if strings.Contains(line, "Name=status,Values=available") && len(w.list("attached")) > 0 {
			return nil, nil
		}
		return w.list("volume"), nil
	case "ec2 delete-volume":
		return nil, w.remove("volume " + flagValue(line, "--volume-id"))
	case "ec2 describe-security-groups", "ec2 describe-security-group-rules", "ec2 describe-network-interfaces",
		"ec2 revoke-security-group-ingress", "ec2 delete-security-group":
		return w.firewall(command, line)
	case "ec2 describe-instances":
		return w.list("machine"), nil
	case "ec2 describe-nat-gateways":
		return w.list("gateway"), nil
	case "cloudformation describe-stacks":
		return w.list("stack"), nil
	case "cloudformation delete-stack":
		return nil, w.removeStack(flagValue(line, "--stack-name"))
	case "iam list-roles":
		return w.list("role"), nil
	case "iam delete-open-id-connect-provider":
		return nil, w.remove("provider " + flagValue(line, "--open-id-connect-provider-arn"))
	case "logs describe-log-groups":
		return w.list("log"), nil
	case "logs delete-log-group":
		return nil, w.remove("log " + flagValue(line, "--log-group-name"))
	}
	return nil, fmt.Errorf("fake aws knows no %q", command)
}

// byTag are the kinds of resources that bear a tag.
var byTag = map[string][]string{
	OwnerTag:                       {"repository", "volume", "stack", "loadbalancer", "stale"},
	"alpha.eksctl.io/cluster-name": {"stack", "stale"},
	"elbv2.k8s.aws/cluster":        {"loadbalancer", "targetgroup", "securitygroup"},
}

func (w *world) tagged(line string) []string {
	key, value, _ := strings.Cut(strings.TrimPrefix(flagValue(line, "--tag-filters"), "Key="), ",Values=")
	if value != clusterName {
		return nil
	}
	kinds := byTag[key]
	if strings.Contains(line, "--resource-type-filters iam:oidc-provider") {
		kinds = []string{"provider"}
	} else if types := flagValue(line, "--resource-type-filters"); types != "" {
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return !strings.Contains(line, ":"+kind) })
	}
	var found []string
	for _, kind := range kinds {
		for _, name := range w.list(kind) {
			if !strings.HasPrefix(name, "arn:") {
				name = "arn:aws:service:us-west-2:123456789012:" + kind + "/" + name
			}
			found = append(found, name)
		}
	}
	return found
}

var quoted = regexp.MustCompile(`'([^']*)'`)

// named is the resource that the query asks for by its name.
func (w *world) named(kind, line string) []string {
	match := quoted.FindStringSubmatch(line)
	if match == nil || !w.Has[kind+" "+match[1]] {
		return nil
	}
	return []string{match[1]}
}

func (w *world) create(name string) error {
	if w.Has[name] {
		return fmt.Errorf("AlreadyExistsException: %s", name)
	}
	w.Has[name] = true
	return nil
}

func (w *world) remove(name string) error {
	if !w.Has[name] {
		return fmt.Errorf("NotFoundException: %s", name)
	}
	delete(w.Has, name)
	return nil
}

// removeStack keeps to what CloudFormation does: a network in use stays.
func (w *world) removeStack(name string) error {
	if err := w.networkInUse(); err != nil {
		return fmt.Errorf("stack %s: %w", name, err)
	}
	if strings.HasSuffix(name, "-addon") {
		w.drop("role")
	}
	return w.remove("stack " + name)
}

// eksctl makes and removes the cluster with what belongs to it.
func (w *world) eksctl(line string) error {
	if flagValue(line, "--config-file") != ClusterFile {
		return fmt.Errorf("no config file in %q", line)
	}
	switch command := strings.Join(strings.Fields(line)[1:3], " "); command {
	case "create cluster":
		if w.Status != "" || len(w.list("stack")) > 0 {
			return fmt.Errorf("AlreadyExistsException: stack eksctl-%s-cluster", clusterName)
		}
		w.Status = "ACTIVE"
		for _, name := range []string{
			"stack eksctl-dapr-demo-cluster", "stack eksctl-dapr-demo-nodegroup-mng-arm", "stack eksctl-dapr-demo-addon",
			"role eksctl-dapr-demo-addon-role", "provider arn:aws:iam::123456789012:oidc-provider/oidc.eks/1", "association a-1",
			"log /aws/eks/dapr-demo/cluster", "machine i-1", "machine i-2", "gateway nat-1",
		} {
			w.Has[name] = true
		}
	case "create podidentityassociation":
		return w.create("association a-1")
	case "create nodegroup", "create addon", "utils associate-iam-oidc-provider":
	case "delete cluster":
		if w.Status == "" {
			return fmt.Errorf("no eksctl-managed cluster %s", clusterName)
		}
		if err := w.networkInUse(); err != nil {
			return err
		}
		// Of claims it knows nothing: a volume that is in use is left behind.
		w.Status = ""
		w.drop("stack", "role", "provider", "association", "machine", "gateway")
		w.drop(insideCluster...)
	default:
		return fmt.Errorf("fake eksctl knows no %q", command)
	}
	return nil
}

// flagValue is the word behind a flag.
func flagValue(line, name string) string {
	words := strings.Fields(line)
	if i := slices.Index(words, name); i >= 0 && i+1 < len(words) {
		return words[i+1]
	}
	return ""
}
