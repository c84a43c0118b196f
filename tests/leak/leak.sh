#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=lab.sh disable=SC2016,SC2154,SC2034,SC2086,SC2120
# leak.sh - tries each way out of the quarantine, and in: first without it, to see that the
# way is one, then with it.  What counts is what arrives at the far side.  A line a way; the ways
# are in ways.sh.
set -u
. "${src:?}/tests/leak/lab.sh"
. "$src/tests/leak/how.sh"
. "$src/tests/leak/ways.sh"
lab_enter "$0"

# row FAMILIES STATE NAME COMMAND: evaluated once a family.  In it: $t the token, $p a
# port that names the row, $own, $net and so on the addresses of the family.
row() {
	families=$1 state=$2 name=$3 action=$4
	[ "$families" != 46 ] || families='4 6'
	for v in $families; do
		n=$((n + 1))
		id=$((10000 + n)) id=${id#1}
		t=LKT$id$phase rt=LKR$id$phase p=$((base + n))
		for a in own net peer res help box gw all vpn; do eval "$a=\$${a}$v"; done
		to_net="from=$own to=$net" l2="smac=$hostmac dmac=$gwmac"
		eval "$action" </dev/null >>"$dir/actions" 2>&1
		status=$?
		[ $status-$phase != 77-O ] || echo "$id" >>"$dir/missing"
		[ $status = 0 ] || echo "$id" >>"$dir/failed.$phase"
		[ $phase = I ] || echo "$id $state IPv$v: $name" >>"$dir/rows"
	done
}

flows() {
	for f in udp4 udp6 tcp4 tcp6 in4 in6 box4 box6 off4 off6 peer4 peer6; do : >"$dir/flow.$f"; done
	# As on most hosts, a firewall of its own tracks connections.  It would also put fragments
	# together, and so hide how the quarantine takes them.
	host nft -f - <<-END
		table inet own {
			chain early {
				type filter hook output priority -450
				ip frag-off & 0x3fff != 0 notrack
				ip6 nexthdr 44 notrack
			}
			chain output {
				type filter hook output priority 0
				ct state established,related accept
			}
		}
	END
	while read -r name where what; do
		as=
		[ "${name%?}" != peer ] || as=aside
		# shellcheck disable=SC2086
		tail -s 0.05 -n +1 -f "$dir/flow.$name" 2>/dev/null | $as at $where $shoot flow - $what &
	done <<-END
		udp4 lk-host to=$net4 dport=7000
		udp6 lk-host to=$net6 dport=7000
		tcp4 lk-host to=$net4 dport=7000 proto=6
		tcp6 lk-host to=$net6 dport=7000 proto=6
		in4 lk-net to=$own4 dport=8080 proto=6
		in6 lk-net to=$own6 dport=8080 proto=6
		peer4 lk-host to=$peer4 dport=443 proto=6
		peer6 lk-host to=$peer6 dport=443 proto=6
		box4 lk-box to=$net4 dport=7000 proto=6
		box6 lk-box to=$net6 dport=7000 proto=6
		off4 lk-box to=$net4 dport=7001 proto=6
		off6 lk-box to=$net6 dport=7001 proto=6
	END
}

try() { # PHASE PORTS: and what arrived
	phase=$1 base=$2 n=0
	ways
	sleep 1
	cat "$dir/sniff-lk-gw" "$dir/serve-lk-host" "$dir/serve-lk-box" |
		sed -n "s/^LK\([0-9]*\)$phase\$/\1/p" | sort -u >"$dir/arrived.$phase"
}

lab_build
lab_vpn
for f in missing failed.O failed.I; do : >"$dir/$f"; done
start lk-gw "$bin/sniff"
start lk-host "$bin/serve" tcp:22 tcp:8080 sink:8080
start lk-box "$bin/serve" sink:8080
start lk-net "$bin/serve" tcp:7000 tcp:7001 udp:7000
start lk-peer "$bin/serve" tcp:443 sink:4433
start lk-res "$bin/serve" tcp:53 sink:53
flows
try O 10000
lay || {
	echo "Bail out! the quarantine cannot be laid: $(cat "$dir/hold.log")"
	exit 1
}
host sh -c "${LK_BREAK:-:}" # to see rows fail: LK_BREAK='nft delete chain inet lazaret forward'
try I 30000
[ -z "${LK_KEEP-}" ] || cp -r "$dir" "$LK_KEEP"
awk -v dir="$dir" -v threats="$src/docs/threats.md" -v elsewhere="${LK_ELSEWHERE:-0}" \
	-f "$src/tests/leak/judge.awk" "$dir/rows"
