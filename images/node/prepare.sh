#!/bin/sh
# Runs inside the node's root file system (chroot), after kind's images/base/files and this folder's files were laid over Debian:
# the steps of kind's images/base/Dockerfile that are no copies. Takes the reference of the pause image.
set -eu
pause=$1

# The module cache keeps files without their modes.
chmod 0755 /kind /kind/bin /kind/bin/* /usr/local/bin/*

# Debian's runtime at the places that kind's units and configuration name.
ln -sf /usr/bin/containerd /usr/bin/containerd-shim-runc-v2 /usr/bin/ctr /usr/local/bin/
ln -sf /usr/sbin/runc /usr/local/sbin/runc
mkdir -p /opt/cni/bin
for plugin in host-local loopback portmap ptp; do ln -sf "/usr/lib/cni/$plugin" /opt/cni/bin/; done
rm -f /etc/cni/net.d/* /usr/bin/containerd-shim /usr/bin/containerd-shim-runc-v1
ctr oci spec |
	jq '.hooks.createContainer[.hooks.createContainer | length] |= . + {"path": "/kind/bin/mount-product-files.sh"} | del(.process.rlimits)' \
		>/etc/containerd/cri-base.json
sed -i "s|sandbox_image = .*|sandbox_image = \"$pause\"|" /etc/containerd/config.toml

# On a host whose root lacks CAP_SYS_RESOURCE nobody may raise a limit or lower an OOM score, and the units would not start. Harmless elsewhere.
sed -i '/^OOMScoreAdjust=/d; /^Limit[A-Z]*=/d' /etc/systemd/system/containerd.service
sed -i 's/restrict_oom_score_adj = false/restrict_oom_score_adj = true/' /etc/containerd/config.toml

# Units that make no sense in a container.
rm -f /lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service \
	/lib/systemd/system/multi-user.target.wants/* /etc/systemd/system/*.wants/* /lib/systemd/system/local-fs.target.wants/* \
	/lib/systemd/system/sockets.target.wants/*udev* /lib/systemd/system/sockets.target.wants/*initctl* /lib/systemd/system/basic.target.wants/*
echo "ReadKMsg=no" >>/etc/systemd/journald.conf
systemctl enable kubelet.service containerd.service undo-mount-hacks.service pod-network.service
systemctl mask systemd-binfmt.service # it would register with the host's kernel
mkdir -p /etc/kubernetes/manifests
