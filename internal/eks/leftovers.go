package eks

import (
	"context"
	"slices"
	"strings"
	"time"
)

// indexing is how long AWS's index of tags may go on to name what is gone.
const indexing = 5 * time.Minute

// leftovers lists what has the cluster's tag or name and fails when there is anything.
type leftovers struct{ project *Project }

// kinds are the questions to ask, with what they are about.
func (l leftovers) kinds() []listing {
	p := l.project
	kinds := []listing{
		{what: "cluster", list: p.named()},
		{what: "machines", list: query("ec2 describe-instances --filters Name=tag:"+OwnerTag+",Values="+p.Cluster.Name+
			" Name=instance-state-name,Values=pending,running,stopping,stopped", "Reservations[].Instances[].InstanceId")},
		{what: "NAT gateways", list: query("ec2 describe-nat-gateways --filter Name=tag:"+OwnerTag+",Values="+p.Cluster.Name+
			" Name=state,Values=pending,available,deleting", "NatGateways[].NatGatewayId")},
		{what: "security groups", list: p.securityGroups()},
		{what: "volumes", list: p.claimedVolumes()},
		{what: "stacks", list: p.stacks()},
		{what: "roles", list: query("iam list-roles", "Roles[?starts_with(RoleName, 'eksctl-"+p.Cluster.Name+"-')].RoleName")},
		{what: "log groups", list: p.logs()},
	}
	for _, name := range p.Repositories {
		kinds = append(kinds, listing{what: "repository", list: repository(name)})
	}
	return append(kinds,
		listing{"tagged by eks/cluster.yaml", p.tagged(OwnerTag), true},
		listing{"tagged by eksctl", p.tagged("alpha.eksctl.io/cluster-name"), true},
		listing{"tagged by the load balancer controller", p.tagged("elbv2.k8s.aws/cluster"), true},
		listing{"OIDC providers", p.providers(), true},
	)
}

type listing struct {
	what string
	list command
	// byIndex says that AWS's index of tags answers, and not the service that has the things.
	byIndex bool
}

func (l leftovers) print(p *printer) {
	p.line("# for %v at the most, until each of these is empty; else list what is left, and fail", indexing)
	for _, kind := range l.kinds() {
		p.line("%s # %s", kind.list.shell(), kind.what)
	}
}

func (l leftovers) run(ctx context.Context, s *session) error {
	for deadline := time.Now().Add(s.patience); ; {
		found, err := l.look(ctx, s)
		if err != nil {
			return err
		}
		all := slices.Concat(found.sure, found.doubtful)
		if len(all) == 0 {
			s.tell("  nothing is left of %s", l.project.Cluster.Name)
			return nil
		}
		if time.Now().After(deadline) {
			return found
		}
		s.tell("  waiting for %d to go: %s", len(all), strings.Join(all, ", "))
		if err := s.pause(ctx); err != nil {
			return err
		}
	}
}

func (l leftovers) look(ctx context.Context, s *session) (left, error) {
	var found left
	var known []string
	for _, kind := range l.kinds() {
		words, err := s.ask(ctx, kind.list)
		if err != nil {
			return left{}, err
		}
		for _, word := range words {
			line := kind.what + ": " + word
			switch {
			case !kind.byIndex:
				found.sure = append(found.sure, line)
			case slices.ContainsFunc(known, func(name string) bool { return isOf(word, name) }):
				continue
			default:
				found.doubtful = append(found.doubtful, line)
			}
			known = append(known, word)
		}
	}
	return found, nil
}

// isOf tells whether an ARN is this one or that of the thing by this name, such as arn:aws:ec2:us-west-2:123456789012:volume/vol-1
// or arn:aws:cloudformation:us-west-2:123456789012:stack/name/id.
func isOf(arn, name string) bool {
	return arn == name || strings.Contains(arn+"/", "/"+name+"/") || strings.HasSuffix(arn, ":"+name)
}

// left is the error of what is left.
type left struct {
	// sure is what its own service has, doubtful what only the index of tags names.
	sure, doubtful []string
}

func (l left) Error() string {
	var paragraphs []string
	if len(l.sure) > 0 {
		paragraphs = append(paragraphs, "these are left and may cost money:\n  "+strings.Join(l.sure, "\n  ")+
			"\nThey are not removed here because nobody here knows why they stayed")
	}
	if len(l.doubtful) > 0 {
		paragraphs = append(paragraphs, "these may be left, AWS's index of tags alone names them:\n  "+strings.Join(l.doubtful, "\n  ")+
			"\nThe index names things for a while after they are gone: when the console shows none of them, all is well; run `go run ./cmd/eks down -yes` again in an hour")
	}
	return strings.Join(paragraphs, "\n")
}
