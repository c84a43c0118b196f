# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016,SC2154,SC2034,SC2086,SC2120
# Read by leak.sh: how each way is tried, in the words of its row().
shoot=$bin/shoot

# In these, what is left of the arguments goes to shoot.
sh_user() { user $shoot socket $t to=$net "$@"; }
sh_root() { host $shoot socket $t to=$net "$@"; }
sh_raw() { host $shoot raw $t $to_net "$@"; }
sh_peer() { host $shoot raw $t from=$own to=$peer dport=4433 sport=4433 "$@"; }
sh_frame() { host $shoot frame $t $l2 $to_net "$@"; }
sh_in() { at lk-net $shoot socket $t to=$own "$@"; }
sh_in_raw() { at lk-net $shoot raw $t from=$net to=$own dport=8080 "$@"; }
icmp() { # TYPE-OF-4 TYPE-OF-6
	if [ $v = 4 ]; then sh_raw proto=1 type=$1; else sh_raw proto=58 type=$2; fi
}
ping() {
	if [ $v = 4 ]; then user $shoot socket $t proto=1 type=8 to=$net; else
		user $shoot socket $t proto=58 type=128 to=$net; fi
}
box() { at lk-box $shoot socket $t to=$net "$@"; }
flow() { echo "$t" >>"$dir/flow.$1$v"; }
# A flow that went by a flowtable before: chains of packets see no more of it, which a rule there
# that would stop it shows.
offloaded() {
	[ $phase = I ] || {
		host nft -f - <<-END || return 77
			table inet lk-off$v {
				flowtable f {
					hook ingress priority 0; devices = { b-box, up0 }
				}
				chain c {
					type filter hook forward priority 0
					meta nfproto ipv$v tcp dport 7001 ct state established flow add @f
				}
			}
		END
		for word in one two; do
			echo $word >>"$dir/flow.off$v"
			sleep 0.2
		done
		host nft add rule inet lk-off$v c meta nfproto ipv$v tcp dport 7001 drop
	}
	flow off
}

