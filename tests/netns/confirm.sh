#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaretd in quarantine tries whether repair gets out, and widens a list that shuts it out: a
# policy that forgets its own server, a fetch that is no repair service; and leaves it when a
# server is only silent, whatever a network says.  A network, control groups and a policy server of
# the test's own.
set -u
place=ct-srv server=10.77.9.2
# shellcheck source=policed.sh
. "${src:?}/tests/netns/policed.sh"

# ----- a policy server behind the only link; a default route, so that strangers are out of reach
# because of the rules alone
ip netns add ct-srv &&
	ip link add up0 type veth peer name eth0 netns ct-srv &&
	ip addr add 10.77.9.1/24 dev up0 && ip link set up0 up &&
	ip route add default via 10.77.9.2 &&
	ip -n ct-srv addr add 10.77.9.2/24 dev eth0 && ip -n ct-srv link set eth0 up ||
	quit 'no network'
right='{ "policy": [{ "to": "10.77.9.2", "tcp": [443] }], "resolvers": ["10.77.9.53"] }'
forgets='{ "policy": [{ "to": "10.77.9.99", "tcp": [443] }] }'
# What the network's resolver says.
resolves() { echo "${1:+$1 policy.example}" >/etc/hosts; }

# What a probe sees without rules, and with some of somebody's: bits FETCH_SAW_ of wire.h.
probe() {
	"$O/tests/netns/fetch-ask" -P -t 3000 "$O/agent/fetch/lazaret-fetch" \
		https://policy.example/ "$dir/ca.pem" >"$dir/said" 2>&1
}
serve
reached() { probe && grep -q 'err=0' "$dir/said"; }
soon reached && grep -q 'saw=8 port=443' "$dir/said"
ok $? 'a probe reaches the server, and sees that a forbidden destination is open'
nft 'table inet t { chain c { type filter hook output priority 0; udp dport 9 drop; }; }'
probe && grep -q 'saw=4 port=443' "$dir/said"
ok $? 'and that it is not'
nft add rule inet t c tcp dport 443 drop
probe
grep -q 'err=EPERM .*own packet filter refuses' "$dir/said" &&
	grep -q 'saw=5 .*refused=1' "$dir/said"
ok $? 'and that the way to the server is refused'
nft delete table inet t
resolves 198.51.100.7
probe &
prober=$!
sleep 0.5
ip route del default
wait "$prober"
grep -q 'err=E' "$dir/said" && grep -q 'saw=8 .*refused=0' "$dir/said"
ok $? 'a route that is withdrawn meanwhile is no refusal'
ip route add default via 10.77.9.2
resolves 10.77.9.2

publish "$right"
cp "$dir/fleet/metadata/1.root.json" "$dir/root.json"
start
soon path found works list signed who $who leak false
ok $? "quarantined, and the policy server answers; open to: $who"
grep -q '^10.77.9.2:443$' "$dir/state/agent/served"
ok $? 'its address is kept'

# ----- a network that lies; who may talk must stay as it was signed
resolves 203.0.113.66
ask refresh
soon path found shut list signed who $who
ok $? 'a name that leads elsewhere: the list stays as it is'
resolves ''
restart
soon path found silent list signed who $who
ok $? 'and when there is no such name'
! logged 'repair does not get out'
ok $? 'and no other list was tried'
echo 10.77.9.77:443 >"$dir/enrol"
resolves 10.77.9.77
echo "! grep -q 'repair does not get out' $dir/log || echo '10.77.9.2 policy.example' >/etc/hosts" >"$dir/before"
restart
soon path found works list signed who $who
ok $? 'a lie, and the truth when a known server is open beside it: that is closed again'
logged 'repair does not get out' && ! rules 10.77.9.77
ok $? 'once it was'
rm "$dir/before" "$dir/enrol"

publish "$forgets"
ask refresh
soon path found works list known
ok $? 'a policy that forgets its server: the list that worked before is added'
is_version 2 && logged 'does not let repair out' && rules '10.77.9.99' && rules '10.77.9.2 '
ok $? 'which is said; the policy is in force, and the server is in the rules'
restart
soon path found works list known
ok $? 'a daemon that knows nothing of the list before knows the server'
publish "$right"
ask refresh
is_version 3 && soon path found works list signed
ok $? 'so the next one arrives, and its list is as it was signed'

if [ -n "$group" ]; then
	touch "$dir/astray"
	restart
	soon path found works list everyone who everyone
	ok $? 'a fetch that is no repair service: the list is opened to every program'
	logged 'runs outside of lazaret.slice'
	ok $? 'which is said'
	rm "$dir/astray"
	restart
	soon path found works list signed who repair
	ok $? 'and ends with its cause'
fi

kill "$web" && wait "$web"
ip -n ct-srv addr add 10.77.9.99/24 dev eth0
ask refresh
soon path found silent list signed
ok $? 'a server that refuses to answer: the list stays as it is'
ip -n ct-srv link set eth0 down
ip neigh replace 10.77.9.2 lladdr 02:00:00:00:00:02 dev up0 nud permanent
restart
soon path found silent list signed
ok $? 'nor does one that is out of reach widen it'
! logged 'leaks'
ok $? 'and never was a forbidden destination open'
ip neigh del 10.77.9.2 dev up0
ip -n ct-srv link set eth0 up
serve

publish "$forgets"
ask refresh
soon is_version 4
stop
rm -f "$dir/state/agent/served"
start
soon path found shut list signed
ok $? 'a policy that forgets a server nobody remembers: the rules shut repair out'
logged 'file .enrol. beside'
ok $? 'and what would help is said'
echo 10.77.9.2:443 >"$dir/enrol"
ask refresh
soon path found works list known
ok $? 'an address to enrol at is enough'
stop
echo "1..$n"
