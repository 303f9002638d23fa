#!/bin/sh
# Runs inside the node's root file system (chroot): writes a tar of iptables with its libraries and extensions, for the image of kube-proxy.
# The nft backend is the one that Debian chooses; kube-proxy's image upstream looks for the one that the host uses, which matters only on kernels
# older than nf_tables.
set -eu
work=$(mktemp -d)
mkdir -p "$work/usr/sbin"
cp /usr/sbin/xtables-nft-multi "$work/usr/sbin/"
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
	ln -s xtables-nft-multi "$work/usr/sbin/$name"
done
# ldd names each file that it was asked about, too.
ldd /usr/sbin/xtables-nft-multi /usr/lib/*-linux-gnu/xtables/*.so | grep -o '/[^ :]*' | sort -u |
	tar --create --dereference --absolute-names --files-from=- | tar --extract --directory="$work" --transform='s|^/||'
tar --create --sort=name --mtime=@0 --numeric-owner --owner=0 --group=0 --directory="$work" .
rm -rf "$work"
