package cluster

import (
	"fmt"
	"strings"
)

// reject makes a node refuse what is addressed to a Service and that kube-proxy has not turned to a pod. Filters see a packet after that turn. The
// reset also ends a connection that has gone astray before.
const reject = `set -e
for chain in FORWARD OUTPUT; do
	for how in "-j REJECT" "-p tcp -j REJECT --reject-with tcp-reset"; do
		rule="$chain -d %s -m comment --comment services-stay-inside $how"
		iptables -w -C $rule 2>/dev/null || iptables -w -I $rule
	done
done`

// keepServicesInside closes a gap of milliseconds: while a Service gets its first pod, kube-proxy replaces the rule that refuses connections by one that
// leads to the pod, and a connection between the two leaves the node by its default route. Where the network outside answers any address, as a
// transparent proxy does, a client that keeps its connections, such as the Collector, would speak to that proxy for as long as it lives. A node that was
// restarted has lost the rules.
func (c *Cluster) keepServicesInside() error {
	ranges, err := c.asAdmin("get", "servicecidrs", "-o", "jsonpath={.items[*].spec.cidrs[*]}")
	if err != nil {
		return err
	}
	for cidr := range strings.FieldsSeq(ranges) {
		if strings.Contains(cidr, ":") {
			continue // the clusters of this project speak IPv4
		}
		if err := c.OnNodes("sh", "-c", fmt.Sprintf(reject, cidr)); err != nil {
			return fmt.Errorf("keep the Services' addresses inside: %w", err)
		}
	}
	return nil
}
