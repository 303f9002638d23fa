#!/bin/bash
# The node's pod network, in the place of kindnet: a point-to-point link to each pod, addresses of the node's own range, and one route to the range
# of every other node, all nodes being on one bridge. Rules of NetworkPolicy objects are not enforced.
#
# /kind/pod-networks has a line "<node> <pod range>" for every node; it is written once the cluster has given out the ranges. Until then a control
# plane takes the first range, which is always its own, so that a cluster of one node needs no such file.
set -euo pipefail
readonly pods=10.244.0.0/16 # kind's default pod network
readonly networks=/kind/pod-networks
own=$(hostname)

ranges() {
	if [[ -s $networks ]]; then
		cat "$networks"
	elif [[ $own == *-control-plane ]]; then
		echo "$own 10.244.0.0/24"
	fi
}

configure() { # pod range of this node
	mkdir -p /etc/cni/net.d
	cat >/etc/cni/net.d/.10-pods.conflist <<CONFLIST
{
  "cniVersion": "0.4.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": "$1"}]]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
CONFLIST
	mv /etc/cni/net.d/.10-pods.conflist /etc/cni/net.d/10-pods.conflist
}

ranges | while read -r node range; do
	if [[ $node == "$own" ]]; then
		configure "$range"
	else
		address=$(getent ahostsv4 "$node" | awk 'NR == 1 { print $1 }')
		ip route replace "$range" via "$address"
	fi
done

rule=(POSTROUTING -s "$pods" ! -d "$pods" -m comment --comment "pods to the world outside" -j MASQUERADE)
iptables -t nat -C "${rule[@]}" 2>/dev/null || iptables -t nat -A "${rule[@]}"
