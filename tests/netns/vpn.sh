#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A VPN takes all that the host sends, in quarantine: one that the policy names carries repair while
# it works, and repair is led past it when it does not, past any other at once, and never when there
# is none.  Routes as wg-quick and openvpn make them; afterwards nothing of ours is left.
set -u
place=vp-srv server=10.77.20.2
# shellcheck source=policed.sh
. "${src:?}/tests/netns/policed.sh"

# ----- the host, a router, and behind it the server and the far end of a VPN
for name in vp-gw vp-srv vp-end; do
	ip netns add $name && ip -n $name link set lo up || quit 'no network'
done
behind() { # NAMESPACE NETWORK
	ip -n vp-gw link add "to-$1" type veth peer name eth0 netns "$1" &&
		ip -n vp-gw addr add "$2.1/24" dev "to-$1" && ip -n vp-gw link set "to-$1" up &&
		ip -n "$1" addr add "$2.2/24" dev eth0 && ip -n "$1" link set eth0 up &&
		ip -n "$1" route add default via "$2.1"
}
ip link add up0 type veth peer name h-up0 netns vp-gw &&
	ip addr add 10.77.9.1/24 dev up0 && ip link set up0 up &&
	ip -n vp-gw addr add 10.77.9.2/24 dev h-up0 && ip -n vp-gw link set h-up0 up &&
	ip route add default via 10.77.9.2 && behind vp-srv 10.77.20 && behind vp-end 10.77.30 &&
	ip -n vp-gw route add 10.99.0.0/24 via 10.77.30.2 || quit 'no network'
for name in vp-gw vp-end; do ip netns exec $name sysctl -qw net.ipv4.ip_forward=1; done

linked() { ip ${2:+-n "$2"} link set "$1" mtu 1280 up 2>/dev/null; }
far_end() {
	ip netns exec vp-end "$O/tests/leak/tunnel" end0 10.77.30.2 51820 :: 0 >/dev/null &
	far=$!
	soon linked end0 vp-end && ip -n vp-end addr add 10.99.0.1/24 dev end0
}
client() {
	"$O/tests/leak/tunnel" vpn0 :: 0 10.77.30.2 51820 51820 >/dev/null &
	soon linked vpn0 && ip addr add 10.99.0.2/24 dev vpn0
}
end() { kill "$1" && wait "$1"; } 2>/dev/null
# As wg-quick does, AllowedIPs = 0.0.0.0/0: all but what is marked, which is the VPN's own.
full_tunnel() {
	ip route add default dev vpn0 table 51820 && ip rule add not fwmark 51820 table 51820 &&
		ip rule add table main suppress_prefixlength 0
}
no_full_tunnel() {
	ip rule del not fwmark 51820 table 51820
	ip rule del table main suppress_prefixlength 0
	ip route flush table 51820
}
# As openvpn does with redirect-gateway def1: the halves, and the endpoint by the link.
halves() {
	ip route add 10.77.30.2 via 10.77.9.2 && ip route add 0.0.0.0/1 via 10.99.0.1 dev vpn0 &&
		ip route add 128.0.0.0/1 via 10.99.0.1 dev vpn0
}
no_trace() { ! ip rule | grep -q '^410' && [ -z "$(ip route show table 51777 2>/dev/null)" ]; }
asked_from() { [ "$(tail -n 1 "$dir/access" | cut -d' ' -f1)" = "$1" ]; }
by() { # ADDRESS: a refresh comes from there
	: >"$dir/access"
	ask refresh
	soon asked_from "$1"
}

named='{ "policy": [{ "to": "10.77.20.2", "tcp": [443] }],
	"vpn": [{ "interface": "vpn0", "endpoint": "10.77.30.2", "udp": [51820] }] }'
unnamed='{ "policy": [{ "to": "10.77.20.2", "tcp": [443] }] }'

serve
far_end
publish "$named"
cp "$dir/fleet/metadata/1.root.json" "$dir/root.json"
start
soon path found works list signed past ''
ok $? 'quarantined without a VPN: nothing stands in the way'
client
full_tunnel
restart
soon path found works list signed past '' && no_trace
ok $? 'a full tunnel that the policy names: repair goes by it'
by 10.99.0.2
ok $? 'the server sees who comes out of the tunnel'
end $far
restart
soon path found works list signed past vpn0
ok $? 'its far end is dead: repair is led past it'
by 10.77.9.1
ok $? 'and is seen to come from the host'
ip addr add 10.77.9.9/24 dev up0 && ip -n vp-gw addr add 10.77.9.3/24 dev h-up0 &&
	ip route replace default via 10.77.9.3
follows() { ip route get $server | grep -q 'via 10.77.9.3 dev up0'; }
soon follows
ok $? 'it follows the router'
ip route replace default via 10.77.9.2
far_end
restart
soon path found works list signed past '' && no_trace
ok $? 'the far end is back: repair goes by the tunnel again'

publish "$unnamed"
ask refresh
soon path found works list signed past vpn0
ok $? 'a full tunnel that the policy does not name: repair is led past it'
no_full_tunnel
restart
soon path found works list signed past '' && no_trace
ok $? 'no tunnel in the way: no detour'
halves
soon path found works list signed past vpn0
ok $? 'a VPN that comes up meanwhile, by halves of a default route, is seen'
by 10.77.9.1
ok $? 'and led past'
kill -9 "$daemon"
wait "$daemon" 2>/dev/null
ip route get $server | grep -q 'via 10.77.9.2 dev up0'
ok $? 'a daemon that was killed leaves it'
nft 'table inet own { chain input { type filter hook input priority 0; policy drop;
	ct state established,related accept; iif lo accept; }; }'
start
compliant() { ask status; grep -q '^compliant' "$dir/said"; }
soon compliant && no_trace && ip route get $server | grep -q 'dev vpn0'
ok $? 'compliant, the host is left to its VPN'
nft delete table inet own
soon path found works list signed past vpn0
ok $? 'and is led past it when it is quarantined again'
stop
rules policy && ! no_trace
ok $? 'a daemon that is stopped leaves quarantine and detour'
nft add table inet lazaret_baseline
"$O/agent/lazaretd" --lift >>"$dir/log" 2>&1 && ! nft list tables | grep -q lazaret && no_trace
ok $? 'which are taken away when root says so, and the baseline with them'
echo "1..$n"
