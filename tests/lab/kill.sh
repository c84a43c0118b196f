#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 of the agent under systemd: the store keeps the socket that owns the quarantine, so that
# nobody can change it while the daemon is dead, and the next one goes on with it.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"
KILLS=10

on() { lab_exec host "$@"; }
pid() { on systemctl show -P MainPID lazaretd; }
next() { [ "$(pid)" != 0 ] && [ "$(pid)" != "$1" ]; } # OLD-PID
quarantined() { on lazaret status --json 2>/dev/null | grep -q '"quarantine":true'; }
table() { on nft list table inet lazaret 2>/dev/null | grep -c 'policy drop'; }

peer() { ip netns exec lazaret-sw-lan "$@"; }
reach() { # PORT: does a packet of the host get there?
	local before after

	before=$(peer cat /proc/net/snmp | awk '/^Udp: [0-9]/ { print $2 + $3 }')
	on bash -c "echo x >/dev/udp/192.0.2.9/$1" 2>/dev/null
	sleep 0.05
	after=$(peer cat /proc/net/snmp | awk '/^Udp: [0-9]/ { print $2 + $3 }')
	[ "$after" -gt "$before" ]
}

rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
store=$layer/var/lib/lazaret/store
make -s -f "$src/Makefile" O="$O" install DESTDIR="$layer" >/dev/null || quit 'the agent installs'
mkdir -p "$layer/etc/lazaret" "$store/generation-1"
echo '[Policy]' >"$layer/etc/lazaret/lazaret.conf"
cat >"$store/generation-1/policy.json" <<'END'
{ "mode": "enforce", "look_every": "1min",
  "requirements": [ { "id": "firewall", "check": "firewall", "grace": "0s" } ],
  "allow": { "policy": [ { "to": "192.0.2.9", "udp": [7000] } ] } }
END
echo '{"version":1,"expires":4102444800,"accepted":1700000000}' >"$store/generation-1/accepted.json"
echo '{ "policy": [ { "to": "192.0.2.9", "udp": [7000] } ] }' >"$store/generation-1/allow.json"
: >"$store/generation-1/enforce"
ln -s generation-1 "$store/current"
chmod -R a+rX "$layer/var/lib/lazaret"
lab_boot host "$rootfs" --link lan 192.0.2.50/24 || quit 'the host boots'
peer ip addr add 192.0.2.9/24 dev br0
reach 7001
ok $? 'before it is held, the host reaches what it likes'
on systemctl start lazaret-hold.service && [ "$(table)" = 4 ]
ok $? 'lazaret-hold holds it'
on systemctl start lazaretd.service
lab_wait 20 quarantined >/dev/null
ok $? 'lazaretd takes the quarantine over'
level=$(on lazaret status --json | grep -o '"ownership":"[a-z]*"' | cut -d'"' -f4)
reach 7000 && ! reach 7001
ok $? "what the policy names is open, and nothing else (the rules are: $level)"

opened=0 changed=0 cut=0 late=0
for i in $(seq $KILLS); do
	sleep "0.$((RANDOM % 10))"
	was=$(pid)
	on kill -9 "$was"
	on nft delete table inet lazaret 2>/dev/null && changed=$((changed + 1))
	on nft insert rule inet lazaret output accept 2>/dev/null && changed=$((changed + 1))
	on nft flush ruleset
	[ "$level" != owned ] || ! reach 7001 || opened=$((opened + 1))
	lab_wait 20 next "$was" >/dev/null && lab_wait 20 quarantined >/dev/null || late=$((late + 1))
	! reach 7001 || opened=$((opened + 1))
	reach 7000 || cut=$((cut + 1))
done
[ $late = 0 ]
ok $? "killed $KILLS times, it came back each time"
[ $opened = 0 ]
ok $? 'the host was never open'
[ $cut = 0 ]
ok $? 'what repair needs stayed open'
[ "$level" != owned ] || [ $changed = 0 ]
ok $? 'while it was dead, root could not change the rules'
back=$(on journalctl -q -u lazaretd --no-pager | grep -c 'the socket that owns the quarantine is back')
[ "$level" != owned ] || [ "$back" -ge $KILLS ]
ok $? "the next daemon had its socket back ($back times)"
on systemctl stop lazaretd && [ "$(table)" = 4 ] && ! reach 7001
ok $? 'stopped, it leaves the quarantine as it is'
on systemctl start lazaretd && lab_wait 20 quarantined >/dev/null &&
	{ [ "$level" != owned ] || ! on nft delete table inet lazaret 2>/dev/null; }
ok $? 'and owns it again when it is started'
echo "1..$n"
