#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=lab.sh
# What netfilter cannot stop is seen and told: really done here, and looked for in the status and
# the journal of a lazaretd that holds the host; and nothing is told that is not so.
set -u
. "${src:?}/tests/leak/lab.sh"
lab_enter "$0"

evidence() {
	status | grep -o '"integrity":.*"all":[0-9]*},"req'
	cat "$dir/log"
}
ask_daemon() { host "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" --json "$@"; }
status() { ask_daemon status 2>/dev/null; }
told() { status | grep -q "\"what\":\"$1"; }
gone() { ! told "$1"; }
found() { ask_daemon check | grep -q "\"what\":\"$1"; } # what no event tells of
quiet() { status | grep -q '"integrity":{"facts":\[\],"all":0}'; }
all_quiet() { ask_daemon check >/dev/null; quiet; }
said() { grep -c "integrity: $1" "$dir/log"; }
within() { # SECONDS COMMAND...
	for _ in $(seq $(($1 * 20))); do
		"${2}" "${3-}" && return
		sleep 0.05
	done
	return 1
}
held() { status | grep -q '"quarantine":true'; }
# Each look forgives 64 packets, and the daemon's own may fall into a burst and part it: of 600 are
# told 536, or some more times 64 fewer.
pour() { # shoot's arguments: many, past the quarantine
	host "$bin/shoot" socket LKT0000I "to=127.0.0.1" dport=9 "count=$1"
}

lab_build
start lk-peer "$bin/serve" tcp:443 udp:4433
mkdir -p "$dir/state/store/generation-1" "$dir/run/agent"
cat >"$dir/state/store/generation-1/policy.json" <<END
{ "mode": "enforce", "look_every": "1h",
  "requirements": [ { "id": "it", "check": "antivirus", "grace": "0s" } ],
  "allow": $(cat "$dir/allow.json") }
END
echo '{"version":1,"expires":4102444800,"accepted":1700000000}' >"$dir/state/store/generation-1/accepted.json"
ln -s generation-1 "$dir/state/store/current"
printf '%s\n' '[Agent]' "StateDirectory=$dir/state" "RuntimeDirectory=$dir/run" "HostRoot=$dir" \
	"ClamdSocket=$dir/none" >"$dir/conf"
host "$O/agent/lazaretd" --foreground --config "$dir/conf" 2>"$dir/log" &
within 10 held
ok $? 'a daemon holds the host'

# Nothing to tell.
for _ in 1 2 3; do
	host "$bin/ask" tcp $peer4 443 3000000 && host "$bin/ask" tcp $peer6 443 300000 &&
		host "$bin/ask" udp $peer4 4433 1000
done
ok $? 'large and small packets go where they may'
host "$bin/shoot" socket LKT0000I "to=$net4" count=500
host "$bin/shoot" bypass LKT0000I "smac=$hostmac" "dmac=$gwmac" "to=$net4" "from=$own4" count=500
all_quiet
ok $? 'and neither they nor what is dropped is told'

# Traffic control.
host tc qdisc add dev lo clsact
within 5 all_quiet
ok $? 'a place for filters is none'
host tc filter add dev lo egress u32 match u32 0 0 action mirred egress redirect dev up0
within 5 told 'lo has a traffic control filter (u32)'
ok $? 'a filter is told of when it comes'
pour 600
found 'up0 sent [45][0-9][0-9] packets or more'
ok $? 'and what it sends past the quarantine is counted'
host tc qdisc del dev lo clsact
within 5 gone 'lo has' && told 'up0 sent' && [ "$(said 'no longer: lo has a traffic')" = 1 ]
ok $? 'a filter that is gone is told of, and what it sent is still known'
host tc qdisc add dev up1 root handle 1: htb
host tc filter add dev up1 parent 1: u32 match u32 0 0 flowid 1:1
within 5 told 'up1 has a traffic control filter (u32)'
ok $? 'so is one at another discipline'
host tc qdisc del dev up1 root

# XDP.
start lk-host "$bin/redirect" b-port up1
within 5 told 'b-port runs an XDP program (id [1-9]'
ok $? 'an XDP program is told of when it comes'
at lk-box "$bin/shoot" frame LKT0000I dev=eth1 "smac=$hostmac" "dmac=$gwmac" "from=$own4" "to=$net4" count=600
found 'up1 sent [45][0-9][0-9] packets or more'
ok $? 'and what it sends is counted'
kill "$(sed -n 's/^ready //p' "$dir/redirect-lk-host")"
within 5 gone 'b-port runs'
ok $? 'and when it goes'
host "$bin/shoot" xdp LKT0000I dev=up2 "smac=$hostmac" "dmac=$gwmac" "from=$own4" "to=$net4" count=128
found 'up2 sent [1-9][0-9]* packets or more'
ok $? 'AF_XDP is counted'

# Links that go.
ip -n lk-host link set up1 netns lk-mac
within 5 told 'up1 went to another network namespace'
ok $? 'a link that is carried off is told of'
ip -n lk-host link add lk-pair type veth peer name lk-inner netns lk-mac
ip -n lk-host link add lk-v0 type veth peer name lk-v1 && ip -n lk-host link set lk-v1 netns lk-mac
ip -n lk-host link add link up0 name lk-lent type macvlan && ip -n lk-host link set lk-lent netns lk-mac
ask_daemon check >/dev/null
! told 'lk-'
ok $? 'links that are lent to a container are not'
ip -n lk-mac link set up1 netns lk-host
within 5 gone 'up1 went'
ok $? 'until it is back'

# Each once, and nothing is done about it but to say so.
sleep 2
[ "$(said 'up0 sent')-$(said 'up1 sent')-$(said 'lo has')-$(said 'up1 went')" = 1-1-1-1 ]
ok $? 'the journal says each of it once'
host "$O/agent/lazaret" --socket "$dir/run/agent/control.sock" status | grep -q '^integrity: up0 sent .* (since '
ok $? 'lazaret status shows it'
echo "1..$n"
