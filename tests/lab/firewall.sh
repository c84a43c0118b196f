#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every way to switch a host's firewall off that is known to us, with the real ufw, firewalld,
# iptables-persistent and nftables.service: each is seen for what it is, firewall-enable brings the firewall back as its
# front end wants it, and a fresh look agrees.  How long both took is told.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

mend() { probe mend firewall-enable; }
look() { at /usr/lib/lazaret/probe look firewall; }

# A firewall that drops all is none: the host hears not even itself.
answered() {
	at sh -c 'ping -q -c 1 -W 1 127.0.0.1 && { ! ip -6 addr show dev lo | grep -q ::1 || ping -q -c 1 -W 1 ::1; }'
}

# off SEEN BY COMMAND: after COMMAND a look fails and has SEEN in it; the remedy mends it, and then
# inbound is closed BY that chain.
off() {
	local seen=$1 by=$2 t0 t1 r

	at sh -c "$3"
	t0=$(lab_now)
	look
	r=$?
	t1=$(lab_now)
	[ $r = 1 ] && grep -q '^fail: inbound' "$LAB_DIR/said" && grep -q "$seen" "$LAB_DIR/said"
	r=$?
	ok $r "seen in $((t1 - t0)) ms: $(echo "$3" | tr -s "\n\t" " ")"
	[ $r = 0 ] || tell
	t0=$(lab_now)
	mend
	r=$?
	[ $r = 0 ] || tell
	t1=$(lab_now)
	[ $r = 0 ] && { look && grep -q "^pass: .*by $by" "$LAB_DIR/said" && answered; r=$?; [ $r = 0 ] || tell; }
	ok $r "restored in $((t1 - t0)) ms: inbound is closed by $by, and answers come in"
}

# refused TEXT WHAT: the remedy fails and says why.
refused() {
	mend
	[ $? = 1 ] && grep -q "^failed: .*$1" "$LAB_DIR/said"
	ok $? "$2: $(tail -n 1 "$LAB_DIR/said")"
}

# Copies, as lazaretd has them made when the firewall is good.
copies() {
	at /usr/lib/lazaret/lazaret-keep && grep -q '^= ok' "$LAB_DIR/said"
	r=$?
	ok $r "its configuration is copied: $1"
	[ $r = 0 ] || tell
}

# back FILE TEXT: that file has that text in it again.
back() {
	at grep -q "$2" "$1"
	ok $? "and $1 is back"
}

# same COMMAND: it changes nothing of the firewall's fingerprint.
print_of() { look; sed -n 's/.*fingerprint: //p' "$LAB_DIR/said"; }
same() {
	local before after

	before=$(print_of)
	at sh -c "$1"
	after=$(print_of)
	ok "$([ -n "$before" ] && [ "$before" = "$after" ]; echo $?)" "the fingerprint stays the same: $1"
}

# has TEXT WHAT: the look says so, whatever its verdict.
has() {
	look
	grep -q "$1" "$LAB_DIR/said"
	r=$?
	ok $r "$2"
	[ $r = 0 ] || tell
}

# --- the host ---------------------------------------------------------------------------
rootfs=$(lab_rootfs firewalld 'iptables-persistent netfilter-persistent') || quit 'a root for the host'
layer=$(lab_layer host)
store=$layer/var/lib/lazaret/store
mkdir -p "$layer/usr/lib/lazaret" "$layer/usr/lib/systemd/system" "$layer/usr/lib/sysusers.d" \
	"$layer/usr/lib/tmpfiles.d" "$store/generation-1" "$layer/etc/systemd/system"
install "$O/agent/remedy/lazaret-remedy" "$O/agent/remedy/lazaret-keep" "$O/agent/remedy/lazaret-witness" "$O/tests/lab/probe" "$layer/usr/lib/lazaret/"
mkdir -p "$layer/usr/bin" "$layer/usr/sbin" "$layer/etc/lazaret"
install "$O/agent/lazaretd" "$layer/usr/sbin/"
install "$O/agent/lazaret" "$layer/usr/bin/"
: >"$layer/etc/lazaret/lazaret.conf"
install -m 644 "$O"/systemd/lazaret-remedy-* "$O"/systemd/lazaret-keep* "$O"/systemd/lazaret-witness* "$O/systemd/lazaret.slice" "$O/systemd/lazaretd.service" \
	"$layer/usr/lib/systemd/system/"
