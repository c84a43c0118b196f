#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lazaretd costs while nothing happens, and how soon it is awake when something does: the real
# daemon on a host of 2,500 packages, in a network of its own, beside itself without any policy.
set -u
: "${src:?}" "${O:?}"
if [ -z "${IN_NETNS-}" ]; then
	# Built while there is a network to build it from.
	[ "$(id -u)" != 0 ] || "$src/tests/lab/lab.sh" rootfs >/dev/null || exit
	IN_NETNS=1 exec unshare -n "$0" "$@"
fi
IDLE=${IDLE:-60} MOVES=15
dir=$(mktemp -d /tmp/bench-events.XXXXXX)
chmod 755 "$dir"
pid=
trap '[ -z "$pid" ] || kill -9 $pid; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
ip link set lo up
quit() { echo "$*" >&2; tail -n 20 "$dir/log" >&2; exit 1; }
row() { printf '%s\t%s\t%s\t%s\t%s\n' "$@"; } # as tests/bench/row.h has them
median() { sort -n | awk '{ a[NR] = $1 } END { printf "%.1f", a[int((NR + 1) / 2)] / 1000 }'; }

host() {
	local lists=$dir/host/var/lib/apt/lists stem

	stem=$lists/bench_dists_bench-security_
	mkdir -p "$dir/made" "$lists" "$dir/host/var/lib/dpkg" "$dir/host/etc"
	"$O/tests/bench/make-patches" "$dir/made" 2500 5000 || quit 'no host'
	cp "$dir/made/status" "$dir/host/var/lib/dpkg/"
	cp "$dir/made/Packages" "${stem}main_binary-amd64_Packages"
	printf 'ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bench\n' >"$dir/host/etc/os-release"
	printf '%s\n' 'Suite: bench-security' 'Codename: bench-security' \
		"Date: $(LC_ALL=C date -u -R | sed 's/+0000/UTC/')" >"${stem}InRelease"
}

# start: logs with the time of each line in microseconds.
start() {
	mkdir -p "$dir/run" "$dir/bin" "$dir/state"
	: >"$dir/log"
	"$O/agent/lazaretd" --foreground --config "$dir/lazaret.conf" 2> >(
		while IFS= read -r line; do echo "${EPOCHREALTIME/[.,]/} $line"; done >"$dir/log"
	) &
	pid=$!
}
stop() { kill -TERM $pid; wait $pid; pid=; }
await() { # COUNT PATTERN
	local end=$((SECONDS + 20))

	until [ "$(grep -c "$2" "$dir/log")" -ge "$1" ]; do
		[ $SECONDS -lt $end ] || quit "waited in vain for: $2"
		sleep 0.01
	done
}

# idle WHAT [GOALS]: with them when $2 says so.
idle() {
	local private figure=${2:+6} wakeups

	sleep 3
	wakeups=$("$O/tests/bench/wakeups" "$pid" "$IDLE") || quit 'cannot be traced'
	private=$(awk '/^Private/ { n += $2 } END { printf "%.2f", n / 1024 }' "/proc/$pid/smaps_rollup")
	row "idle, $1: wake-ups a minute" $((wakeups * 60 / IDLE)) '' "${2:+1}" "$figure"
	row "idle, $1: threads" "$(awk '/^Threads/ { print $2 }' "/proc/$pid/status")" '' "${2:+1}" "$figure"
	row "idle, $1: RSS" "$(awk '/^VmRSS/ { printf "%.2f", $2 / 1024 }' "/proc/$pid/status")" \
		MiB "${2:+3}" "$figure"
	row "idle, $1: private" "$private" MiB "${2:+1}" "$figure"
}

host
printf '%s\n' '[Policy]' '[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" \
	"HelperDirectory=$dir/bin" "HostRoot=$dir/host" >"$dir/lazaret.conf"
start
await 1 'only a policy already stored counts'
IDLE=10 idle 'no policy'
stop

mkdir -p "$dir/state/store/generation-1"
ln -s generation-1 "$dir/state/store/current"
echo '{ "mode": "enforce", "look_every": "1d", "requirements": [
	{ "id": "p", "check": "patches", "grace": "7d" },
	{ "id": "f", "check": "firewall", "grace": "7d" } ],
	"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }' \
	>"$dir/state/store/generation-1/policy.json"
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' \
	>"$dir/state/store/generation-1/accepted.json"
start
await 1 'grace, was'
idle '2,500 packages, firewall' goals
row 'not quarantined: tables of ours' "$(nft list tables 2>/dev/null | grep -c lazaret)" '' 0 10

ip link add eth0 type veth peer name far
ip link set far up
moves=$(for i in $(seq $MOVES); do
	printf 'link set eth0 up\naddr add 192.0.2.%d/24 dev eth0\nroute add default via 192.0.2.1\n' \
		$((i + 10)) >"$dir/up"
	sleep 2 # those that come faster are told together (settle.h)
	from=${EPOCHREALTIME/[.,]/}
	ip -batch "$dir/up" || quit 'no network'
	await "$i" ', was held (another network)' >&2
	at=$(grep ', was held (another network)' "$dir/log" | tail -n 1 | cut -d' ' -f1)
	echo $((at - from))
	ip addr flush dev eth0
	ip link set eth0 down
done)
row 'link up in a new network to judged, median' "$(echo "$moves" | median)" ms 30 9
stop
[ "$(id -u)" = 0 ] || exit 0
bash "$src/tests/lab/events.sh" bench
r=$?
bash "$src/tests/lab/antivirus.sh" bench && [ $r = 0 ]
