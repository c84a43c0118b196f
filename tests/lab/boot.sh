#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From boot on: the quarantine lies before what brings links up is started, and when it cannot
# be laid the links stay down.
set -u
: "${src:?}" "${O:?}"
. "$src/tests/lab/lab.sh"
lab_enter "$0" "$@"

n=0
ok() { # STATUS WHAT
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" || echo "not ok $n - $2"
}
quit() { ok 1 "$*"; echo "1..$n"; exit 1; }
is() { ok "$([ "$1" = "$2" ]; echo $?)" "$3${1:+ ($1)}"; }

when() { lab_exec host systemctl show -P "$2" "$1"; } # UNIT PROPERTY, microseconds
state() { lab_exec host systemctl is-active "$1"; }
held() {
	lab_exec host nft list table inet lazaret 2>/dev/null | grep -c 'policy drop' |
		sed 's/^[1-9].*/held/; s/^0/open/'
}
boot() { lab_boot host "$rootfs" || quit 'the host boots'; }

rootfs=$(lab_rootfs) || quit 'a root for the host'
layer=$(lab_layer host)
units=usr/lib/systemd/system
store=var/lib/lazaret/store
mkdir -p "$layer/usr/lib/lazaret" "$layer/$units" "$layer/usr/lib/sysusers.d" \
	"$layer/usr/lib/tmpfiles.d" "$layer/$store/generation-1"
install "$O/netfilter/lazaret-hold" "$layer/usr/lib/lazaret/"
install -m 644 "$O"/systemd/lazaret-hold*.service "$layer/$units/"
install -m 644 "$src/systemd/sysusers.d/lazaret.conf" "$layer/usr/lib/sysusers.d/"
install -m 644 "$src/systemd/tmpfiles.d/lazaret.conf" "$layer/usr/lib/tmpfiles.d/"
echo '{ "policy": [ { "to": "192.0.2.1", "tcp": [443] } ] }' >"$layer/$store/generation-1/allow.json"
ln -s generation-1 "$layer/$store/current"

boot
lab_exec host systemctl -q enable lazaret-hold.service systemd-networkd.service
lab_stop host

boot
is "$(state lazaret-hold.service)" inactive 'without an enforcing policy nothing is held'
is "$(held)" open 'and there is no table'
is "$(state systemd-networkd.service)" active 'and the network comes up'
lab_exec host touch "/$store/current/enforce"
lab_crash host

boot
is "$(held)" held 'an enforcing policy holds from boot on'
lab_exec host nft list table inet lazaret | grep -q 192.0.2.1
ok $? 'with its own list'
laid=$(when lazaret-hold.service ExecMainExitTimestampMonotonic)
up=$(when systemd-networkd.service ExecMainStartTimestampMonotonic)
ok "$([ "${laid:-0}" -gt 0 ] && [ "$laid" -lt "${up:-0}" ]; echo $?)" \
	"the quarantine lay $(((up - laid) / 1000)) ms before the network was started"
# Debian's nftables.conf begins with a flush, and one with many elements takes its time.
lab_exec host sh -c '{
	printf "flush ruleset\ntable inet big {\nset hosts {\ntype ipv4_addr\nelements = {\n"
	seq 60000 | awk "{ printf \"10.%d.%d.%d, \", \$1 / 65536, \$1 / 256 % 256, \$1 % 256 }"
	printf "\n}\n}\n}\n"
} >/etc/nftables.conf && systemctl -q enable nftables'
lab_crash host

boot
is "$(held)" held 'beside a firewall that flushes the ruleset at boot'
is "$(state nftables.service)" active 'which is on, too'
flushed=$(when nftables.service ExecMainExitTimestampMonotonic)
laid=$(when lazaret-hold-failsafe.service ExecMainStartTimestampMonotonic)
ok "$([ "${flushed:-0}" -gt 0 ] && [ "$flushed" -le "${laid:-0}" ]; echo $?)" \
	'and had flushed before even the failsafe was laid'
lab_exec host sh -c "echo broken >/$store/current/allow.json
	mkdir -p /etc/lazaret && echo 192.0.2.7:443 >/etc/lazaret/enrol"
lab_crash host

boot
is "$(held)" held 'a broken list holds all the same'
lab_exec host nft list table inet lazaret | grep -q '192.0.2.7 . tcp . 443'
ok $? 'and leaves open where it enrols'
is "$(state systemd-networkd.service)" active 'and the way to repair comes up'
lab_exec host sh -c "mkdir -p /etc/systemd/system/lazaret-hold.service.d &&
	printf '[Service]\nUser=gone\n' >/etc/systemd/system/lazaret-hold.service.d/break.conf"
lab_crash host

boot
is "$(state lazaret-hold.service)" failed 'without its account it fails'
is "$(held)" held 'and its failsafe holds the host'
lab_exec host nft list table inet lazaret | grep -q '192.0.2.7 . tcp . 443'
ok $? 'open where it enrols, too'
is "$(state systemd-networkd.service)" active 'which comes up to be repaired'
lab_exec host rm /usr/lib/lazaret/lazaret-hold
lab_crash host

boot
is "$(state lazaret-hold-failsafe.service)" failed 'without the program nothing can be laid'
is "$(state systemd-networkd.service)" inactive 'and the network stays down'
echo "1..$n"
