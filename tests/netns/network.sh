#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The host goes from network to network: each new one is a new judgement, until which it is held;
# another lease in the same one is none.  And a network that never rests starves nobody.
set -u
. "${src:?}/tests/netns/agent.sh"
mkdir -p /run/netns && mount -t tmpfs network-test /run/netns

held() { grep -c '^lazaretd: held, was' "$dir/log"; }
judged() { [ "$(grep -c '^lazaretd: compliant, was held' "$dir/log")" -gt "$1" ]; }

# A new judgement, and its quarantine is gone again.
free() { is compliant && ! nft list table inet lazaret >/dev/null 2>&1; }
moved() { # WHAT
	wait_for 3 judged "$before" && [ "$(held)" -gt "$before" ] && free
	ok $? "$1"
	before=$(held)
}
stayed() { # WHAT
	sleep 0.3
	[ "$(held)" = "$before" ] && is compliant
	ok $? "$1"
}

# A router with a network behind a link of ours.
router() { # NAME LINK HARDWARE
	ip netns add "$1"
	ip link add "$2" type veth peer name wan netns "$1"
	ip -n "$1" link set wan address "$3" up
	ip -n "$1" addr add 192.0.2.1/24 dev wan
	ip -n "$1" addr add 192.0.2.2/24 dev wan
	ip -n "$1" addr add 2001:db8::1/64 dev wan nodad
}
join() { # LINK ADDRESS ROUTER
	ip link set "$1" up
	ip addr add "$2/24" dev "$1"
	ip route replace default via "$3" dev "$1"
}

router office eth0 02:00:00:00:00:01
nft -f - <<-'END'
	table inet host {
		chain input {
			type filter hook input priority 0; policy drop;
			ct state established,related accept
			iif lo accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
		}
	}
END
mkdir -p "$dir/state/store/generation-1"
ln -s generation-1 "$dir/state/store/current"
(
	cd "$dir/state/store/generation-1" || exit
	echo '{ "mode": "enforce", "look_every": "1d",
		"requirements": [{ "id": "f", "check": "firewall", "grace": "0s" }],
		"allow": { "policy": [{ "to": "192.0.2.1", "tcp": [443] }] } }' >policy.json
	: >enforce
	echo '{}' >allow.json
	echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >accepted.json
)
link_helpers
configure
join eth0 192.0.2.50 192.0.2.1
start
wait_for 10 is compliant
ok $? 'judged where it starts'
before=$(held)

ip addr flush dev eth0
join eth0 192.0.2.51 192.0.2.1
stayed 'another address and the same router: another lease'
ip -6 addr add 2001:db8::50/64 dev eth0 nodad
ip -6 route add default via 2001:db8::1 dev eth0
stayed 'a router for IPv6 in the same network'
ip tuntap add wg0 mode tun && ip link set wg0 up && ip addr add 10.9.9.9/32 dev wg0 &&
	ip route add default dev wg0 metric 5
stayed 'a tunnel, which has no router'
ip link del wg0
ip -6 route del default dev eth0
stayed 'what goes away'
ip route replace default via 192.0.2.2 dev eth0
moved 'another router: held until judged'
ping -c 1 -W 1 192.0.2.2 >/dev/null
stayed 'its hardware address comes to be known'
ip -n office link set wan address 02:00:00:00:00:02
ip neigh flush dev eth0
ping -c 1 -W 1 192.0.2.2 >/dev/null
moved 'the same address, but another router answers'
ip link set eth0 down
sleep 0.2
is compliant
ok $? 'without any link it is as it was'
ip link set eth0 up
wait_for 3 is held && nft list table inet lazaret >/dev/null 2>&1
ok $? 'the link is up again: held, before there is a route'
ip addr add 192.0.2.52/24 dev eth0
sleep 0.3
is held
ok $? 'and whatever else happens, held until there is one'
ip route replace default via 192.0.2.2 dev eth0
moved 'the carrier was lost: whatever comes next is new'
ip link set eth0 down
ip link set eth0 up
wait_for 3 is held && wait_for 8 judged "$before" && is compliant
ok $? 'no router comes: judged all the same'
before=$(held)
ip route replace default via 192.0.2.2 dev eth0
moved 'until one does'
ip link set eth0 down
ip link set eth0 up
wait_for 3 is held && ip link set eth0 down && ip link set eth0 up
wait_for 8 judged "$before" && is compliant
ok $? 'a link that flaps before there is a router'
before=$(held)
ip route replace default via 192.0.2.2 dev eth0
moved 'is the next network all the same'
ip -n office link set wan down
wait_for 3 sh -c 'ip link show eth0 | grep -q NO-CARRIER' # the kernel tells of it later when it flaps
sleep 0.3
[ "$(held)" = "$before" ] && is compliant
ok $? 'a route that is kept without a carrier leads nowhere'
ip -n office link set wan address 02:00:00:00:00:09 up
moved 'another router at its other end, with the same address'
router hotel eth1 02:00:00:00:00:03
join eth1 192.0.2.60 192.0.2.1
moved 'a second link'

