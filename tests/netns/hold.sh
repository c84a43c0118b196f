#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# lazaret-hold lays a quarantine whatever is wrong with its list, and says what it laid.
set -u
. "${src:?}/tests/tap.sh"
[ -n "${HOLD_NS-}" ] || HOLD_NS=1 exec unshare -n "$0" "$@"
hold=$O/netfilter/lazaret-hold
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

rules() { nft list table inet lazaret 2>/dev/null | grep -q -- "$1"; }
said() { grep -q -- "$1" "$tmp/said"; }
run() { "$hold" "$@" 2>"$tmp/said"; }
powerless() { setpriv --bounding-set=-all --inh-caps=-all "$hold" 2>"$tmp/said"; }

echo '{ "mirrors": [ { "to": "192.0.2.10", "tcp": [443] } ], "dhcp": true }' >"$tmp/good"
printf '{ "mirrors": [' >"$tmp/broken"

check 'a good list is laid' run --allow "$tmp/good" --enrol 192.0.2.1:443
check 'with its peer' rules '192.0.2.10 . tcp . 443'
check 'and without what only enrols' eval '! rules "192.0.2.1 . tcp"'
check 'default drop in, out, forward and late' \
	[ "$(nft list table inet lazaret | grep -c 'policy drop')" = 4 ]
check 'a broken list holds with the failsafe' \
	run --allow "$tmp/broken" --enrol 192.0.2.1:443 --enrol '[2001:db8::1]:8443' --enrol nonsense
check 'the place of the fault is said' said "$tmp/broken:1:"
check 'the failsafe is said' said 'failsafe'
check 'the bad enrolment address is said' said 'nonsense: not ADDRESS:PORT'
check 'IPv4 enrolment is open' rules '192.0.2.1 . tcp . 443'
check 'IPv6 enrolment is open' rules '2001:db8::1 . tcp . 8443'
check 'the old list is gone' eval '! rules 192.0.2.10'
check 'name servers are open' rules 'dport 53 accept'
check 'no list at all holds too' run
check 'a missing list holds too' run --allow "$tmp/absent"
check 'which is said' said 'No such file'
printf '# the policy server\n\n192.0.2.2:443\nnonsense\n[2001:db8::2]:443' >"$tmp/enrol"
check 'a file of enrolment addresses is read' run --allow "$tmp/broken" --enrol-file "$tmp/enrol"
check 'and each is open' eval 'rules "192.0.2.2 . tcp . 443" && rules "2001:db8::2 . tcp . 443"'
check 'what is no address is said' said 'nonsense: not ADDRESS:PORT'
check 'without that file it holds' \
	run --allow "$tmp/broken" --enrol-file "$tmp/absent"
check 'and no fault of it is said' eval '! said enrol-file'
nft flush ruleset
check 'nothing could be laid: status 1' eval '! powerless'
check 'and the reason' said 'CAP_NET_ADMIN'
echo "1..$n"
