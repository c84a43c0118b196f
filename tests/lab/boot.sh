#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# From boot on: the quarantine lies before what brings links up is started, be it networkd,
# NetworkManager or ifupdown, and when it cannot be laid the links stay down.  Each of them has a
# link of its own, and a service that begins to send at once shows what gets out.
set -u
. "${src:?}/tests/lab/begin.sh"
lab_enter "$0" "$@"

is() { ok "$([ "$1" = "$2" ]; echo $?)" "$3${1:+ ($1)}"; }

when() { lab_exec host systemctl show -P "$2" "$1"; } # UNIT PROPERTY, microseconds
state() { lab_exec host systemctl is-active "$1"; }
held() {
	lab_exec host nft list table inet lazaret 2>/dev/null | grep -c 'policy drop' |
		sed 's/^[1-9].*/held/; s/^0/open/'
}

managers='systemd-networkd NetworkManager networking' # of eth0, eth1, eth2
wire() { ip netns exec lazaret-sw-wire "$@"; }
boot() {
	wire nft reset counters >/dev/null
	lab_boot host "$rootfs" "$@" || quit 'the host boots'
}
heard() { # "N N N": packets from each link
	for i in 0 1 2; do
		wire nft list counter inet heard "eth$i" | sed -n 's/.*packets \([0-9]*\).*/\1/p'
	done | paste -sd' '
}
hears_all() { heard | grep -qv '\<0\>'; }
all_up() { [ "$(lab_exec host ip -4 -o addr | grep -c ' eth[012] ')" = 3 ]; }
states() { for m in $managers; do state "$m.service"; done | paste -sd' '; }
silent() { # WHAT: the links are up, and nothing gets out
	lab_wait 10 all_up >/dev/null && [ "$(states)" = 'active active active' ]
	ok $? "$1: $(states)"
	sleep 0.2
	is "$(heard)" '0 0 0' 'and not a packet gets out'
}
# before UNIT: it had ended before any of them was started.
before() {
	laid=$(when "$1" ExecMainExitTimestampMonotonic)
	for m in $managers; do
		up=$(when "$m.service" ExecMainStartTimestampMonotonic)
		ok "$([ "${laid:-0}" -gt 0 ] && [ "$laid" -lt "${up:-0}" ]; echo $?)" \
			"$1 had ended $(((up - laid) / 1000)) ms before $m was started"
	done
}

rootfs=$(lab_rootfs ifupdown,network-manager) || quit 'a root for the host'
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

mkdir -p "$layer/etc/systemd/network" "$layer/etc/NetworkManager/conf.d" \
	"$layer/etc/NetworkManager/system-connections" "$layer/etc/network" "$layer/$units/ifup@.service.d"
install -m 644 "$src/systemd/ifup@.service.d/lazaret.conf" "$layer/$units/ifup@.service.d/lazaret.conf"
printf '[Match]\nName=eth0\n[Network]\nAddress=192.0.2.50/24\n' >"$layer/etc/systemd/network/eth0.network"
printf '%s\n' '[main]' 'plugins=keyfile' '[keyfile]' 'unmanaged-devices=*,except:interface-name:eth1' \
	'[device]' 'match-device=interface-name:eth1' 'managed=1' >"$layer/etc/NetworkManager/conf.d/lab.conf"
(umask 077 && printf '%s\n' '[connection]' 'id=wire' 'type=ethernet' 'interface-name=eth1' '[ipv4]' \
	'method=manual' 'address1=198.51.100.50/24' \
	>"$layer/etc/NetworkManager/system-connections/wire.nmconnection")
printf 'auto eth2\niface eth2 inet static\n\taddress 203.0.113.50/24\n' >"$layer/etc/network/interfaces"
cat >"$layer/$units/beacon.service" <<'END'
[Unit]
DefaultDependencies=no
[Service]
ExecStart=/bin/bash -c 'while sleep 0.02; do for to in 192.0.2.9 198.51.100.9 203.0.113.9; do echo here >/dev/udp/$to/9; done; done 2>/dev/null'
[Install]
WantedBy=sysinit.target
END
lab_switch wire
for net in 192.0.2 198.51.100 203.0.113; do ip -n lazaret-sw-wire addr add $net.9/24 dev br0; done
wire nft -f - <<'END'
table inet heard {
	counter eth0 { }
	counter eth1 { }
	counter eth2 { }
	chain input {
		type filter hook input priority 0
		ip daddr 192.0.2.9 udp dport 9 counter name eth0
		ip daddr 198.51.100.9 udp dport 9 counter name eth1
		ip daddr 203.0.113.9 udp dport 9 counter name eth2
	}
}
END

boot --link wire - --link wire - --link wire -
lab_exec host systemctl -q enable lazaret-hold.service systemd-networkd.service NetworkManager.service \
	networking.service beacon.service
lab_exec host systemctl -q mask systemd-networkd-wait-online.service NetworkManager-wait-online.service
lab_exec host systemctl show -P Requires -P After ifup@eth2.service | grep -c lazaret-hold-failsafe |
	grep -qx 2
ok $? 'links that ifupdown brings up when they appear wait for it, too'
lab_stop host

boot
is "$(state lazaret-hold.service)" inactive 'without an enforcing policy nothing is held'
is "$(held)" open 'and there is no table'
lab_wait 10 hears_all >/dev/null
ok $? "and the network comes up, and whoever sends gets out ($(heard) packets)"
lab_exec host touch "/$store/current/enforce"
lab_crash host

boot
is "$(held)" held 'an enforcing policy holds from boot on'
lab_exec host nft list table inet lazaret | grep -q 192.0.2.1
ok $? 'with its own list'
before lazaret-hold.service
silent 'the links are up'
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
silent 'and the way to repair comes up'
lab_exec host sh -c "mkdir -p /etc/systemd/system/lazaret-hold.service.d &&
	printf '[Service]\nUser=gone\n' >/etc/systemd/system/lazaret-hold.service.d/break.conf"
lab_crash host

boot
is "$(state lazaret-hold.service)" failed 'without its account it fails'
is "$(held)" held 'and its failsafe holds the host'
lab_exec host nft list table inet lazaret | grep -q '192.0.2.7 . tcp . 443'
ok $? 'open where it enrols, too'
before lazaret-hold-failsafe.service
silent 'which comes up to be repaired'
lab_exec host rm /usr/lib/lazaret/lazaret-hold
lab_crash host

boot
is "$(state lazaret-hold-failsafe.service)" failed 'without the program nothing can be laid'
is "$(states)" 'inactive inactive inactive' 'and the network stays down'
is "$(heard)" '0 0 0' 'and not a packet gets out'
echo "1..$n"