# with CHAIN-HEAD RULE COMMAND...: a foreign chain of one rule, while the command runs.
with() {
	head=$1 rule=$2
	shift 2
	family=${head%% *}
	host nft -f - <<-END || return
		table $family lk { chain c { type ${head#* }; $rule; }; }
	END
	"$@"
	host nft delete table $family lk
}
# An FTP helper reads what is said on an allowed port, and calls the next connection related.
helped() { # LINE-OF-IPv4 LINE-OF-IPv6 COMMAND...
	line=$([ $v = 4 ] && echo "$1" || echo "$2")
	shift 2
	host nft -f - <<-END || return 77
		table $(ipv) lk {
			ct helper f {
				type "ftp" protocol tcp
			}
			chain c { type filter hook output priority 0; tcp dport 443 ct helper set "f"; }
		}
	END
	printf "%s\r\n" "$line" | host $shoot flow - to=$peer dport=443 proto=6
	"$@"
	host nft delete table "$(ipv)" lk
}
related_out() {
	port=$((p / 256)),$((p % 256))
	helped "227 Entering Passive Mode (198,51,100,10,$port)" \
		"229 Entering Extended Passive Mode (|||$p|)" \
		host $shoot socket $t proto=6 to=$peer dport=$p
}
related_in() {
	helped "PORT 192,0,2,10,31,144" "EPRT |2|$own|8080|" \
		at lk-peer $shoot socket $t proto=6 to=$own dport=8080 sport=$p wait=1
}

ipv() { [ $v = 4 ] && echo ip || echo ip6; }
dnat() { # HOOK-PRIORITY ADDRESS-TO-REWRITE COMMAND...
	was=$1
	shift
	with "$(ipv) nat hook output priority -100" "$(ipv) daddr $was dnat to $net" "$@"
}
rewritten_loopback() {
	with "$(ipv) nat hook output priority -100" "udp dport 4433 dnat to $peer" \
		others host $shoot socket $t to="$([ $v = 4 ] && echo 127.0.0.9 || echo ::1)" \
		from=$own spoofed=1 dport=4433
}
rewrite() { # PRIORITY
	with "$(ipv) filter hook postrouting priority $1" \
		"$(ipv) daddr $peer udp dport 4433 $(ipv) daddr set $net" sh_peer
}
dup() {
	with "$(ipv) filter hook output priority -400" "$(ipv) daddr $peer udp dport 9 dup to $net device up0" \
		host $shoot socket $t to=$peer dport=9
}
dup_loopback() {
	with "$(ipv) filter hook output priority 0" "udp dport 9 dup to $net device up0" \
		host $shoot socket $t to="$([ $v = 4 ] && echo 127.0.0.1 || echo ::1)" dport=9
}
fwd() { # DEVICE HOOK FWD-OR-DUP
	with "netdev filter hook $2 device $1 priority 0" "udp dport 9 $3 to up0" \
		host $shoot socket $t dport=9 to="$([ $v = 4 ] && echo 127.0.0.1 || echo ::1)"
}
fwd_box() { # frames of a container, sent on below IP
	with "netdev filter hook ingress device b-box priority -500" "udp dport 9 fwd to up0" box dport=9
}
masquerade() {
	with "$(ipv) nat hook postrouting priority 100" 'oifname "up0" masquerade' box
}
early_accept() { with "inet filter hook output priority -2147483648" accept sh_root; }
notrack() { with "inet filter hook output priority -300" notrack sh_root; }
marked() { with "inet filter hook output priority 0" 'meta mark 7 accept' sh_root mark=7; }
late_accept() { with "inet filter hook postrouting priority 2147483647" accept sh_root; }
rejecting() { # the answer to a stranger is ours
	with "inet filter hook input priority -400" 'udp dport 9 reject' \
		at lk-net $shoot socket $t to=$own dport=9
}
iptables_accept() { # BACKEND
	tool=$([ $v = 4 ] && echo iptables || echo ip6tables)-$1
	host $tool -I OUTPUT -j ACCEPT || return 77
	sh_root
	host $tool -D OUTPUT -j ACCEPT
}
filler() { # a set of rules that uses conntrack, as a host's own firewall does
	with "inet filter hook output priority 0" 'ct state established,related accept' sh_root "$@"
}

new_link() { # ACTION-ON-usb0...
	via=$([ $v = 4 ] && echo 192.0.4.1 || echo 2001:db8:4::1)
	join lk-host usb0 192.0.4.10/24 2001:db8:4::10/64 lk-gw h-usb0 192.0.4.1/24 2001:db8:4::1/64
	ip -n lk-gw link set h-usb0 address $gwmac
	ip -n lk-host neigh replace "$via" lladdr $gwmac nud permanent dev usb0
	ip -n lk-host route add default via "$via" dev usb0 metric 5
	"$@" dev=usb0
	ip -n lk-host link del usb0
}
other_name() { # NAME ACTION...
	name1=$1
	shift
	ip -n lk-host link set up1 down && ip -n lk-host link set up1 name "$name1" && uplink1 "$name1"
	"$@" dev="$name1"
	ip -n lk-host link set "$name1" down && ip -n lk-host link set "$name1" name up1 && uplink1 up1
}
other_lo() { # ACTION...: lo is renamed, and an uplink takes its name
	ip -n lk-host link set lo down && ip -n lk-host link set lo name lo9 && ip -n lk-host link set lo9 up
	other_name lo "$@"
	ip -n lk-host link set lo9 down && ip -n lk-host link set lo9 name lo && ip -n lk-host link set lo up
}
moved() {
	ip -n lk-host link add up3 type veth peer name h-up3 netns lk-gw
	ip -n lk-gw link set h-up3 up
	ip -n lk-host link set up3 netns lk-mac && ip -n lk-mac link set up3 up
	at lk-mac $shoot frame $t $l2 $to_net dev=up3
	ip -n lk-mac link del up3
}
lent() { # TYPE MODE SHOOT-ARGUMENTS...: a link of a container that shares our uplink
	ip -n lk-host link add link up0 name lent0 type $1 mode $2 || return 77
	shift 2
	ip -n lk-host link set lent0 netns lk-mac && ip -n lk-mac link set lent0 up
	ip -n lk-mac addr add "$([ $v = 4 ] && echo 192.0.2.77/24 || echo 2001:db8:2::77/64)" dev lent0 nodad
	ip -n lk-mac route add default via $gw dev lent0
	ip -n lk-mac neigh replace $gw lladdr $gwmac nud permanent dev lent0
	at lk-mac $shoot socket $t to=$net "$@"
	ip -n lk-mac link del lent0
}
stacked() { # IP-LINK-ADD-ARGUMENTS...: a device above the uplink, frames through it
	ip -n lk-host link add lk-up "$@" || return 77
	ip -n lk-host link set lk-up up
	host $shoot frame $t $l2 $to_net dev=lk-up
	ip -n lk-host link del lk-up
}
tunnel() { # TYPE ARGUMENTS...: an address behind it, and a datagram there
	kind=$1
	shift
	ip -n lk-host link add lk-tun type "$kind" "$@" || return 77
	ip -n lk-host link set lk-tun up
	ip -n lk-host route replace 203.0.113.99/32 dev lk-tun
	ip -n lk-host neigh replace 203.0.113.99 lladdr $gwmac nud permanent dev lk-tun
	host $shoot socket $t to=203.0.113.99
	host $shoot frame $t $l2 from=$own4 to=203.0.113.99 dev=lk-tun
	ip -n lk-host link del lk-tun
}
macsec() { # with keys, so that it sends, and not encrypted
	ip -n lk-host link add lk-up link up0 type macsec encrypt off || return 77
	ip -n lk-host macsec add lk-up tx sa 0 pn 1 on key 01 00112233445566778899aabbccddeeff
	ip -n lk-host link set lk-up up
	host $shoot frame $t $l2 $to_net dev=lk-up
	ip -n lk-host link del lk-up
}
# routed DEVICE COMMAND...: an address of the stranger's network lies behind the device.
beyond4=203.0.113.99 beyond6=2001:db8:66::99
routed() {
	behind=$1
	shift
	eval "beyond=\$beyond$v"
	ip -n lk-host link set $behind up
	ip -n lk-host -$v route replace $beyond dev $behind
	ip -n lk-host neigh replace $beyond lladdr $gwmac nud permanent dev $behind 2>/dev/null
	"$@" to=$beyond
	ip -n lk-host -$v route del $beyond
}
above() { # IP-LINK-ADD-ARGUMENTS...: UDP by a device above the uplink
	ip -n lk-host link add lk-up "$@" || return 77
	routed lk-up sh_root
	ip -n lk-host link del lk-up
}
tunnel6() { # TYPE ARGUMENTS...: over IPv6, and what is in it may be either
	kind=$1
	shift
	ip -n lk-host link add lk-tun type "$kind" "$@" || return 77
	routed lk-tun sh_root
	ip -n lk-host link del lk-tun
}
# by_route DEVICE COMMAND...: the allowed peer lies behind the device.
by_route() {
	behind=$1
	shift
	ip -n lk-host -$v route replace $peer dev $behind
	"$@"
	ip -n lk-host -$v route del $peer
}
inside() { # LINK: its address
	ip -n lk-host -$v -o addr show dev $1 scope global | sed 's/.* inet6* \([^/]*\).*/\1/'
}
# wireguard OUTER-FAMILY PORT COMMAND...: likewise by one of the kernel's own.
wireguard() {
	endpoint=$([ $1 = 4 ] && echo $vpn4 || echo "[$vpn6]") port=$2
	shift 2
	wireguard_pair $port "$endpoint" || return 77
	ip -n lk-gw link set h-wg up
	routed lk-wg "$@"
	for _ in $(seq 20); do # the first packet waits for the keys
		wg show lk-wg latest-handshakes | grep -qv '\s0$' && break
		sleep 0.05
	done
	sleep 0.05
	ip -n lk-host link del lk-wg
	ip -n lk-gw link del h-wg
}
vrf() { # a routing table of its own
	ip -n lk-host link add lk-vrf type vrf table 77 || return 77
	ip -n lk-host link set lk-vrf up
	ip -n lk-host -$v route add default via $gw dev up0 table 77
	sh_root named=1 dev=lk-vrf
	ip -n lk-host link del lk-vrf
}
transformed() { # IPsec to the stranger, with a cipher that hides nothing
	ip -n lk-host xfrm state add src $own dst $net proto esp spi 0x77 mode $1 reqid 7 \
		auth 'hmac(sha1)' 0x0123456789012345678901234567890123456789 enc 'ecb(cipher_null)' '' || return 77
	ip -n lk-host xfrm policy add src $own dst $2 dir out tmpl src $own dst $net proto esp reqid 7 mode $1
	host $shoot socket $t to=$2 dport=4433
	ip -n lk-host xfrm policy del src $own dst $2 dir out
	ip -n lk-host xfrm state del src $own dst $net proto esp spi 0x77
}
lightweight() { # ROUTE-ENCAPSULATION...: what goes to the peer is wrapped for the stranger
	ip -n lk-host -$v route add $peer "$@" dev up0 || return 77
	host $shoot socket $t to=$peer dport=4433
	ip -n lk-host -$v route del $peer
}
vm() {
	ip -n lk-host tuntap add lk-tap mode tap && ip -n lk-host link set lk-tap master br0 up
	host $shoot tap $t $l2 $to_net dev=lk-tap
	ip -n lk-host link del lk-tap
}
mirred() {
	host tc qdisc add dev lo clsact &&
		host tc filter add dev lo egress u32 match u32 0 0 action mirred egress redirect dev up0
	host $shoot socket $t to="$([ $v = 4 ] && echo 127.0.0.1 || echo ::1)" dport=9
	host tc qdisc del dev lo clsact
}
rewritten() { # what is allowed gets another address behind all hooks
	host tc qdisc add dev up0 clsact && host tc filter add dev up0 egress protocol ip u32 \
		match ip dst $peer action pedit ex munge ip dst set $net pipe action csum ip and udp || {
		host tc qdisc del dev up0 clsact
		return 77
	}
	sh_peer
	host tc qdisc del dev up0 clsact
}
redirected() { # by XDP, as soon as it comes in
	$bin/redirect b-box up0 >"$dir/redirect" &
	program=$!
	for _ in $(seq 200); do
		grep -q ready "$dir/redirect" && break
		sleep 0.05
	done
	box dport=9
	kill $program
	wait $program
}
fragments_in() { # FROM-NAMESPACE FROM
	at $1 $shoot raw $t from=$2 to=$own sport=4433 dport=8080 more=1
	at $1 $shoot raw $t from=$2 to=$own sport=4433 dport=8080 offset=2
}
poison() { # "the gateway is at the rogue"; then what is allowed goes there
	gateway=$gw
	ip -n lk-host neigh replace $gw lladdr $gwmac nud stale dev up0
	sleep 0.05 # an answer in the same tick counts for nothing
	if [ $v = 4 ]; then
		at lk-gw $shoot frame $rt dev=h-up0 ether=0x0806 data=arp-answer \
			smac=$roguemac dmac=$hostmac from=$gw to=$own
	else
		at lk-gw $shoot frame $rt dev=h-up0 smac=$roguemac dmac=$hostmac from=$gw to=$own \
			via=$gw proto=58 type=136 hops=255 data=nd-answer rest=0x20
	fi
	host $shoot socket $rt to=$peer dport=4433
	ip -n lk-host neigh replace $gateway lladdr $gwmac nud stale dev up0
}
wire_in() { # a frame of somebody on the link
	at lk-gw $shoot frame $t dev=h-up0 smac=$gwmac dmac=$hostmac dport=8080 from=$net to=$own "$@"
}
# What the flows could not send they would send again while the table is away.
end_flows() {
	for f in "$dir"/flow.*; do echo . >>"$f"; done
	for _ in $(seq 100); do
		host ss -tnH state established | grep -q ':7000' || return
		sleep 0.05
	done
}
deleted() {
	[ $phase = O ] || end_flows
	host nft delete table inet lazaret
	host nft delete table netdev lazaret
	sh_root
	[ $phase = O ] || lay
}