install -m 644 "$src/systemd/sysusers.d/lazaret.conf" "$layer/usr/lib/sysusers.d/"
install -m 644 "$src/systemd/tmpfiles.d/lazaret.conf" "$layer/usr/lib/tmpfiles.d/"
printf '{ "mode": "audit", "requirements": [%s] }\n' '{ "id": "fw", "check": "firewall",
	"grace": "0s", "exposed": ["tcp/22", "tcp/30000-40000"], "baseline": true }' \
	>"$store/generation-1/policy.json"
echo '{ "version": 1, "expires": 4000000000, "accepted": 1 }' >"$store/generation-1/accepted.json"
lab_boot host "$rootfs" || quit 'the host boots'
at sh -c 'systemctl disable --now firewalld ufw; nft flush ruleset; mv /usr/sbin/firewalld /usr/sbin/firewalld.away' &&
	at systemd-sysusers && at systemd-tmpfiles --create lazaret.conf &&
	at systemctl start lazaret-remedy-firewall-enable.socket
ok $? 'the socket of the remedy listens'

# --- ufw --------------------------------------------------------------------------------
input='ip filter INPUT'
at ln -s generation-1 /var/lib/lazaret/store/current
off 'ufw says it is off' "$input" 'true'
at iptables -C ufw-user-input -p tcp --dport 22 -j ACCEPT && at ip6tables -C ufw6-user-input -p tcp --dport 22 -j ACCEPT &&
	at iptables -C ufw-user-input -p tcp -m multiport --dports 30000:40000 -j ACCEPT
ok $? 'and lets in what the policy exposes, as nobody gave it a rule'
at rm /var/lib/lazaret/store/current
at ufw allow 8080/tcp
off 'ufw says it is off' "$input" 'ufw disable; chattr +i /etc/ufw/ufw.conf /etc/ufw /etc/default/ufw'
has 'others can reach' 'what is exposed is told'
off 'ufw says it is on' "$input" 'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'
off 'ufw says it is off' "$input" 'ufw disable; iptables -F; ip6tables -F'
off 'ufw says it is on' "$input" 'nft flush ruleset'
off 'lets in what no rule names' "$input" 'ufw default allow incoming
	sed -i "s/^DEFAULT_INPUT_POLICY=.*/DEFAULT_INPUT_POLICY=ACCEPT/" /etc/default/ufw; ufw reload'
off 'ufw.service is masked by /etc' "$input" \
	'ufw disable; systemctl mask ufw.service; systemctl mask --runtime ufw.service'
off 'ufw says it is on' "$input" 'systemctl stop ufw.service; systemctl disable ufw.service; nft flush ruleset'

at ufw allow 8080/tcp
same 'ufw reload'
copies ufw
# What stands in front of ufw's chains is none of its configuration, and ufw leaves it there.
at sh -c 'ufw allow 9999/tcp; iptables -A INPUT -s 192.0.2.9 -j ACCEPT'
off 'by ip filter INPUT, rule 1' "$input" 'iptables -I INPUT -j ACCEPT; ip6tables -I INPUT -j ACCEPT'
off 'by ip filter lan, rule 2' "$input" 'iptables -N lan; iptables -A lan -s 192.0.2.7 -j DROP
	iptables -A lan -j ACCEPT; iptables -I INPUT -j lan'
at iptables -C ufw-user-input -p tcp --dport 9999 -j ACCEPT
ok $? 'with what was allowed since the copies were made'
at iptables -C INPUT -s 192.0.2.9 -j ACCEPT && at iptables -C lan -s 192.0.2.7 -j DROP
ok $? 'and the other rules of whoever put them there'
off 'by ip filter OK, rule 2' "$input" 'iptables -N OK; iptables -A OK -j LOG; iptables -A OK -j ACCEPT
	iptables -A INPUT -p tcp --dport 22 -j OK; iptables -A INPUT -i host0 -j OK'
