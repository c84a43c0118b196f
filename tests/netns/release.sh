#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Break-glass without a network: lazaretd in quarantine, the helpdesk's lazaret-policy, and
# tokens of which only one is good.
set -u
. "${src:?}/tests/netns/agent.sh"
[ -s /etc/machine-id ] || skip 'needs /etc/machine-id'
trap '[ -z "$pid" ] || kill -9 $pid; umount -l "$dir/state/agent" 2>/dev/null; rm -rf "$dir"' EXIT

as() { # UID WORDS...
	uid=$1
	shift
	setpriv --reuid="$uid" --clear-groups "$O/agent/lazaret" \
		--socket "$dir/run/agent/control.sock" "$@" >"$dir/said" 2>&1
}
user() { as 65534 "$@"; }
held() { nft list table inet lazaret >/dev/null 2>&1; }
open() { ! held; }
policy() { "$O/policy/lazaret-policy" "$@"; }
# grant CHALLENGE SPAN [KEY]: the helpdesk's answer, without the words around it.
grant() {
	policy release --challenge "$1" --for "$2" --reason 'ticket 4711' \
		--key "$dir/${3:-helpdesk}.pem" 2>/dev/null
}
refused() { # WHAT HOW: the last answer said so, and the host is held still
	grep -q "$2" "$dir/said" && held
	ok $? "refused: $1: $(cat "$dir/said")"
}

for key in helpdesk stranger; do
	policy keygen --no-passphrase "$dir/$key.pem" >/dev/null
done
# store [EXEMPTION]: as lazaret-vet leaves it, with a requirement that fails at once.
store() {
	at=$dir/state/store/generation-1
	mkdir -p "$at"
	ln -sfn generation-1 "$dir/state/store/current"
	rule=$(policy release --public "$dir/helpdesk.pub" --for 1h | sed '1s/{//; $s/}//')
	cat >"$at/policy.json" <<-EOF_POLICY
	{"mode": "enforce", "look_every": "5min", "contact": "helpdesk, 4711", $rule,
	 "exempt": [${1-}],
	 "requirements": [{"id": "f", "check": "firewall", "grace": "0s"}],
	 "allow": {"policy": [{"to": "192.0.2.1", "tcp": [443]}]}}
	EOF_POLICY
	: >"$at/enforce"
	echo '{}' >"$at/allow.json"
	echo '{"version": 1, "expires": 4000000000, "accepted": 1}' >"$at/accepted.json"
	policy lint "$at/policy.json" >"$dir/said" 2>&1
}
link_helpers
configure

store
ok $? 'a policy with the keys that `lazaret-policy release --public` prints is good'
sed 's/BEGIN PUBLIC/BEGIN PUBIC/' "$at/policy.json" >"$dir/dead.json"
policy lint "$dir/dead.json" 2>&1 | grep -q 'release. cannot be read' &&
	! grep -q 'cannot be read' "$dir/said"
ok $? 'lint notes a key that cannot be read, and no other'
start
wait_for 5 is quarantined && held
ok $? 'the host is quarantined'
ask policy && grep -q '^version 1, enforce, signed until' "$dir/said" &&
	grep -q 'f  *check firewall, at once' "$dir/said" &&
	grep -q 'released for 1 h at most, by 1 of 1 keys' "$dir/said"
ok $? 'the policy tells what it demands and who may release'
user release
challenge=$(sed -n 's/^challenge: //p' "$dir/said")
grep -q 'helpdesk, 4711' "$dir/said" && [ "${#challenge}" = 39 ]
ok $? "any user is shown a challenge and whom to call: $challenge"
user release --plain
[ "$(cat "$dir/said")" = "$challenge" ]
ok $? 'it stays the same until it is answered, so that nobody spoils a call'
! grep -q '▀' "$dir/said" && user release --qr && grep -q '▀.*█' "$dir/said"
ok $? 'and is drawn for a camera where that is asked for'

