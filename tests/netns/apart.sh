# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
# Sourced first by tests with $tools: starts them again with a network, processes and an /etc of their
# own, and control groups in which repair services and others are told apart ($group; empty where
# this machine has none).  A folder $dir; all of it is gone at the end.
. "${src:?}/tests/tap.sh"
# shellcheck disable=SC2086
needs ${tools:?}
[ -n "${IN_NETNS-}" ] || IN_NETNS=1 exec unshare -n -m -p -f --kill-child --mount-proc "$0" "$@"
dir=$(mktemp -d /tmp/apart-test.XXXXXX)
chmod 755 "$dir"
group='' group_was=''
tidy() {
	[ -z "$group_was" ] || echo 0 >"$group_was/cgroup.procs"
	[ -z "$group" ] || echo 1 >"$group/cgroup.kill"
	for _ in $(seq 100); do
		[ -n "$group" ] && [ -d "$group" ] || break
		rmdir "$group"/*/* "$group"/* "$group" 2>/dev/null
		sleep 0.05
	done
	umount -l /etc 2>/dev/null
	rm -rf "$dir"
}
trap tidy EXIT
trap 'exit 1' INT TERM

evidence() { tail -qn 12 "$dir/log" "$dir/said" 2>/dev/null; }
soon() { # COMMAND...: until it succeeds
	for _ in $(seq 200); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	return 1
}

for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
	[ "$(stat -f -c %T $d 2>/dev/null)" = cgroup2fs ] || continue
	group_was=$d$(sed -n 's/^0:://p' /proc/self/cgroup)
	mkdir "$group_was/${dir##*/}" 2>/dev/null && group=$group_was/${dir##*/} && break
done
[ -z "$group" ] || mkdir -p "$group/lazaret.slice/unit" "$group/others/unit"
mkdir -p /run/netns && mount -t tmpfs apart /run/netns && ip link set lo up || quit 'no network'
cp -a /etc "$dir/etc" && mount --bind "$dir/etc" /etc || quit 'no /etc of its own'
rm -f /etc/hosts /etc/nsswitch.conf /etc/resolv.conf
