# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced first by tests that need a network of their own: starts them again in one, with loopback
# up and mounts of its own, and a folder $dir; all are gone at the end, and the process $pid, if there is one.
. "${src:?}/tests/tap.sh"
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -nm --propagation private "$0" "$@"
dir=$(mktemp -d /tmp/netns-test.XXXXXX)
chmod 755 "$dir"
pid=
trap '[ -z "$pid" ] || kill -9 $pid; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
ip link set lo up

# What the programs said.
evidence() { cat "$dir/log" "$dir/said" 2>/dev/null | tail -n 60; }
