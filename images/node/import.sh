#!/bin/sh
# Runs inside the node's root file system (chroot): puts the archives in /import into containerd's store, not unpacked, because the snapshotter is
# chosen when a node starts. Needs /proc.
set -eu
config=$(mktemp)
cat >"$config" <<'CONFIG'
version = 2
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "/run/import/containerd.sock"
CONFIG
mkdir -p /run/import
containerd --config "$config" --state /run/import --log-level error &
daemon=$!
client="ctr --address /run/import/containerd.sock --namespace k8s.io"
waited=0
until $client version >/dev/null 2>&1; do
	waited=$((waited + 1))
	[ "$waited" -lt 150 ] || { echo "containerd did not answer within 30 s" >&2; exit 1; }
	sleep 0.2
done
for archive in /import/*.tar; do $client images import --all-platforms --no-unpack "$archive"; done
kill "$daemon"
wait "$daemon" || true
rm -rf "$config" /run/import
