# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2034
# Read by the scripts beside it.  A host under test, and around it, in namespaces:
#
#   lk-box (a container)                       lk-peer  allowed, behind an MTU of 1300
#      |                                       lk-res   the resolver
#   lk-host === up0, up1, up2 === lk-gw ------ lk-help  the helpdesk
#      |                        (sniffs h-*)   lk-net   the internet: forbidden
#      |                        (ends VPNs)
#   lk-mac (another one)
#
# Namespaces, mounts and processes end with the script.
. "${src:?}/tests/tap.sh"
here=$src/tests/leak bin=$O/tests/leak
hold=${LK_HOLD:-$O/netfilter/lazaret-hold}

lab_enter() { # SCRIPT
	needs ip nft tc nsenter setpriv iptables
	[ "$(id -u)" = 0 ] || skip 'needs root'
	[ -n "${IN_LAB-}" ] ||
		IN_LAB=1 exec unshare -n -m -p -f --kill-child --mount-proc --propagation private "$1"
	mkdir -p /run/netns && mount -t tmpfs lk /run/netns || exit 1
	dir=$(mktemp -d /tmp/lk.XXXXXX)
	trap lab_leave EXIT
	trap 'exit 1' INT TERM
	lab_group
}

# All that the scripts start is a repair service, as an attacker would like to be; what `others`
# starts is none.  Without control groups to make the list is open to all.
lab_group() {
	groups=
	for d in /sys/fs/cgroup /sys/fs/cgroup/unified; do
		[ "$(stat -f -c %T $d 2>/dev/null)" = cgroup2fs ] || continue
		group_was=$d$(sed -n 's/^0:://p' /proc/self/cgroup)
		mkdir "$group_was/${dir##*/}" 2>/dev/null || continue
		groups=$group_was/${dir##*/}
		mkdir -p "$groups/lazaret.slice/lab" "$groups/others/lab"
		echo 0 >"$groups/lazaret.slice/lab/cgroup.procs"
		return
	done
}
lab_leave() {
	rm -rf "$dir"
	[ -n "$groups" ] || return
	echo 0 >"$group_was/cgroup.procs"
	echo 1 >"$groups/cgroup.kill"
	for _ in $(seq 100); do
		rmdir "$groups"/*/lab "$groups"/* "$groups" 2>/dev/null
		[ -d "$groups" ] || return
		sleep 0.05
	done
}
others() { # COMMAND...
	[ -n "$groups" ] || return 77
	(echo 0 >"$groups/others/lab/cgroup.procs" && "$@")
}
aside() { if [ -n "$groups" ]; then others "$@"; else "$@"; fi; }

at() { # NAMESPACE COMMAND...
	where=$1
	shift
	nsenter --net=/run/netns/"$where" "$@"
}
# The script itself is there: that saves a process for most of what it does.
host() { "$@"; }
user() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

own4=192.0.2.10 own6=2001:db8:2::10 gw4=192.0.2.1 gw6=2001:db8:2::1
net4=203.0.113.66 net6=2001:db8:66::66 peer4=198.51.100.10 peer6=2001:db8:51::10
res4=198.51.53.53 res6=2001:db8:53::53 help4=198.51.22.22 help6=2001:db8:22::22
vpn4=198.51.77.7 vpn6=2001:db8:77::7
box4=10.88.0.2 box6=2001:db8:88::2 all4=255.255.255.255 all6=ff02::1
hostmac=02:00:00:00:02:10 gwmac=02:00:00:00:02:01 roguemac=02:00:00:00:66:66

space() { # NAME
	if [ "$1" = lk-host ]; then ip netns attach lk-host $$; else ip netns add "$1"; fi
	at "$1" sh -c 'ip link set lo up
		for i in all default; do
			echo 0 >/proc/sys/net/ipv6/conf/$i/accept_dad
			echo 1 >/proc/sys/net/ipv6/conf/$i/keep_addr_on_down
		done'
}

# join HOST-SIDE NAME ADDR4 ADDR6  FAR-SIDE NAME ADDR4 ADDR6: two places, one link.
join() {
	ip -n "$1" link add "$2" type veth peer name "$6" netns "$5"
	ip -n "$1" addr add "$3" dev "$2" && ip -n "$1" addr add "$4" dev "$2" nodad
	ip -n "$5" addr add "$7" dev "$6" && ip -n "$5" addr add "$8" dev "$6" nodad
	ip -n "$1" link set "$2" up && ip -n "$5" link set "$6" up
}

behind_gw() { # NAMESPACE 4-PREFIX 4-HOST 6-PREFIX 6-HOST
	space "$1"
	join lk-gw "p-${1#lk-}" "$2.1/24" "$4::1/64" "$1" eth0 "$2.$3/24" "$4::$5/64"
	ip -n "$1" route add default via "$2.1" && ip -n "$1" route add default via "$4::1"
}

# The second uplink; renaming takes its routes, so this is done again after that.
uplink1() { # NAME
	ip -n lk-host link set "$1" up
	ip -n lk-host route replace default via 192.0.3.1 dev "$1" metric 100
	ip -n lk-host -6 route replace default via 2001:db8:3::1 dev "$1" metric 2000
	for a in 192.0.3.1 2001:db8:3::1; do
		ip -n lk-host neigh replace $a lladdr $gwmac nud permanent dev "$1"
	done
}

lab_build() {
	for place in lk-host lk-gw lk-box lk-mac; do space $place; done
	at lk-gw sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_echo_ignore_broadcasts=0
	host sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.ping_group_range='0 65535' net.ipv4.conf.all.accept_source_route=1 \
		net.ipv4.conf.default.accept_source_route=1
	join lk-host up0 $own4/24 $own6/64 lk-gw h-up0 $gw4/24 $gw6/64
	host sysctl -qw net.ipv4.neigh.up0.locktime=0
	ip -n lk-host link set up0 address $hostmac && ip -n lk-gw link set h-up0 address $gwmac
	ip -n lk-host route add default via $gw4 && ip -n lk-host route add default via $gw6 metric 10
	join lk-host up1 192.0.3.10/24 2001:db8:3::10/64 lk-gw h-up1 192.0.3.1/24 2001:db8:3::1/64
	ip -n lk-gw link set h-up1 address $gwmac
	uplink1 up1
	# A container of its own network, and one on a bridge with an uplink as its port.
	join lk-host b-box 10.88.0.1/24 2001:db8:88::1/64 lk-box eth0 $box4/24 $box6/64
	ip -n lk-box route add default via 10.88.0.1 && ip -n lk-box route add default via 2001:db8:88::1
	ip -n lk-gw route add 10.88.0.0/24 via $own4 && ip -n lk-gw route add 2001:db8:88::/64 via $own6
	ip -n lk-host link add up2 type veth peer name h-up2 netns lk-gw
	ip -n lk-host link add b-port type veth peer name eth1 netns lk-box
	ip -n lk-host link add br0 type bridge
	for l in up2 b-port; do ip -n lk-host link set $l master br0 up; done
	ip -n lk-host link set br0 up
	ip -n lk-gw link set h-up2 up && ip -n lk-box link set eth1 up
	# Without the help of bridges that show their frames to IP's filters.
	for i in ip ip6 arp; do
		host sh -c "echo 0 >/proc/sys/net/bridge/bridge-nf-call-${i}tables" 2>/dev/null
	done
	behind_gw lk-peer 198.51.100 10 2001:db8:51 10
	behind_gw lk-net 203.0.113 66 2001:db8:66 66
	behind_gw lk-res 198.51.53 53 2001:db8:53 53
	behind_gw lk-help 198.51.22 22 2001:db8:22 22
	ip -n lk-gw link set p-peer mtu 1300 && ip -n lk-peer link set eth0 mtu 1300
	cat >"$dir/allow.json" <<-END
		{
			"policy": [
				{ "to": "$peer4", "tcp": [443, 8443], "udp": [4433, 4434] },
				{ "to": "$peer6", "tcp": [443, 8443], "udp": [4433, 4434] }
			],
			"mirrors": [
				{ "to": "198.51.200.0/25", "tcp": [80] },
				{ "to": "2001:db8:200::/49", "tcp": [80] }
			],
			"resolvers": ["$res4", "$res6"],
			"dns": "names",
			"dns_names": ["policy.example"],
			"ntp": ["$peer4", "$peer6"],
			"dhcp": true,
			"vpn": [
				{ "interface": "lk-v4", "endpoint": "$vpn4", "udp": [51824, 51834] },
				{ "interface": "lk-v6", "endpoint": "$vpn6", "udp": [51826, 51836] }
			],
			"helpdesk": [{ "from": "$help4", "tcp": [22] }, { "from": "$help6", "tcp": [22] }]
		}
	END
}

# Two VPNs, over IPv4 and IPv6, to ports of an endpoint that are allowed, and one to a port of it
# that is not.  The client is no repair service.
lab_vpn() {
	ip -n lk-gw addr add $vpn4/32 dev lo && ip -n lk-gw addr add $vpn6/128 dev lo nodad
	vpn v4 51824 $vpn4 4
	vpn v6 51826 $vpn6 6
	vpn no 51999 $vpn4 9
}
vpn() { # NAME PORT ENDPOINT NUMBER
	aside at lk-gw "$bin/tunnel" "h-$1" "$3" "$2" :: 0 >/dev/null 2>>"$dir/errors" &
	aside host "$bin/tunnel" "lk-$1" :: 0 "$3" "$2" >/dev/null 2>>"$dir/errors" &
	for _ in $(seq 100); do
		ip -n lk-gw link show "h-$1" && ip -n lk-host link show "lk-$1" && break
		sleep 0.05
	done >/dev/null 2>&1
	vpn_addresses "$1" "$4"
}
vpn_addresses() { # NAME NUMBER: of the links h-NAME and lk-NAME
	for end in lk-gw:h:1 lk-host:lk:2; do
		link=${end#*:} link=${link%:*}-$1 place=${end%%:*}
		ip -n "$place" link set "$link" mtu 1280 up
		ip -n "$place" addr add "10.99.$2.${end##*:}/24" dev "$link"
		ip -n "$place" addr add "2001:db8:990$2::${end##*:}/64" dev "$link" nodad
	done
}
# The kernel's own, h-wg and lk-wg.  77 where it has none.
wireguard_pair() { # PORT ENDPOINT
	command -v wg && ip -n lk-host link add lk-wg type wireguard || return 77
	ip -n lk-gw link add h-wg type wireguard
	wg genkey >"$dir/wg" && at lk-gw wg set h-wg listen-port "$1" private-key "$dir/wg"
	far=$(wg pubkey <"$dir/wg")
	wg genkey >"$dir/wg" && host wg set lk-wg private-key "$dir/wg" peer "$far" \
		allowed-ips 0.0.0.0/0,::/0 endpoint "$2:$1"
	at lk-gw wg set h-wg peer "$(wg pubkey <"$dir/wg")" allowed-ips 0.0.0.0/0,::/0
}

# start NAMESPACE PROGRAM ARGUMENT...: in the background, until it says that it is ready; what it
# prints goes to $dir/PROGRAM-NAMESPACE.  It is no repair service.
start() {
	log=$dir/${2##*/}-$1
	aside at "$@" >"$log" 2>>"$dir/errors" &
	for _ in $(seq 100); do
		grep -qs ready "$log" && return
		sleep 0.05
	done
	echo "Bail out! $* does not start: $(tail -n 1 "$dir/errors")"
	exit 1
}

lay() { host "$hold" --allow "${1:-$dir/allow.json}" 2>"$dir/hold.log"; }
lift() { host nft 'delete table inet lazaret; delete table netdev lazaret'; }
