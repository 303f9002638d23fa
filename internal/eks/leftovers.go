package eks

import (
	"context"
	"fmt"
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
		{"cluster", p.named()},
		{"tagged by eks/cluster.yaml", p.tagged(OwnerTag)},
		{"tagged by eksctl", p.tagged("alpha.eksctl.io/cluster-name")},
		{"tagged by the load balancer controller", p.tagged("elbv2.k8s.aws/cluster")},
		{"machines", query("ec2 describe-instances --filters Name=tag:"+OwnerTag+",Values="+p.Cluster.Name+
			" Name=instance-state-name,Values=pending,running,stopping,stopped", "Reservations[].Instances[].InstanceId")},
		{"NAT gateways", query("ec2 describe-nat-gateways --filter Name=tag:"+OwnerTag+",Values="+p.Cluster.Name+
			" Name=state,Values=pending,available,deleting", "NatGateways[].NatGatewayId")},
		{"security groups", p.securityGroups()},
		{"volumes", p.claimedVolumes()},
		{"stacks", p.stacks()},
		{"OIDC providers", p.providers()},
		{"roles", query("iam list-roles", "Roles[?starts_with(RoleName, 'eksctl-"+p.Cluster.Name+"-')].RoleName")},
		{"log groups", p.logs()},
	}
	for _, name := range p.Repositories {
		kinds = append(kinds, listing{"repository", repository(name)})
	}
	return kinds
}

type listing struct {
	what string
	list command
}

func (l leftovers) print(p *printer) {
	p.line("# for %v at the most, until each of these is empty; else list what is left, and fail", indexing)
	for _, kind := range l.kinds() {
		p.line("%s # %s", kind.list.shell(), kind.what)
	}
}

func (l leftovers) run(ctx context.Context, s *session) error {
	for deadline := time.Now().Add(s.patience); ; {
		left, err := l.look(ctx, s)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			s.tell("  nothing is left of %s", l.project.Cluster.Name)
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("these are left and may cost money:\n  %s\nThey are not removed here because nobody here knows why they stayed", strings.Join(left, "\n  "))
		}
		s.tell("  waiting for %d to go: %s", len(left), strings.Join(left, ", "))
		if err := s.pause(ctx); err != nil {
			return err
		}
	}
}

func (l leftovers) look(ctx context.Context, s *session) ([]string, error) {
	var left []string
	for _, kind := range l.kinds() {
		words, err := s.ask(ctx, kind.list)
		if err != nil {
			return nil, err
		}
		for _, word := range words {
			left = append(left, kind.what+": "+word)
		}
	}
	return left, nil
}