stranger=$(grant "$challenge" 10s stranger)
user release "$stranger"
refused 'a key that the policy does not name' '0 of 1 needed signatures'
ask release "$(grant "$challenge" 2h)"
refused 'longer than the policy allows' 'the policy allows 1 h'
grant "$challenge" 10s | tr 0-9A-V 1-9A-V0 >"$dir/slip"
user release --file "$dir/slip"
refused 'a slip in a letter' 'a letter may be wrong'
user release "$stranger"
refused 'too many wrong tries' 'the next one is possible in'
as 65533 release "$stranger"
refused 'another user, who does not wait for the first' '0 of 1 needed signatures'
grep -q 'release that user 65533 asked for was refused' "$dir/log"
ok $? 'the journal says who asked'
ask release "$(grant "$challenge" 5s)"
grep -q '^released until' "$dir/said" && open
ok $? "others' tries keep nobody from releasing, and the network is open: $(cat "$dir/said")"
is released && grep -q 'signed by .*ticket 4711' "$dir/said"
ok $? 'status says who signed it and why'
wait_for 15 is quarantined && held && grep -q 'has ended: its time is over' "$dir/log"
ok $? 'at its end the host is quarantined again'

ask release --plain
second=$(cat "$dir/said")
token=$(grant "$second" 1h)
[ "$second" != "$challenge" ] && ask release "$(grant "$challenge" 5s)"
refused 'a token of the challenge before' 'answers another challenge'

# A full disk, from the start on.
stop
mount -t tmpfs -o size=64k,mode=700 full "$dir/state/agent" &&
	dd if=/dev/zero of="$dir/state/agent/full" bs=1k 2>/dev/null
start
wait_for 5 is quarantined && held && grep -q 'cannot keep decisions.*No space left' "$dir/log"
ok $? "on a full disk it starts and holds the host: $(sed -n 's/^lazaretd: \(cannot keep .*\)/\1/p' "$dir/log")"
ask release --plain
third=$(grant "$(cat "$dir/said")" 1h)
ask release "$third"
refused 'the disk is full' 'free some space there'
rm "$dir/state/agent/full"
ask release "$third"
is released && open && grep -q 'decisions are kept again' "$dir/log"
ok $? 'with space the same token is good'
stop KILL
umount "$dir/state/agent"

start
wait_for 5 is quarantined
printf '%s\n' "$token" | fold -w 60 >"$dir/token"
ask release --file "$dir/token"
is released && open
ok $? 'a token is good for a challenge that was shown before a restart'
stop KILL
start
wait_for 5 is released && open
ok $? 'a release outlives a kill'
ask release --file "$dir/token"
grep -q 'answers another challenge' "$dir/said"
ok $? 'and its token is not good for another one, after a restart either'
user release --end
grep -q 'only root' "$dir/said" && is released
ok $? 'others than root cannot end it'
ask release --end
is quarantined && held
ok $? 'root ends it'
ask history
grep -q 'released, signed by' "$dir/said" && grep -q 'release was refused, asked for by user 65533' "$dir/said" &&
	grep -q 'ended: by root' "$dir/said"
ok $? 'all of it is in the history'

ask --json release
[ "$(sed -n 's/.*"wrong":\([0-9]*\).*/\1/p' "$dir/said")" = 1 ]
ok $? 'wrong tries are counted anew after a good one, and over restarts'

ask status
host=$(sed -n 's/^host: //p' "$dir/said")
stop
store "{\"host\": \"$host\", \"until\": \"2000-01-01T00:00:00Z\", \"reason\": \"old\"}"
start
wait_for 5 is quarantined && held
ok $? 'an exemption that is over lets nobody out'
stop
store "{\"host\": \"$host\", \"until\": \"2099-01-01T00:00:00Z\", \"reason\": \"a fair\"}"
start
wait_for 5 is released && open && grep -q 'exempt by the policy until 2099.*: a fair' "$dir/said"
ok $? "the policy exempts host $host, and status says so"
stop
# What the store knows to be over does not come back with a clock that is set back.
date -d 2100-01-01 +%s >"$dir/state/store/floor"
start
wait_for 5 is quarantined && held && ! grep -q exempt "$dir/said"
ok $? 'an exemption that is over by all that is known lets nobody out, and status shows none'
stop
echo "1..$n"