at iptables -C INPUT -p tcp --dport 22 -j OK && at iptables -C OK -j ACCEPT
ok $? 'and a chain that others lead to lets them in still'
at sh -c 'iptables -D INPUT -p tcp --dport 22 -j OK; nft add table inet mine
	nft "add chain inet mine input { type filter hook input priority 0; policy drop; }"
	nft add rule inet mine input ct state new,established,related accept; iptables -I INPUT -j ACCEPT'
refused 'inet mine input, rule 1 .* is not' 'what a table of others lets in is left to them'
at nft list chain inet mine input && grep -q established "$LAB_DIR/said" && at iptables -D INPUT -j ACCEPT
ok $? 'as it was'
at nft delete table inet mine
at sh -c 'for i in $(seq 20); do iptables -I INPUT -j ACCEPT; done'
refused 'ip filter INPUT, rule 1 .* comes back or is not the last' 'there is an end to it'
at grep -q 'dport 9999' /etc/ufw/user.rules
ok $? "and ufw's own rules are left as they are"
mend && look
ok $? 'and what is left of them goes the next time'
at sh -c 'ufw delete allow 9999/tcp; iptables -D INPUT -j lan; iptables -D INPUT -s 192.0.2.9 -j ACCEPT'
off 'ufw says it is off' "$input" 'ufw --force reset'
at iptables -C ufw-user-input -p tcp --dport 8080 -j ACCEPT
ok $? 'with the rules that it had'
off 'inbound is open' "$input" 'rm -r /etc/ufw /etc/default/ufw; nft flush ruleset'
back /etc/ufw/user.rules 'dport 8080'
off 'inbound is open' "$input" 'ufw disable; ln -sf /dev/null /etc/ufw/ufw.conf; : >/etc/ufw/before.rules'
off 'ufw says it is on' "$input" 'echo "no rule" >/etc/ufw/before.rules; chattr +i /etc/ufw/before.rules; nft flush ruleset'
at chattr -i /etc/ufw/before.rules

# --- firewalld --------------------------------------------------------------------------
at sh -c 'ufw disable; systemctl disable ufw; nft flush ruleset
	mv /usr/sbin/ufw /usr/sbin/ufw.away; rm /etc/ufw/ufw.conf; mv /usr/sbin/firewalld.away /usr/sbin/firewalld'
input='inet firewalld filter_INPUT'
at ln -s generation-1 /var/lib/lazaret/store/current
off 'firewalld.service is not enabled' "$input" 'true'
at firewall-cmd --zone=public --query-port=30000-40000/tcp && at firewall-cmd --zone=public --query-service=ssh
ok $? 'and lets in what the policy exposes, beside ssh'
# As Fedora ships its workstations; nothing was ever good.
at rm -r /var/lib/lazaret/keep
printf '<zone><service name="ssh"/><port port="1025-65535" protocol="%s"/><port port="1025-65535" protocol="%s"/></zone>\n' \
	tcp udp | lab_exec host sh -c 'cat >/usr/lib/firewalld/zones/Workstation.xml'
off 'by inet firewalld filter_IN_Workstation_allow' "$input" 'rm /etc/firewalld/zones/*; firewall-cmd --reload
	firewall-cmd --set-default-zone=Workstation'
at firewall-cmd --zone=public --query-port=30000-40000/tcp &&
	at firewall-cmd --permanent --zone=public --query-port=30000-40000/tcp
ok $? 'by zone public, which lets in what the policy exposes'
at rm /var/lib/lazaret/store/current
off 'firewalld.service is enabled' "$input" 'systemctl stop firewalld'
off 'firewalld.service is masked' "$input" 'systemctl stop firewalld; systemctl mask firewalld'
off 'firewalld.service is masked by /run' "$input" \
	'systemctl stop firewalld; systemctl disable firewalld; systemctl mask --runtime firewalld'
off 'firewalld.service is not enabled' "$input" 'systemctl disable --now firewalld'
at sh -c 'firewall-cmd --permanent --zone=public --add-port=8443/tcp && firewall-cmd --reload'
same 'systemctl restart firewalld; until firewall-cmd -q --state; do sleep 0.1; done
	firewall-cmd --zone=home --add-interface=eth7'
