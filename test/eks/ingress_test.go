package eks

import (
	"strconv"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/test/manifests/policy"
)

// A pod that is leaving answers until the load balancer has seen it fail its checks and has told all of its nodes.
func TestLeavingOutlastsTheLoadBalancersChecks(t *testing.T) {
	// propagation is what users of the controller saw beyond the checks themselves (aws-load-balancer-controller#2106).
	const propagation = 10 * time.Second
	set := objects(t, parity.EKS)
	ingress, err := policy.As[networkingv1.Ingress](one(t, set, "Ingress"))
	if err != nil {
		t.Fatal(err)
	}
	number := func(annotation string) time.Duration {
		n, err := strconv.Atoi(ingress.Annotations["alb.ingress.kubernetes.io/"+annotation])
		if err != nil {
			t.Fatal(err)
		}
		return time.Duration(n)
	}
	needed := number("healthcheck-interval-seconds")*time.Second*number("unhealthy-threshold-count") + propagation
	workloads, err := set.Workloads()
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range workloads {
		if w.Metadata.Name != ingress.Name {
			continue
		}
		for _, container := range w.Containers() {
			for _, env := range container.Env {
				if env.Name != "SHUTDOWN_DELAY" {
					continue
				}
				if delay, err := time.ParseDuration(env.Value); err != nil || delay < needed {
					t.Errorf("SHUTDOWN_DELAY is %s (%v), the load balancer needs %v", env.Value, err, needed)
				}
				return
			}
		}
	}
	t.Error("no SHUTDOWN_DELAY behind the Ingress")
}
