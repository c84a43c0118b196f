#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Every way to switch a host's firewall off that is known to us, with the real ufw, firewalld,
# iptables-persistent and nftables.service: each is seen for what it is, firewall-enable brings the firewall back as its
# front end wants it, and a fresh look agrees.  How long both took is told.
set -u
. "${src:?}/tests/lab/begin.sh"
. "$src/tests/lab/firewall-host.sh"
lab_enter "$0" "$@"

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

firewall_host
at sh -c 'touch /etc/ufw/held; chattr +i /etc/ufw /etc/ufw/held; lsattr -d /etc/ufw /etc/ufw/held; : >>/etc/ufw/held || touch /etc/ufw/new'
[ $? != 0 ] && [ "$(grep -c '^....i' "$LAB_DIR/said")" = 2 ] && at sh -c 'chattr -i /etc/ufw /etc/ufw/held; rm /etc/ufw/held'
ok $? 'chattr +i takes hold here, of folders and files'

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
# Debian 12's firewalld (1.3) fails there, that of Debian 13 (2.3) does not.
if [ "$(lab_exec host sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release)" = 12 ]; then
	has 'drop-all: firewalld' 'the table that a failed reload leaves is told'
else
	has '^pass: inbound is closed' 'after a flush a reload lays the rules again'
fi
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
# One that lets in nothing but answers, written since the copies were made, is somebody's.
at sh -c 'cp /etc/nftables.conf /etc/nftables.mine
	sed -i "s/iif lo accept/ct state established,related accept/" /etc/nftables.conf; cp /etc/nftables.conf /etc/nftables.new
	nft flush ruleset'
mend && look && at cmp /etc/nftables.new /etc/nftables.conf
ok $? 'a ruleset that drops loopback is laid as it is written'
at cp /etc/nftables.mine /etc/nftables.conf
off 'nftables.service is masked' "$input" 'systemctl stop nftables; systemctl mask nftables'
off 'nftables.service is changed: .* sets ConditionPathExists' "$input" 'systemctl disable --now nftables
	d=/etc/systemd/system/nftables.service.d; mkdir -p $d; printf "[Unit]\nConditionPathExists=/nowhere\n" >$d/no.conf
	chattr +i $d /etc/systemd/system; systemctl daemon-reload'
off 'nftables.service is overridden by /etc/systemd/system/nftables.service' "$input" 'chattr -i /etc/systemd/system
	printf "[Service]\nType=oneshot\nExecStart=/bin/true\n" >/etc/systemd/system/nftables.service
	systemctl daemon-reload; systemctl restart nftables; nft flush ruleset'

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

echo "1..$n"
