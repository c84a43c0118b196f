#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What lazaretd tells of a host's firewall from within its sandbox, with a real nftables.service: what others
# can reach, and whether it is the one that was kept as good.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/firewall-host.sh"
lab_enter "$0" "$@"
firewall_host

# The only firewall is nftables.service, with a file that closes inbound or the one that it came with.
base='inet lazaret_baseline input'
at sh -c 'dpkg --purge ufw; rm /usr/lib/systemd/system/firewalld.service; systemctl daemon-reload
	ln -s generation-1 /var/lib/lazaret/store/current; cp -a /etc/nftables.conf /etc/nftables.old; systemctl enable nftables'
printf '%s\n' 'flush ruleset' 'table inet filter {' 'chain input {' \
	'type filter hook input priority filter; policy drop; iif lo accept; }; }' |
	lab_exec host sh -c 'cat >/etc/nftables.good'

# --- what others can reach --------------------------------------------------------------
# In JSON, which a parser takes, the grade is that of the text.
agrees() { # GRADE
	shows "^$1 .*fw: "
	r=$?
	at lazaret --json firewall
	lab_exec host python3 -c 'import json, sys
sys.exit([r["grade"] for r in json.load(sys.stdin)["requirements"]] != sys.argv[1:])' "$1" <"$LAB_DIR/said"
	r=$((r | $?))
	ok $r "and in JSON: $1"
	[ $r = 0 ] || tell
}
mend
at systemctl start nginx lazaret-keep.socket lazaretd
told "^pass .*fw: inbound is closed: IPv4 by $base" 'lazaretd sees that only the baseline closes inbound'
at sh -c 'cp /etc/nftables.good /etc/nftables.conf; nft -f /etc/nftables.conf'
retired() { ! lab_exec host nft list tables | grep -q lazaret_baseline; }
lab_wait 20 retired >/dev/null
ok $? 'it takes the baseline away itself when another firewall is there'
told '^pass .*fw: inbound is closed' 'lazaretd sees that inbound is closed'
agrees pass
at sh -c 'nft add rule inet filter input tcp dport 80 accept'
told '^fail .*fw: .*does not expose: tcp/80$' 'a port that the policy does not expose fails'
agrees fail
told '^  - tcp/80 by nginx\[[0-9]*\] of nginx.service (uid 0), IPv6' 'and whose it is'
at sh -c 'systemctl stop nginx; nft add table ip nat; nft add chain ip nat pre \
	"{ type nat hook prerouting priority -100; }"
	nft add rule ip nat pre tcp dport 8080 dnat to 172.17.0.2:80'
told 'fail .*forwards .*tcp/8080 to 172.17.0.2 port 80' 'so does one that goes past the input rules'
refused 'inbound is closed already' 'which is not the remedy to close'
at nft list table ip nat && grep -q 'dport 8080 dnat' "$LAB_DIR/said"
ok $? 'and it leaves the rules of others alone'

# --- the last known good ----------------------------------------------------------------
fresh() { lab_exec host systemctl restart lazaretd && lab_wait 20 shows 'fw: '; }
kept() { lab_exec host journalctl -u lazaretd --no-pager | grep -q "$1"; }
at sh -c 'nft delete table ip nat; rm -rf /var/lib/lazaret/agent; nft -f /etc/nftables.conf'
fresh >/dev/null
lab_wait 30 kept 'configuration of the good firewall is kept' >/dev/null
told '^  pass .*likeness .*as it was kept' 'a firewall that stays good is kept, with its configuration'
at sh -c 'sed -i "s/iif lo accept/& ; tcp dport 22 accept/" /etc/nftables.conf; systemctl restart nftables'
told '^  fail .*likeness .*inet filter input has 2 rules, not 1 (not demanded)' 'a port that was opened is told'
fresh >/dev/null
told '^  fail .*likeness .*inet filter input has 2 rules, not 1' 'also by a daemon that started again'
sed 's/"baseline": true/&, "like": ["last-good"]/' "$store/generation-1/policy.json" |
	lab_exec host sh -c 'cat >/var/lib/lazaret/store/generation-1/policy.json'
fresh >/dev/null
# Another front end that is installed, and has nothing to do with the good firewall.
printf '#!/bin/sh\ntouch /root/ufw-ran\n' | lab_exec host sh -c 'cat >/usr/sbin/ufw; chmod +x /usr/sbin/ufw'
told '^fail .*fw: not as kept on .*has 2 rules, not 1' 'and fails when the policy demands the good one'
mend
told '^pass .*fw: inbound is closed' 'then the remedy puts the good configuration back'
at grep -q 'tcp dport 22' /etc/nftables.conf
[ $? = 1 ]
ok $? 'without the port'
at test -e /root/ufw-ran
[ $? = 1 ]
ok $? 'and ufw, which is installed and did not make it, is left alone'
at sh -c 'systemctl start nginx; nft add rule inet filter input tcp dport 80 accept'
at lazaret firewall --accept
[ $? = 1 ] && grep -q 'does not expose: tcp/80' "$LAB_DIR/said"
ok $? "what fails otherwise cannot be accepted: $(tail -n 1 "$LAB_DIR/said")"
at sh -c 'systemctl stop nginx; nft -f /etc/nftables.conf; nft add rule inet filter input tcp dport 22 accept'
at setpriv --reuid=nobody --regid=nogroup --clear-groups lazaret firewall --accept
ok "$([ $? = 1 ]; echo $?)" 'nobody but root accepts a firewall'
at lazaret --json firewall --accept
[ $? = 0 ] && grep -q '"what":"as it was kept' "$LAB_DIR/said"
r=$?
ok $r 'an administrator does, and it passes'
[ $r = 0 ] || tell
at lazaret history
grep -q 'taken for good, accepted by the administrator: .*inet filter input has' "$LAB_DIR/said"
ok $? 'which the history tells'

echo "1..$n"