# --- before it sleeps -------------------------------------------------------------------
before=$(held)
ask hold
[ $? = 4 ] && [ "$(held)" -gt "$before" ] && nft list table inet lazaret >/dev/null 2>&1
ok $? 'held before it sleeps'
ip route replace default via 192.0.2.2 dev eth1
ip addr add 192.0.2.61/24 dev eth1
sleep 0.3
is held
ok $? 'whatever happens meanwhile'
ask check
free
ok $? 'awake, it is judged'
before=$(held)
ip route replace default via 192.0.2.1 dev eth1
moved 'and so is the next network'

nft list table inet host >"$dir/host.nft"
nft delete table inet host
wait_for 3 is quarantined
ask hold
nft -f "$dir/host.nft"
wait_for 3 is held && nft list table inet lazaret >/dev/null 2>&1
ok $? 'quarantined, and well again before it sleeps: held'
ask check
is compliant
ok $? 'awake, it is judged'
before=$(held)

# --- a network that never rests ---------------------------------------------------------
ticks() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
for i in $(seq 3000); do
	echo "link set eth1 alias $i"
	[ $((i % 10)) != 0 ] || { echo "addr add 198.18.0.1/32 dev eth1"; echo "addr del 198.18.0.1/32 dev eth1"; }
done >"$dir/storm"
rounds=$(ticks)
begun=$(date +%s%3N)
ip -batch "$dir/storm" &
storm=$!
answers=0
while kill -0 $storm 2>/dev/null; do
	ask status && answers=$((answers + 1))
	sleep 0.1
done
spent=$(($(date +%s%3N) - begun))
ask status && answers=$((answers + 1))
[ $answers -ge 1 ]
ok $? "asked meanwhile, it answers ($answers times)"
used=$((($(ticks) - rounds) * 1000 / $(getconf CLK_TCK)))
[ $used -le $((spent / 2 + 500)) ]
ok $? "3600 changes in $spent ms cost it $used ms"
ip route replace default via 192.0.2.2 dev eth1
moved 'and the next network is seen'
# The held state is on the way out of a network that is none as well.
awk '/: held, was/ { h++ } /: compliant, was held/ { c++ } END { exit h != c }' "$dir/log"
ok $? 'each time it was held it was judged'
stop

# --- at boot, held from before (lazaret-hold) -------------------------------------------
ip route flush default
boot() {
	"$O/netfilter/lazaret-hold" --allow "$dir/state/store/current/allow.json" >"$dir/hold" 2>&1 &&
		start
}
boot && wait_for 10 is held
sleep 0.3
is held && nft list table inet lazaret >/dev/null 2>&1
ok $? 'it starts with a link up and no route yet: held until there is one'
before=0
wait_for 8 free
ok $? 'no router comes: judged all the same'
before=$(held)
ip route replace default via 192.0.2.2 dev eth0
moved 'until one does'
stop
ip link set eth0 down
ip link set eth1 down
boot && wait_for 3 free
ok $? 'it starts without any link: judged'
ip link set eth0 up
wait_for 3 is held && nft list table inet lazaret >/dev/null 2>&1
ok $? 'the first link comes up: held, before there is a route'
ip route replace default via 192.0.2.2 dev eth0
wait_for 3 is compliant
ok $? 'and judged when there is one'
stop
echo "1..$n"