copies firewalld
off 'firewalld.service is enabled' "$input" 'systemctl stop firewalld; rm -r /etc/firewalld'
back /etc/firewalld/zones/public.xml 8443
off 'firewalld.service is enabled' "$input" 'systemctl stop firewalld; rm -r /etc/firewalld/zones'
at firewall-cmd --zone=public --query-port=8443/tcp
ok $? 'with the zone that it had'
off 'firewalld.service is enabled' "$input" 'systemctl stop firewalld; : >/etc/firewalld/firewalld.conf
	echo "<zone target=\"ACCEPT\"/>" >/etc/firewalld/zones/public.xml'
back /etc/firewalld/zones/public.xml 8443
at firewall-cmd --panic-on
has 'cut off: .*panic mode' 'panic mode is told for what it is'
at firewall-cmd --panic-off
# From 2.1 on it owns its table; who wants to flush that tells it not to.
at sh -c 'sed -i "s/^NftablesTableOwner=.*/NftablesTableOwner=no/" /etc/firewalld/firewalld.conf
	systemctl restart firewalld; until firewall-cmd -q --state; do sleep 0.1; done'
off 'firewalld.service is enabled' "$input" 'nft flush ruleset'
off 'default zone is trusted' "$input" 'firewall-cmd --set-default-zone=trusted'
at sh -c 'systemctl kill -s KILL firewalld; sleep 0.2'
look
ok $? 'a killed firewalld leaves its rules, and they count'
at sh -c 'systemctl restart firewalld; until firewall-cmd -q --state; do sleep 0.1; done
	nft flush ruleset; firewall-cmd --reload'
# The newer firewalld of Debian 13 does not fail there.
if grep -q '^success' "$LAB_DIR/said"; then left='^pass: inbound is closed'; else left='drop-all: firewalld'; fi
has "$left" "the table that a failed reload leaves is told, where there is one"
mend
[ "$(lab_exec host nft list tables | grep -c policy_drop)" = 0 ] && look &&
	grep -q "^pass: .*by $input" "$LAB_DIR/said"
ok $? 'and taken away by the remedy'

