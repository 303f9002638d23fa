package eks

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/drydock-dev/drydock/internal/parity"
	"github.com/drydock-dev/drydock/test/manifests/policy"
)

// party is one end of a connection: a pod, or the world when it has no namespace.
type party struct {
	namespace string
	labels    labels.Set
	ports     map[string]int32
}

// network judges connections as Kubernetes defines NetworkPolicy; what a node's kubelet asks is always let through.
type network struct {
	t        *testing.T
	policies []networkingv1.NetworkPolicy
}

// allowed tells whether from may leave to that port and to may be reached there.
func (n network) allowed(from, to party, port int32, protocol corev1.Protocol) bool {
	egress := n.direction(from, networkingv1.PolicyTypeEgress, func(p networkingv1.NetworkPolicy) bool {
		return slices.ContainsFunc(p.Spec.Egress, func(rule networkingv1.NetworkPolicyEgressRule) bool {
			return n.peers(p.Namespace, rule.To, to) && n.ports(rule.Ports, to, port, protocol)
		})
	})
	ingress := n.direction(to, networkingv1.PolicyTypeIngress, func(p networkingv1.NetworkPolicy) bool {
		return slices.ContainsFunc(p.Spec.Ingress, func(rule networkingv1.NetworkPolicyIngressRule) bool {
			return n.peers(p.Namespace, rule.From, from) && n.ports(rule.Ports, to, port, protocol)
		})
	})
	return egress && ingress
}

// direction tells whether the policies of a pod let something through: one of those for the direction, if there is any.
func (n network) direction(who party, kind networkingv1.PolicyType, allows func(networkingv1.NetworkPolicy) bool) bool {
	isolated := false
	for _, p := range n.policies {
		if who.namespace != p.Namespace || !slices.Contains(p.Spec.PolicyTypes, kind) || !n.selects(&p.Spec.PodSelector, who.labels) {
			continue
		}
		if allows(p) {
			return true
		}
		isolated = true
	}
	return !isolated
}

func (n network) peers(namespace string, peers []networkingv1.NetworkPolicyPeer, who party) bool {
	if len(peers) == 0 {
		return true
	}
	return slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		switch {
		case who.namespace == "" || peer.IPBlock != nil:
			return false
		case peer.NamespaceSelector == nil && who.namespace != namespace:
			return false
		case peer.NamespaceSelector != nil && !n.selects(peer.NamespaceSelector, labels.Set{corev1.LabelMetadataName: who.namespace}):
			return false
		}
		return peer.PodSelector == nil || n.selects(peer.PodSelector, who.labels)
	})
}

func (n network) ports(ports []networkingv1.NetworkPolicyPort, to party, port int32, protocol corev1.Protocol) bool {
	if len(ports) == 0 {
		return true
	}
	return slices.ContainsFunc(ports, func(p networkingv1.NetworkPolicyPort) bool {
		wanted := corev1.ProtocolTCP
		if p.Protocol != nil {
			wanted = *p.Protocol
		}
		number := p.Port.IntVal
		if p.Port.Type == intstr.String {
			number = to.ports[p.Port.StrVal]
		}
		return wanted == protocol && number == port
	})
}

func (n network) selects(selector *metav1.LabelSelector, of labels.Set) bool {
	n.t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		n.t.Fatal(err)
	}
	return s.Matches(of)
}

func TestNetworkPoliciesLetThroughWhatIsNeededAndNoMore(t *testing.T) {
	// Both environments have the same policies; kind's has every party.
	set := objects(t, parity.Kind)
	n := network{t: t}
	for _, object := range set.Kind("NetworkPolicy") {
		p, err := policy.As[networkingv1.NetworkPolicy](object)
		if err != nil {
			t.Fatal(err)
		}
		n.policies = append(n.policies, p)
	}
	workloads, err := set.Workloads()
	if err != nil {
		t.Fatal(err)
	}
	parties := map[string]party{
		"the world":        {},
		"metadata":         {},
		"dns":              {namespace: "kube-system", labels: labels.Set{"k8s-app": "kube-dns"}},
		"kubernetes' pods": {namespace: "kube-system", labels: labels.Set{"component": "kube-apiserver"}},
		"scheduler":        {namespace: "dapr-system", labels: labels.Set{"app": "dapr-scheduler-server"}},
		"stranger":         {namespace: "dapr-services", labels: labels.Set{"app": "stranger"}},
		"neighbour":        {namespace: "default", labels: labels.Set{"app.kubernetes.io/part-of": "drydock"}},
	}
	for _, w := range workloads {
		ports := map[string]int32{}
		for _, container := range w.Containers() {
			for _, port := range container.Ports {
				ports[port.Name] = port.ContainerPort
			}
		}
		parties[w.Metadata.Name] = party{w.Metadata.Namespace, w.Pod.Labels, ports}
	}
	const tcp, udp = corev1.ProtocolTCP, corev1.ProtocolUDP
	for _, test := range []struct {
		from, to string
		port     int32
		protocol corev1.Protocol
		want     bool
	}{
		// The way of a request.
		{"the world", "comms", 8080, tcp, true},
		{"comms", "greeter", 50002, tcp, true},
		{"greeter", "comms", 50002, tcp, true},
		// What each sidecar needs.
		{"comms", "dns", 53, udp, true},
		{"greeter", "dns", 53, tcp, true},
		{"greeter", "dapr-sentry", 50001, tcp, true},
		{"comms", "dapr-operator", 6500, tcp, true},
		{"comms", "scheduler", 50006, tcp, true},
		{"comms", "otel-collector", 4317, tcp, true},
		{"greeter", "otel-collector", 4318, tcp, true},
		// Around the sidecars.
		{"comms", "greeter", 8080, tcp, false},
		{"the world", "greeter", 8080, tcp, false},
		{"the world", "comms", 3500, tcp, false},
		{"the world", "greeter", 50002, tcp, false},
		// Others in the cluster.
		{"stranger", "greeter", 8080, tcp, false},
		{"stranger", "greeter", 50002, tcp, false},
		{"stranger", "dns", 53, udp, false},
		{"neighbour", "greeter", 50002, tcp, false},
		{"neighbour", "greeter", 8080, tcp, false},
		// Ways out.
		{"comms", "the world", 443, tcp, false},
		{"greeter", "metadata", 80, tcp, false},
		{"greeter", "kubernetes' pods", 6443, tcp, false},
		{"comms", "dapr-sentry", 9090, tcp, false},
		{"comms", "jaeger", 16686, tcp, false},
		{"comms", "neighbour", 8080, tcp, false},
		// And policies are for dapr-services alone.
		{"otel-collector", "jaeger", 4317, tcp, true},
	} {
		from, ok1 := parties[test.from]
		to, ok2 := parties[test.to]
		if !ok1 || !ok2 {
			t.Errorf("no %s or no %s", test.from, test.to)
			continue
		}
		t.Run(fmt.Sprintf("%s to %s %d", test.from, test.to, test.port), func(t *testing.T) {
			if got := n.allowed(from, to, test.port, test.protocol); got != test.want {
				t.Errorf("allowed: %t, want %t", got, test.want)
			}
		})
	}
}
