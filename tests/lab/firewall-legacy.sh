#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A host whose front ends lay their rules by iptables-legacy, which nf_tables does not show: what closes it passes,
# what opens it is seen by lazaretd from within its sandbox, and firewall-enable brings the front end back.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/firewall-host.sh"
lab_enter "$0" "$@"
firewall_host
policed='ln -s generation-1 /var/lib/lazaret/store/current; systemctl mask --now lazaret-remedy-firewall-enable.socket
	systemctl start lazaret-legacy.socket lazaretd'
at_large='systemctl stop lazaretd; rm /var/lib/lazaret/store/current; systemctl unmask lazaret-remedy-firewall-enable.socket
	systemctl start lazaret-remedy-firewall-enable.socket'
at sed -i 's/"mode": "audit"/&, "look_every": "5s"/' /var/lib/lazaret/store/generation-1/policy.json

# The first one that asks for a table makes it, by a lock that was not there.
at sh -c "$policed"
told '^fail .*fw: inbound is open' 'a host without rules fails'

at sh -c ': >/run/xtables.lock; sleep 1'

# A newer kernel may have been built without the tables.
if ! at sh -c 'for t in iptables ip6tables; do for i in filter nat mangle raw; do $t-legacy -t $i -S; done; done'; then
	grep -q "can't initialize ip6\?tables table" "$LAB_DIR/said"
	r=$?
	ok $r "iptables-legacy # SKIP this kernel has it not: $(head -n 1 "$LAB_DIR/said")"
	[ $r = 0 ] || tell
	echo "1..$n"
	exit
fi
at sh -c 'iptables-legacy -P INPUT DROP; ip6tables-legacy -P INPUT DROP'
told '^pass .*fw: inbound is closed: IPv4 by iptables-legacy' 'that there are tables now is heard of at once'
at sh -c "iptables-legacy -P INPUT ACCEPT; ip6tables-legacy -P INPUT ACCEPT; $at_large"
at sh -c 'update-alternatives --set iptables /usr/sbin/iptables-legacy; update-alternatives --set ip6tables /usr/sbin/ip6tables-legacy
	iptables -V; ip6tables -V'
[ "$(grep -c '(legacy)' "$LAB_DIR/said")" = 2 ]
ok $? 'iptables is iptables-legacy here'

# --- ufw --------------------------------------------------------------------------------
input='iptables-legacy filter INPUT'
at sh -c 'ufw allow 8080/tcp'
off 'ufw says it is off' "$input" 'true'
at sh -c 'iptables -C ufw-user-input -p tcp --dport 8080 -j ACCEPT && ! nft list ruleset | grep .'
ok $? 'by its own rules, and nothing is laid beside them'
refused 'inbound is closed already' 'a host that only iptables-legacy closes has nothing to mend'
off 'ufw says it is off' "$input" 'ufw disable'
off 'ufw says it is on' "$input" 'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'
off 'ufw says it is on' "$input" 'ip6tables -P INPUT ACCEPT; ip6tables -F'
off 'by iptables-legacy filter INPUT, rule 1; ' "$input" 'iptables -A INPUT -s 192.0.2.9 -j ACCEPT; iptables -I INPUT -j ACCEPT'
at iptables -C INPUT -s 192.0.2.9 -j ACCEPT
ok $? 'and what lets in but somebody stays'
off 'by ip6tables-legacy filter OK, rule 2; ' "$input" 'ip6tables -N OK; ip6tables -A OK -j LOG; ip6tables -A OK -j ACCEPT
	ip6tables -A INPUT -p tcp --dport 22 -j OK; ip6tables -I INPUT -i host0 -j OK'
at ip6tables -C INPUT -p tcp --dport 22 -j OK
ok $? 'and so does what leads to it for one port'

# --- lazaretd ---------------------------------------------------------------------------
at sh -c "$policed"
told "^pass .*fw: inbound is closed: IPv4 by $input, IPv6 by ip6${input#ip}" 'lazaretd passes a host that only iptables-legacy closes'
told '^  pass .*iptables-legacy .*counts too: iptables-legacy.s filter, nat, mangle.*' 'and tells of its tables'
turned() { # GRADE TEXT COMMAND: lazaretd sees it, which has no event
	local t0

	at sh -c "$3"
	t0=$(lab_now)
	lab_wait 20 shows "^$1 .*fw: .*$2" >/dev/null
	shows "^$1 .*fw: .*$2"
	r=$?
	ok $r "seen in $(($(lab_now) - t0)) ms: $3"
	[ $r = 0 ] || tell
}
turned fail "IPv4 is open by $input, rule 1; IPv6 is closed" 'iptables -I INPUT -j ACCEPT'
turned pass 'inbound is closed' 'iptables -D INPUT 1'
turned fail 'IPv6 is open: no chain denies' 'ip6tables -P INPUT ACCEPT; ip6tables -F INPUT'
turned pass 'inbound is closed' 'ufw disable; ip6tables -F; ip6tables -X; ufw --force enable'
turned fail 'past the rules for what comes in: tcp/1022' \
	'iptables -t nat -A PREROUTING -p tcp --dport 1022 -j DNAT --to-destination 172.17.0.2:22'
