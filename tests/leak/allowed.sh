#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck source=lab.sh
# What has to work in quarantine: whom the list names, and all that getting there needs.
set -u
. "${src:?}/tests/leak/lab.sh"
lab_enter "$0"
needs busybox
check_log=$dir/log

asks() { # NAMESPACE ARGUMENTS-OF-ask...
	where=$1
	shift
	at "$where" "$bin/ask" "$@"
}

question() { host "$bin/question" "$@"; }
refused() { # ADDRESS NAME TYPE: and the program knows at once
	question "$@"
	[ $? = 3 ]
}
refused_tcp() {
	host timeout 5 "$bin/ask" tcp "$1" 53 64
	[ $? = 1 ]
}
bound() { # WHEN: what resolvers are not asked
	for res in $res4 $res6; do
		check "$1, $res is not asked for another name" refused "$res" tunnel.example 1
		check "$1, nor for a part of it" refused "$res" example 1
		check "$1, nor for all records" refused "$res" policy.example 255
		check "$1, nor over TCP" refused_tcp "$res"
	done
}

forget_neighbours() {
	for l in "lk-host up0" "lk-gw h-up0" "lk-gw p-peer" "lk-peer eth0"; do
		ip -n "${l% *}" neigh flush dev "${l#* }"
	done
}

# shouted_down COMMAND...: while a container asks for neighbours without end, by a bridge.
shouted_down() {
	while :; do
		ip -n lk-box -b "$dir/shouts"
		ip -n lk-box neigh flush dev eth1
	done >>"$dir/log" 2>&1 &
	shouting=$!
	sleep 0.5
	forget_neighbours
	"$@"
	status=$?
	kill $shouting
	wait $shouting
	return $status
}

path_mtu() { # 4|6 ADDRESS: learnt from a router that no list names
	ip -n lk-host -"$1" route flush cache
	asks lk-host tcp "$2" 443 200000
	ip -n lk-host -"$1" route get "$2" | grep -q 'mtu 1300'
}

lease() { # the second uplink, from nothing
	ip -n lk-host addr flush dev up1
	at lk-gw busybox udhcpd -f "$dir/udhcpd.conf" >>"$dir/log" 2>&1 &
	server=$!
	sleep 0.2
	host busybox udhcpc -i up1 -n -q -t 3 -T 1 -s "$dir/leased"
	kill $server
	grep -q '^bound 192.0.3.5' "$dir/lease"
}

by_vpn() { # LINK 4|6 COMMAND...: the allowed peer lies behind a VPN
	link=$1 v=$2
	shift 2
	eval "far=\$peer$v"
	ip -n lk-host -"$v" route replace "$far" dev "$link"
	"$@" "$far"
	status=$?
	ip -n lk-host -"$v" route del "$far"
	return $status
}
peer_answers() { asks lk-host tcp "$1" 443 50000 && asks lk-host udp "$1" 4433 200; }
vpns() { # WHEN
	for v in 4 6; do
		check "$1, inside a VPN over IPv4, IPv$v: the allowed peer" by_vpn lk-v4 $v peer_answers
		check "$1, inside a VPN over IPv6, IPv$v: the allowed peer" by_vpn lk-v6 $v peer_answers
		[ -z "$wireguard" ] ||
			check "$1, inside WireGuard, IPv$v: the allowed peer" by_vpn lk-wg $v peer_answers
	done
}

works() { # WHEN
	for v in "4 $peer4 $res4 $own4 127.0.0.1" "6 $peer6 $res6 $own6 ::1"; do
		# shellcheck disable=SC2086
		set -- "$1" $v
		as="$1, IPv$2:"
		check "$as TCP to the allowed peer" asks lk-host tcp "$3" 443 1000
		check "$as 100 kB of it" asks lk-host tcp "$3" 443 100000
		check "$as UDP to the allowed peer" asks lk-host udp "$3" 4433 200
		check "$as the resolver, for a name" question "$4" policy.example 1
		check "$as in letters of any case" question "$4" PoLIcY.exAMplE 28
		check "$as with EDNS" question "$4" policy.example 65 edns
		check "$as time" asks lk-host udp "$3" 123 48 123
		check "$as an address in an allowed prefix" asks lk-host tcp \
			"$([ "$2" = 4 ] && echo 198.51.200.77 || echo 2001:db8:200:7fff::77)" 80 100
		check "$as the helpdesk comes in" asks lk-help tcp "$5" 22 5000
		check "$as loopback" asks lk-host tcp "$6" 8080 1000
		check "$as our own address" asks lk-host tcp "$5" 8080 1000
		forget_neighbours
		check "$as the gateway is found again" asks lk-host tcp "$3" 443 100
		forget_neighbours
		check "$as and finds us" asks lk-help tcp "$5" 22 100
		check "$as path MTU" path_mtu "$2" "$3"
	done
	vpns "$1"
	check "$1, DHCP" lease
	check "$1, DHCPv6" asks lk-host udp "$linklocal" 547 100 546 up0
}

