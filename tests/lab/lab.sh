#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Throw-away systemd containers with links between them, on a machine that need not run
# systemd itself.  A script sources this and calls lab_enter first; then
#
#   lab_rootfs                 builds the Debian root that all containers share (roots.sh)
#   lab_boot NAME ROOTFS [--link SWITCH ADDR/LEN,...|-]...
#                              boots on an overlay and waits until up; "-" leaves the link down
#   lab_exec NAME CMD...       in the container's namespaces, but not in its cgroups
#   lab_run  NAME CMD...       as a transient unit of the container's systemd
#   lab_stop, lab_crash NAME   power off; power cut; changes are kept for the next boot
#   lab_disk NAME CMD...       on the file system of one that is switched off
#
# By hand: `lab.sh shell` gives a prompt inside, to try things; `lab.sh rootfs` only builds the
# root, `lab.sh tools` prints a PATH with what tests take out of it, `lab.sh clean` removes it.
# What is made is below LAB_DIR ($O-lab) and, while the script lives, in its own namespaces
# and in cgroups lazaret-NAME-*.  Every wait has an end.

LAB_DIR=${LAB_DIR:-${O:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build}-lab}
LAB_BOOT_SECONDS=${LAB_BOOT_SECONDS:-60}
LAB_STOP_SECONDS=${LAB_STOP_SECONDS:-20}
LAB_EXEC_SECONDS=${LAB_EXEC_SECONDS:-120}
# What root has on a bare machine and nspawn drops.  CAP_NET_ADMIN is not even kept with
# --network-namespace-path.  SYS_TIME, SYS_MODULE and SYS_RAWIO stay dropped: they are the host's.
LAB_CAPS=CAP_NET_ADMIN,CAP_WAKE_ALARM,CAP_BPF,CAP_PERFMON,CAP_SYSLOG
LAB_SYSCALLS='bpf @keyring fanotify_init fanotify_mark perf_event_open'
LAB_PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck source=roots.sh
. "${BASH_SOURCE[0]%/*}/roots.sh"

lab_say() { printf 'lab: %s\n' "$*" >&2; }
lab_now() { date +%s%3N; }

# Goes on in mount and pid namespaces of its own: however the caller ends, its containers,
# mounts and network namespaces end with it.  Usage: lab_enter "$0" "$@"
lab_enter() {
	if [ -z "${LAB_INSIDE:-}" ]; then
		[ "$(id -u)" = 0 ] || { lab_say 'containers need root: sudo'; exit 1; }
		mkdir -p "$LAB_DIR"
		exec 8>"$LAB_DIR/lock"
		flock -n 8 || { lab_say "another script uses $LAB_DIR; waiting for it"; flock -w 900 8; } ||
			exit 1
		export LAB_INSIDE=1
		[ ! -x "${O:-}/tests/lab/unchroot" ] || set -- "$O/tests/lab/unchroot" "$@"
		exec unshare --mount --propagation private --pid --fork --kill-child --mount-proc "$@"
	fi
	unset LAB_INSIDE
	umask 022
	mkdir -p /run/netns && mount -t tmpfs -o mode=755 lab /run/netns || exit 1
	lab_forget # a run that was cut off cannot have done it
	trap 'exit 130' HUP INT TERM
	trap lab_leave EXIT
}

lab_leave() {
	local d

	for d in "$LAB_DIR"/run/*/; do
		[ ! -d "$d" ] || lab_crash "$(basename "$d")"
	done
	lab_forget
}

# Removes what is left of containers that are gone.  Kills nothing: the numbers of their
# processes were those of another namespace.
lab_forget() {
	local d

	for d in "$LAB_DIR"/run/*/; do
		[ ! -d "$d" ] || lab_tidy "$(basename "$d")"
	done
	rm -rf "$LAB_DIR/run"
}

# What tells the traces of two labs of one machine apart.
lab_mark() { printf '%s' "$LAB_DIR" | sha256sum | cut -c1-8; }

# The cgroups of a container, one in every mounted tree that systemd would use; two labs of
# one machine do not share them.
lab_cgroups() { # NAME
	local d=/sys/fs/cgroup own

	own=lazaret-$1-$(lab_mark)
	[ ! -d $d/unified ] || echo "$d/unified/$own"
	[ ! -d $d/systemd ] || echo "$d/systemd/$own"
	[ ! -e $d/cgroup.controllers ] || echo "$d/$own"
}

lab_leader() { cat "$LAB_DIR/run/$1/leader" 2>/dev/null; }
lab_root() { echo "/proc/$(lab_leader "$1")/root"; } # while it runs
lab_netns() { echo "lazaret-$1"; }

lab_alive() {
	local l

	l=$(lab_leader "$1")
	[ -n "$l" ] && kill -0 "$l" 2>/dev/null
}

# lab_layer NAME: a folder whose files lie over the root at the next boot.
lab_layer() {
	local inst=$LAB_DIR/run/$1

	mkdir -p "$inst/up" || return
	if [ -e "$inst/copied" ]; then echo "$inst/root"; else echo "$inst/up"; fi
}