turned pass 'inbound is closed' 'iptables -t nat -F PREROUTING'
at sh -c 'ufw allow 8081/tcp; lazaret firewall --accept'
grep -q 'likeness .*as it was kept' "$LAB_DIR/said"
r=$?
ok $r 'what is accepted is the firewall as it is now'
[ $r = 0 ] || tell
sleep 8
told 'likeness .*as it was kept' 'which it still is'
at sh -c 'systemctl mask --now lazaret-legacy.socket; systemctl restart lazaretd'
told '^unknown .*fw: inbound .* is open but for rules of iptables-legacy' 'without lazaret-legacy such a host is unknown'
told '^  unknown .*likeness .*not all of its rules' 'and so is whether it is the one that was'
at sh -c 'systemctl unmask lazaret-legacy.socket; systemctl start lazaret-legacy.socket'
at lazaret check
told '^pass .*fw: inbound is closed' 'and passes with it again'
at sh -c "$at_large"

# --- lazaretd mends ---------------------------------------------------------------------
# As it is by default: nobody is asked more often than that, and nothing else wakes it.
policy=/var/lib/lazaret/store/generation-1/policy.json
lab_exec host sh -c "cp $policy /root; cat >$policy" <<'END'
{ "mode": "enforce", "requirements": [ { "id": "fw", "check": "firewall", "grace": "1h", "remedies": ["firewall-enable"] } ],
  "allow": { "policy": [ { "to": "192.0.2.9", "tcp": [443] } ] } }
END
at sh -c 'ln -s generation-1 /var/lib/lazaret/store/current; journalctl --rotate -q; journalctl --vacuum-time=1s -q; systemctl start lazaretd'
told "^pass .*fw: inbound is closed: IPv4 by $input" 'lazaretd begins with a good host'
at sh -c 'for i in 1 2 3 4 5 6; do lazaret check & done; wait'
sleep 12 # nothing is due any more but looks for what has no event
at journalctl -u lazaretd --no-pager -o cat
grep -q 'fw: pass' "$LAB_DIR/said" && ! grep -q 'fw: \(fail\|unknown\)' "$LAB_DIR/said"
r=$?
ok $r 'which it never took for another'
[ $r = 0 ] || tell
t0=$(lab_now)
turned fail 'inbound is open' 'for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done'
t1=$(lab_now)
told "^pass .*fw: inbound is closed: IPv4 by $input" 'lazaretd has it mended'
t2=$(lab_now)
[ $((t1 - t0)) -le 17000 ] && [ $((t2 - t1)) -le 8000 ]
ok $? "in $((t2 - t1)) ms, and looks at once whether it is, which nobody tells"
at sh -c "$at_large; cp /root/policy.json $policy"

# --- iptables-persistent ----------------------------------------------------------------
at sh -c 'ufw disable; for t in iptables ip6tables; do $t -F; $t -X; done; dpkg --purge ufw; dpkg --install /srv/*persistent_*.deb
	for t in iptables ip6tables; do $t -A INPUT -i lo -j ACCEPT
	$t -A INPUT -p tcp --dport 8022 -j ACCEPT; $t -P INPUT DROP; done; netfilter-persistent save'
look && grep -q "^pass: .*by $input" "$LAB_DIR/said"
r=$?
ok $r 'a host with iptables-persistent in the place of ufw'
[ $r = 0 ] || tell
off 'inbound is open' "$input" 'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'
off 'inbound is open' "$input" 'netfilter-persistent flush'
off 'inbound is open' "$input" 'systemctl disable --now netfilter-persistent; netfilter-persistent flush'
copies iptables-persistent
off 'inbound is open' "$input" 'rm -r /etc/iptables; netfilter-persistent flush'
back /etc/iptables/rules.v4 'dport 8022'

# --- the baseline -----------------------------------------------------------------------
at sh -c 'systemctl disable --now netfilter-persistent; dpkg --purge iptables-persistent netfilter-persistent; rm -rf /etc/iptables
	for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done; ln -s generation-1 /var/lib/lazaret/store/current'
off 'inbound is open' 'inet lazaret_baseline input' 'true'
at sh -c 'systemctl stop lazaret-remedy-firewall-enable.socket; systemctl start lazaretd
	for t in iptables ip6tables; do $t -A INPUT -i lo -j ACCEPT; $t -P INPUT DROP; done'
told "^pass .*fw: inbound is closed: IPv4 by $input" 'rules of iptables-legacy are laid beside the baseline'
at nft list table inet lazaret_baseline
[ $? = 1 ]
ok $? 'which lazaretd takes away'
echo "1..$n"