lab_build
lab_vpn
wireguard=
if wireguard_pair 51836 "[$vpn6]" >>"$dir/log" 2>&1; then
	wireguard=yes
	vpn_addresses wg 7
fi
# In the middle of the path, so that only the router can tell.
ip -n lk-gw route change 198.51.100.0/24 dev p-peer mtu lock 1300
ip -n lk-gw -6 route add 2001:db8:51::10/128 dev p-peer mtu lock 1300
ip -n lk-gw link set p-peer mtu 1500 && ip -n lk-peer link set eth0 mtu 1500
for a in 198.51.200.77/32 2001:db8:200:7fff::77/128; do ip -n lk-peer addr add $a dev lo; done
ip -n lk-gw route add 198.51.200.0/24 via $peer4 && ip -n lk-gw route add 2001:db8:200::/48 via $peer6
linklocal=$(ip -n lk-gw -6 -o addr show dev h-up0 scope link | sed 's/.*inet6 \([^/]*\).*/\1/')
cat >"$dir/leased" <<-END
	#!/bin/sh
	echo "\$1 \$ip" >>$dir/lease
END
chmod +x "$dir/leased"
cat >"$dir/udhcpd.conf" <<-END
	start 192.0.3.50
	end 192.0.3.59
	interface h-up1
	lease_file $dir/leases
	pidfile $dir/udhcpd.pid
END
: >"$dir/leases"
ip -n lk-box addr add 10.9.0.1/24 dev eth1
for i in $(seq 2 100); do
	echo "neigh replace 10.9.0.$i dev eth1 use"
	echo "neigh replace fe80::9:$i dev eth1 use"
done >"$dir/shouts"
start lk-host "$bin/serve" tcp:22 tcp:8080
start lk-gw "$bin/serve" udp:547
start lk-peer "$bin/serve" tcp:443 tcp:80 udp:4433 udp:123
start lk-res "$bin/serve" tcp:53 udp:53
start lk-net "$bin/serve" tcp:7000

check 'a stranger is there' asks lk-host tcp $net4 7000 100
[ -n "${LK_ELSEWHERE-}" ] || works 'before' # in emulation each takes a minute
rm -f "$dir/lease"
lay || exit 1
check 'and not in quarantine' not asks lk-host tcp $net4 7000 100
if [ -n "$groups" ]; then
	check 'nor an allowed peer for another program' not others asks lk-host udp $peer4 4433 200
	check 'nor the resolver' not others question $res6 policy.example 1
	check 'which loopback is open to' others asks lk-host tcp 127.0.0.1 8080 1000
fi
works 'in quarantine'
for a in $peer4 $peer6; do
	check "beside a container that shouts, $a" shouted_down asks lk-host tcp $a 443 100
done
bound 'in quarantine'
rm -f "$dir/lease"
sed 's/4434/4436/' "$dir/allow.json" >"$dir/edited.json"
lay "$dir/edited.json" || exit 1
[ -n "${LK_ELSEWHERE-}" ] || works 'after an edit'
bound 'after an edit'
sed 's/"dns": "names"/"dns": "any"/' "$dir/allow.json" >"$dir/any.json"
lay "$dir/any.json" || exit 1
check 'unbound, the resolver over UDP' asks lk-host udp $res4 53 64
check 'unbound, the resolver over TCP' asks lk-host tcp $res6 53 64
check 'unbound, any name' question $res4 tunnel.example 1
sed '/"resolvers"/s/\[.*\]/"any"/' "$dir/allow.json" >"$dir/roam.json"
lay "$dir/roam.json" || exit 1
check 'of any resolver, a name' question $res6 policy.example 1
check 'and of those no other' refused $res6 tunnel.example 1
check 'nor over TCP' refused_tcp $res4
check 'nor then' not asks lk-host tcp $net4 7000 100
sed 's/"dhcp": true/"dhcp": true, "who": "everyone"/' "$dir/allow.json" >"$dir/wide.json"
lay "$dir/wide.json" || exit 1
check 'with who: everyone it is open to other programs' aside asks lk-host udp $peer4 4433 200
check 'and a stranger is not' not aside asks lk-host tcp $net4 7000 100
lift
check 'but afterwards' asks lk-host tcp $net4 7000 100
[ -z "${LK_KEEP-}" ] || cp -r "$dir" "$LK_KEEP"
echo "1..$n"
