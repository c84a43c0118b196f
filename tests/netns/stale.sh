#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy that says `stale: quarantine` runs out while lazaretd runs and nothing newer is to
# be had: the real daemon, in a network of its own.
set -u
. "${src:?}/tests/netns/agent.sh"

# store EXPIRES THEN: as lazaret-vet leaves it, with a requirement that fails and has time.
store() {
	rm -rf "$dir/state"
	mkdir -p "$dir/state/store/generation-1"
	ln -s generation-1 "$dir/state/store/current"
	cat >"$dir/state/store/generation-1/policy.json" <<-EOF_POLICY
	{"mode": "enforce", "look_every": "5min",
	 "requirements": [{"id": "f", "check": "firewall", "grace": "7d"}],
	 "allow": {"policy": [{"to": "192.0.2.1", "tcp": [443]}]},
	 "stale": {"after": "1h", "then": "$2"}}
	EOF_POLICY
	(
		cd "$dir/state/store/generation-1" && : >enforce && echo '{}' >allow.json &&
			echo "{\"version\": 1, \"expires\": $1, \"accepted\": 1}" >accepted.json
	)
}

link_helpers
configure '[Policy]' 'URL=https://localhost:1/x/' "CA=$dir/ca.pem"
: >"$dir/ca.pem"
due=$(($(date +%s) + 8))
store $((due - 3600)) quarantine
start
wait_for 6 is grace && [ "$(date +%s)" -lt $due ] && ! nft list table inet lazaret >/dev/null 2>&1
ok $? 'an expired policy stays in force for as long as it says'
wait_for 15 is quarantined && [ "$(date +%s)" -ge $due ]
ok $? "then the host is quarantined: $(grep '^lazaretd: quarantined' "$dir/log")"
nft list table inet lazaret >/dev/null 2>&1 && grep -q 'and says that such a host is quarantined' "$dir/log"
ok $? 'its network is closed, and the journal says why'
stop
nft delete table inet lazaret 2>/dev/null
nft delete table netdev lazaret 2>/dev/null
store $((due - 86400)) keep
start
wait_for 6 is grace && grep -q 'stays in force' "$dir/log"
ok $? 'with `keep` it stays in force for good'
stop
echo "1..$n"