# lab_switch NAME: a network namespace with a bridge that links of containers plug into.
lab_switch() {
	local ns=lazaret-sw-$1

	ip netns add "$ns" 2>/dev/null || return 0
	ip -n "$ns" link set lo up
	ip -n "$ns" link add br0 type bridge
	ip -n "$ns" link set br0 up
}

# lab_link NAME SWITCH [ADDR/LEN,...]: plugs a link in; it stays down without an address.
lab_link() {
	local ns sw=lazaret-sw-$2 i=0 id port mac addr

	ns=$(lab_netns "$1")
	lab_switch "$2"
	while ip -n "$ns" link show "eth$i" >/dev/null 2>&1; do i=$((i + 1)); done
	# The same name and hardware address at each boot: neighbours remember them.
	id=$(printf '%s' "$1$i" | sha256sum | cut -c1-10)
	port=v$id mac=02$(echo "$id" | sed 's/../:&/g')
	ip -n "$sw" link del "$port" 2>/dev/null # of a boot before, whose namespace goes in its own time
	ip -n "$ns" link add "eth$i" address "$mac" type veth peer name "$port" netns "$sw" || return 1
	ip -n "$sw" link set "$port" master br0 up
	[ -n "${3:-}" ] || return 0
	for addr in ${3//,/ }; do
		case $addr in
		*:*) ip -n "$ns" addr add "$addr" dev "eth$i" nodad ;;
		*) ip -n "$ns" addr add "$addr" dev "eth$i" ;;
		esac || return 1
	done
	ip -n "$ns" link set "eth$i" up
}

# The container's first process: own cgroups first, as --keep-unit makes nspawn build its
# tree beside its caller; own mounts, so that the overlay goes when the last process does;
# a copy where the file system cannot carry an overlay.  $1 name, $2 root; the rest is nspawn's.
# shellcheck disable=SC2016
lab_init='
	name=$1 base=$2 inst=run/$1
	shift 2
	for d in $LAB_CGROUPS; do
		mkdir -p "$d" && echo $$ >"$d/cgroup.procs" || exit 9
	done
	[ ! -e "$inst/copied" ] &&
		mount -t overlay lab -o "lowerdir=$base,upperdir=$inst/up,workdir=$inst/work" "$inst/root" ||
		[ -e "$inst/copied" ] ||
		{ cp -a "$base/." "$inst/up/." "$inst/root/" && : >"$inst/copied"; } || exit 9
	echo $$ >"$inst/pid"
	exec systemd-nspawn --quiet --register=no --keep-unit -M "$name" -D "$inst/root" \
		--network-namespace-path="/run/netns/lazaret-$name" --console=pipe \
		--link-journal=no --resolv-conf=off --timezone=off --suppress-sync=yes "$@" -b
'

# lab_boot NAME ROOTFS [--link SWITCH ADDRS|-]... [-- NSPAWN ARGUMENTS]
lab_boot() {
	local name=$1 base=$2 inst=$LAB_DIR/run/$1 ns t0 sw addr

	shift 2
	lab_alive "$name" && { lab_say "$name is up already"; return 1; }
	mkdir -p "$inst/up" "$inst/work" "$inst/root"
	rm -f "$inst/leader" "$inst/pid"
	base=${base#"$LAB_DIR/"}
	echo "$base" >"$inst/base"
	# A new network namespace at each boot: in the old one addresses and nftables would
	# outlive the "machine".  Links given once are plugged in again.
	ns=$(lab_netns "$name")
	ip netns del "$ns" 2>/dev/null
	ip netns add "$ns" || return 1
	[ "${1:-}" != --link ] || : >"$inst/links"
	while [ "${1:-}" = --link ]; do
		echo "$2 $3" >>"$inst/links"
		shift 3
	done
	while read -r sw addr; do
		lab_link "$name" "$sw" "${addr#-}" || return 1
	done < <(cat "$inst/links" 2>/dev/null)
	[ "${1:-}" != -- ] || shift
	t0=$(lab_now)
	(cd "$LAB_DIR" && LAB_CGROUPS=$(lab_cgroups "$name") SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 \
		exec setsid unshare -m --propagation private bash -c "$lab_init" lab "$name" "$base" \
		--capability="$LAB_CAPS" --system-call-filter="$LAB_SYSCALLS" "$@"
	) </dev/null >"$inst/console" 2>&1 8>&- 9>&- &
	lab_wait "$LAB_BOOT_SECONDS" lab_booted "$name" >/dev/null || {
		lab_say "$name: not up after $LAB_BOOT_SECONDS s:"
		tail -n 5 "$inst/console" >&2
		lab_crash "$name"
		return 1
	}
	lab_say "$name: up after $(($(lab_now) - t0)) ms"
}

lab_booted() {
	local inst=$LAB_DIR/run/$1 pid leader

	pid=$(cat "$inst/pid" 2>/dev/null) || return
	leader=$(pgrep -P "$pid" | head -n 1)
	[ -n "$leader" ] || return
	# nspawn's own child becomes pid 1 of the container only in a later step.
	[ "$(awk '/^NSpid/ { print $NF }' "/proc/$leader/status" 2>/dev/null)" = 1 ] || return
	echo "$leader" >"$inst/leader"
	case $(lab_exec "$1" systemctl is-system-running) in
	running | degraded) return 0 ;;
	esac
	return 1
}