# --- iptables-persistent ----------------------------------------------------------------
at sh -c 'systemctl disable --now firewalld; mv /usr/sbin/firewalld /usr/sbin/firewalld.away
	rm -f /usr/lib/systemd/system/firewalld.service; systemctl daemon-reload; nft flush ruleset
	dpkg --purge ufw; dpkg --install /srv/*persistent_*.deb'
at sh -c 'ln -s /usr/lib/systemd/system/firewalld.service /etc/systemd/system/multi-user.target.wants/
	for t in iptables ip6tables; do $t -A INPUT -i lo -j ACCEPT
	$t -A INPUT -p tcp --dport 8022 -m mac --mac-source 02:00:00:00:00:01 -j ACCEPT
	$t -P INPUT DROP; done; netfilter-persistent save'
input='ip filter INPUT'
look
r=$?
ok $r 'a host with iptables-persistent in the place of ufw, and a link that a removed firewalld left'
[ $r = 0 ] || tell
off 'inbound is open' "$input" 'nft flush ruleset'
off 'inbound is open' "$input" 'iptables -P INPUT ACCEPT; iptables -F; ip6tables -P INPUT ACCEPT; ip6tables -F'
off 'inbound is open' "$input" 'netfilter-persistent flush'
off 'inbound is open' "$input" 'systemctl disable --now netfilter-persistent; netfilter-persistent flush'
at systemctl is-enabled netfilter-persistent
ok $? 'and is enabled again'
off 'inbound is open' "$input" 'systemctl mask netfilter-persistent; systemctl mask --runtime netfilter-persistent
	netfilter-persistent flush'
copies iptables-persistent
off 'inbound is open' "$input" 'rm -r /etc/iptables; nft flush ruleset'
back /etc/iptables/rules.v4 'dport 8022'
off 'inbound is open' "$input" ': >/etc/iptables/rules.v4; : >/etc/iptables/rules.v6; nft flush ruleset'
back /etc/iptables/rules.v6 'dport 8022'
off 'inbound is open' "$input" 'netfilter-persistent flush; netfilter-persistent save'

# --- nftables.service -------------------------------------------------------------------
at sh -c 'systemctl disable --now netfilter-persistent; dpkg --purge iptables-persistent netfilter-persistent
	rm -rf /etc/iptables; nft flush ruleset'
at cp -a /etc/nftables.conf /etc/nftables.old
printf '%s\n' 'flush ruleset' 'table inet filter {' 'chain input {' \
	'type filter hook input priority filter; policy drop; iif lo accept; }; }' |
	lab_exec host sh -c 'cat >/etc/nftables.conf'
input='inet filter input'
off 'nftables.service is not enabled' "$input" 'true'
off 'nftables.service is enabled' "$input" 'nft flush ruleset'
off 'nftables.service is enabled' "$input" 'systemctl stop nftables'
copies nftables
off 'inbound is open' "$input" 'systemctl stop nftables; rm /etc/nftables.conf'
off 'inbound is open' "$input" 'echo "flush ruleset; table" >/etc/nftables.conf; systemctl stop nftables'
off 'inbound is open' "$input" 'cp /etc/nftables.old /etc/nftables.conf; systemctl restart nftables'
off 'nftables.service is masked' "$input" 'systemctl stop nftables; systemctl mask nftables'
off 'nftables.service is changed: .* sets ConditionPathExists' "$input" 'systemctl disable --now nftables
	d=/etc/systemd/system/nftables.service.d; mkdir -p $d; printf "[Unit]\nConditionPathExists=/nowhere\n" >$d/no.conf
	chattr +i $d /etc/systemd/system; systemctl daemon-reload'

# --- none of them -----------------------------------------------------------------------
base='inet lazaret_baseline input'
at sh -c 'rm -r /var/lib/lazaret/keep; cp /etc/nftables.conf /etc/nftables.good; cp /etc/nftables.old /etc/nftables.conf'
at sh -c 'nft flush ruleset; systemctl restart nftables'
refused 'inbound is open all the same' 'rules that let everything in mend nothing'
at ln -s generation-1 /var/lib/lazaret/store/current
off 'inbound is open' "$base" 'nft flush ruleset'
[ "$(lab_exec host nft list table inet lazaret_baseline | grep -c 'dport')" = 8 ]
ok $? 'the baseline opens what the policy exposes, leases, and what guests ask for'
off 'inbound is open' "$base" 'nft delete table inet lazaret_baseline'
# A firewall for IPv4 alone: the baseline closes IPv6, and leaves IPv4 to it.
at sh -c 'ip netns add lan; ip netns add guest; ip link add virbr0 type bridge
	ip link add lan0 type veth peer name lan1 netns lan; ip link add vnet0 type veth peer name vnet1 netns guest
	ip link set vnet0 master virbr0; ip link set vnet0 up; ip -n lan link set lan1 up; ip -n guest link set vnet1 up
	for at in "lan0 1" "virbr0 2"; do set -- $at; ip link set $1 up; ip addr add 10.0.$2.1/24 dev $1
	ip addr add fd00:$2::1/64 dev $1 nodad; done
	for at in "lan lan1 1" "guest vnet1 2"; do set -- $at; ip -n $1 addr add 10.0.$3.2/24 dev $2
	ip -n $1 addr add fd00:$3::2/64 dev $2 nodad; done
	echo "server { listen 53; listen [::]:53; listen 8080; listen [::]:8080; }" >/etc/nginx/conf.d/here.conf
	systemctl restart nginx'
reaches() { at ip netns exec "$1" curl -s -o /dev/null --max-time 2 "http://$2/"; }
printf '%s\n' 'flush ruleset' 'table ip filter {' 'chain input {' \
	'type filter hook input priority filter; policy drop; iif lo accept; tcp dport 8080 accept' \
	'iifname "virbr0" tcp dport 53 accept; }; }' | lab_exec host sh -c 'cat >/etc/nftables.conf'
off 'inbound IPv6 is open' "ip filter input, IPv6 by $base" 'systemctl restart nftables'
reaches lan 10.0.1.1:8080 && reaches guest 10.0.2.1:53
ok $? 'what the other firewall lets in is reached'
! reaches lan '[fd00:1::1]:8080' && ! reaches lan '[fd00:1::1]:53' && ! reaches lan 10.0.1.1:53 && reaches guest '[fd00:2::1]:53'
ok $? 'what it does not let in is not, but for names that guests ask for'
off 'inbound IPv4 is open: no chain' "$base" 'cp /etc/nftables.old /etc/nftables.conf; nft delete table ip filter'
! reaches lan 10.0.1.1:8080 && ! reaches lan 10.0.1.1:53 && reaches guest 10.0.2.1:53
ok $? 'and none of it when the other firewall is gone'
at sh -c 'systemctl stop nginx; rm /etc/nginx/conf.d/here.conf; ip link del virbr0; ip link del lan0; ip link del vnet0
	ip netns del lan; ip netns del guest'
at cp /etc/nftables.good /etc/nftables.conf
mend
lab_exec host nft list tables | grep -q lazaret_baseline
[ $? = 1 ] && look && grep -q "^pass: .*by $input" "$LAB_DIR/said"
r=$?
ok $r 'a firewall that is back takes the place of the baseline'
[ $r = 0 ] || tell
# Nothing has to close what there is not.
printf '%s\n' 'flush ruleset' 'table ip filter {' 'chain input {' \
	'type filter hook input priority filter; policy drop; iif lo accept; }; }' |
	lab_exec host sh -c 'cat >/etc/nftables.conf'
ipv6_off() { ip netns exec "$(lab_netns host)" sysctl -qw net.ipv6.conf.all.disable_ipv6="$1"; }
ipv6_off 1
off 'inbound IPv4 is open: .*; this host has no IPv6' 'ip filter input; this host has no IPv6' 'nft flush ruleset'
lab_exec host nft list tables | grep -q lazaret_baseline
ok "$([ $? = 1 ]; echo $?)" 'without the baseline'
ipv6_off 0
at sh -c 'cp /etc/nftables.good /etc/nftables.conf; systemctl restart nftables'

# --- what others can reach --------------------------------------------------------------
# Told by lazaretd itself, from within its sandbox.
shows() { lab_exec host lazaret firewall >"$LAB_DIR/said" 2>&1; grep -q "$1" "$LAB_DIR/said"; }
told() { # TEXT WHAT
	lab_wait 20 shows "$1" >/dev/null
	shows "$1"
	r=$?
	ok $r "$2"
	[ $r = 0 ] || tell
}
at sh -c 'cp /etc/nftables.old /etc/nftables.conf; nft flush ruleset'
mend
at systemctl start nginx lazaret-keep.socket lazaretd
told "^pass .*fw: inbound is closed: IPv4 by $base" 'lazaretd sees that only the baseline closes inbound'
at sh -c 'cp /etc/nftables.good /etc/nftables.conf; nft -f /etc/nftables.conf'
retired() { ! lab_exec host nft list tables | grep -q lazaret_baseline; }
lab_wait 20 retired >/dev/null
ok $? 'it takes the baseline away itself when another firewall is there'
told '^pass .*fw: inbound is closed' 'lazaretd sees that inbound is closed'
at sh -c 'nft add rule inet filter input tcp dport 80 accept'
told '^fail .*fw: .*does not expose: tcp/80$' 'a port that the policy does not expose fails'
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

# --- rules that nf_tables does not show -------------------------------------------------
# What lists a table makes it, for good: so this comes last.  Not every kernel has these any more.
at systemctl start lazaret-witness.socket
fresh >/dev/null
told '^pass .*fw: inbound is closed' 'without iptables-legacy the firewall passes'
if at iptables-legacy -t nat -A PREROUTING -p tcp --dport 1022 -j REDIRECT --to-ports 22; then
	fresh >/dev/null
	told '^unknown .*fw: iptables-legacy has a table nat, and what that forwards cannot be seen' \
		'what iptables-legacy forwards is unknown: lazaretd hears of its table by the witness'
	told '^  unknown .*iptables-legacy .*cannot be judged: iptables-legacy.s nat (not demanded)' 'which is named'
fi
echo "1..$n"
