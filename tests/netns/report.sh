#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What a policy server hears of releases, and of tokens that were refused: each once, at the next
# refresh that comes to an end, however long that takes; and nothing where the policy wants none.
set -u
place=rp-srv server=10.77.9.2
# shellcheck source=policed.sh
. "${src:?}/tests/netns/policed.sh"

ip netns add $place &&
	ip link add up0 type veth peer name eth0 netns $place &&
	ip addr add 10.77.9.1/24 dev up0 && ip link set up0 up &&
	ip -n $place addr add $server/24 dev eth0 && ip -n $place link set eth0 up || quit 'no network'
policy() { "$O/policy/lazaret-policy" "$@"; }
policy keygen --no-passphrase "$dir/desk.pem" >/dev/null
desk=$(policy release --public "$dir/desk.pub" --for 1h | sed '1s/{//; $s/}//')
allow='{ "policy": [{ "to": "10.77.9.2", "tcp": [443] }] }'
released() {
	ask release --plain
	challenge=$(cat "$dir/said")
	ask release "$(policy release --key "$dir/desk.pem" --challenge "$challenge" --for "$1" 2>/dev/null)"
}
# heard: what came along with the requests of one refresh.
heard() {
	: >"$dir/access"
	ask refresh
	sed -n 's/.*"\(.*\)"$/\1/p' "$dir/access" | sort -u
}
is_quarantined() { ask status; grep -q ^quarantined "$dir/said"; }

serve
publish "$allow, $desk"
cp "$dir/fleet/metadata/1.root.json" "$dir/root.json"
start
soon is_quarantined
ok $? 'quarantined, with a server that can be reached'
[ "$(heard)" = - ]
ok $? 'nothing happened, and nothing is told'
ask --json status
host=$(grep -o '"host":"[^"]*"' "$dir/said" | cut -d'"' -f4)
ask release 0000-0000
said=$(heard)
[ "$said" = "host=$host; wrong=1" ] && [ "$(heard)" = - ]
ok $? "a wrong token is told once: $said"
kill "$web"
wait "$web" 2>/dev/null
released 1s && soon is_quarantined
ok $? 'released without a server, and the time is over'
ask refresh
restart
soon is_quarantined
serve
told() { said=$(heard) && [ -n "$said" ]; }
soon told
echo "$said" | grep -qx "host=$host; released=20[0-9-]*T[0-9:]*Z; wrong=0" &&
	[ "$(heard)" = - ] && restart && soon is_quarantined && [ "$(heard)" = - ]
ok $? "the next contact tells it, after a restart, and once: $said"
ask history && grep -q 'the policy server was told' "$dir/said"
ok $? 'the history has it'
publish "$allow, ${desk/\"max\"/\"report\": false, \"max\"}"
ask refresh
soon is_version 2 && released 1s && [ "$(heard)" = - ]
ok $? 'a policy that wants none of it hears nothing'
stop
echo "1..$n"