# lab_exec NAME CMD...: fast, but outside of the container's cgroup tree.
lab_exec() {
	local l

	l=$(lab_leader "$1")
	[ -n "$l" ] || return 1
	shift
	# -r: where nspawn had to chroot (itself in a chroot), its mount namespace begins outside.
	timeout -k 2 "$LAB_EXEC_SECONDS" nsenter -t "$l" -a -r -w env -i PATH=$LAB_PATH HOME=/root \
		LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"
}

# lab_run NAME CMD...: as a unit of its own inside; the exit status is CMD's.
lab_run() {
	local n=$1

	shift
	lab_exec "$n" systemd-run --quiet --wait --pipe --collect -E DEBIAN_FRONTEND=noninteractive \
		-p RuntimeMaxSec="$LAB_EXEC_SECONDS" "$@"
}

lab_gone() { # NAME
	local pid

	pid=$(cat "$LAB_DIR/run/$1/pid" 2>/dev/null)
	[ -z "$pid" ] || ! kill -0 "$pid" 2>/dev/null
}

lab_tidy() {
	local d

	for d in $(lab_cgroups "$1"); do
		[ ! -d "$d" ] || find "$d" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	rm -f "$LAB_DIR/run/$1/pid" "$LAB_DIR/run/$1/leader"
}

lab_stop() {
	if lab_alive "$1"; then
		kill -s RTMIN+4 "$(lab_leader "$1")" # systemd(1): start poweroff.target
		lab_wait "$LAB_STOP_SECONDS" lab_gone "$1" >/dev/null || {
			lab_say "$1: did not stop in $LAB_STOP_SECONDS s, cut off"
			lab_crash "$1"
			return 1
		}
	fi
	lab_tidy "$1"
}

lab_crash() {
	local l pid

	l=$(lab_leader "$1")
	pid=$(cat "$LAB_DIR/run/$1/pid" 2>/dev/null)
	[ -z "$l" ] || kill -KILL "$l" 2>/dev/null # pid 1 of its namespace: takes all with it
	lab_wait 5 lab_gone "$1" >/dev/null || kill -KILL "$pid" 2>/dev/null
	lab_wait 5 lab_gone "$1" >/dev/null
	lab_tidy "$1"
}

lab_rm() {
	lab_crash "$1"
	ip netns del "$(lab_netns "$1")" 2>/dev/null
	rm -rf "${LAB_DIR:?}/run/${1:?}"
}

# lab_disk NAME CMD...: on the file system of a container that is switched off.
lab_disk() {
	local inst=$LAB_DIR/run/$1

	shift
	# shellcheck disable=SC2016
	(cd "$LAB_DIR" && exec unshare -m -n --propagation private bash -c '
		inst=$1
		shift
		[ -e "$inst/copied" ] || mount -t overlay lab -o \
			"lowerdir=$(cat "$inst/base"),upperdir=$inst/up,workdir=$inst/work" "$inst/root" &&
			mount -t proc proc "$inst/root/proc" && exec chroot "$inst/root" env -i "$@"
	' lab "${inst#"$LAB_DIR/"}" PATH=$LAB_PATH DEBIAN_FRONTEND=noninteractive "$@") </dev/null
}

# All of it, the cached root included.
lab_clean() {
	lab_forget
	rm -rf "${LAB_DIR:?}"
}

# A prompt inside, with these functions.
lab_shell() {
	bash --rcfile "${BASH_SOURCE[0]}" -i
}

# lab_wait SECONDS CMD...: until CMD succeeds; prints the milliseconds that took.
lab_wait() {
	local limit=$(($1 * 1000)) t0

	shift
	t0=$(lab_now)
	until "$@" >/dev/null 2>&1; do
		[ $(($(lab_now) - t0)) -lt $limit ] || return 1
		sleep 0.05
	done
	echo $(($(lab_now) - t0))
}

# lab_keep_logs DIR: console and journal of every container, for whoever looks for the cause.
lab_keep_logs() {
	local d n

	mkdir -p "$1"
	for d in "$LAB_DIR"/run/*/; do
		n=$(basename "$d")
		cp "$d/console" "$1/$n.console" 2>/dev/null
		lab_alive "$n" && lab_exec "$n" journalctl --no-pager -o short-precise >"$1/$n.journal" 2>&1
	done
	return 0
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	case ${1:-} in
	clean) lab_clean ;;
	rootfs) lab_rootfs ;;
	tools) lab_tools ;;
	shell)
		lab_enter "$0" "$@"
		lab_shell
		;;
	*) sed -n '4,22s/^# \{0,1\}//p' "$0" ;;
	esac
fi
