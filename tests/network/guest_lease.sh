#!/bin/sh
# Takes a lease of udhcpc; lies in the root of network tests' guests as /lease.
[ "$1" = bound ] || exit 0
ip address add "${ip:?}/${mask:?}" dev "${interface:?}"
# The first of each: user networks have one.
[ -z "${router:-}" ] || ip route add default via "${router%% *}"
[ -z "${dns:-}" ] || echo "nameserver ${dns%% *}" >/etc/resolv.conf
