# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh disable=SC2016,SC2154,SC2034,SC2086,SC2120
# Read by leak.sh: all the ways, a row each.
#   held   must not get through; docs/threats.md promises it
#   todo   should not get through, and does as yet
#   known  gets through; docs/threats.md says so, by the row's name
ways() {
	row 46 held 'UDP of an ordinary user' sh_user
	row 46 held 'UDP of root' sh_root
	for i in 53 67 123 443 547 546; do
		row 46 held "UDP to port $i of a stranger" "sh_user dport=$i"
	done
	row 4 held 'IPv4 by an IPv6 socket' 'sh_user mapped=1'
	row 46 held 'UDP-Lite' 'sh_user proto=136'
	for i in uring zerocopy segments splice; do
		row 46 held "UDP handed over by $i" "sh_user how=$i"
	done
	row 46 held 'UDP bound to the uplink' 'sh_root named=1'
	row 46 held 'UDP bound to the second uplink' 'sh_root named=1 dev=up1'
	row 46 held 'UDP with a mark' 'sh_root mark=1'
	row 46 held 'UDP from an address that is not ours' 'sh_root spoofed=1 from=$help'
	row 46 held 'TCP of an ordinary user' 'sh_user proto=6 dport=$p'
	row 46 held 'TCP that brings data in its first packet' 'sh_user proto=6 dport=$p how=fastopen'
	row 46 held 'Multipath TCP' 'sh_user proto=6 dport=$p mptcp=1'
	row 46 held 'Multipath TCP to an allowed peer at another port' 'user $shoot socket $t proto=6 to=$peer dport=$p mptcp=1'
	row 46 held 'an SCTP association' 'sh_user proto=132 dport=$p'
	row 46 held 'TCP from the port of an allowed service' 'sh_root proto=6 dport=$p sport=443'
	row 46 held 'TCP from port 22' 'sh_raw proto=6 dport=$p sport=22'
	row 46 held 'ping of an ordinary user' ping
	row 46 held 'UDP to a port the allowed peer is not allowed at' 'user $shoot socket $t to=$peer dport=4435'
	row 46 held 'UDP to a port allowed for TCP' 'user $shoot socket $t to=$peer dport=443'
	row 46 held 'TCP to a port the allowed peer is not allowed at' \
		'user $shoot socket $t proto=6 to=$peer dport=$p'
	row 46 held 'UDP to an address beside an allowed prefix' \
		'user $shoot socket $t to=$([ $v = 4 ] && echo 198.51.200.129 || echo 2001:db8:200:8000::1) dport=80'
	row 46 held 'UDP to the helpdesk' 'user $shoot socket $t to=$help dport=22'
	row 46 held 'UDP from port 22 to the helpdesk' 'sh_root to=$help sport=22'

	# Who is no repair service, to whom the list names.
	row 46 held "an ordinary program's UDP to an allowed peer" 'others user $shoot socket $t to=$peer dport=4433'
	row 46 held "an ordinary program's TCP to an allowed peer" \
		'others user $shoot socket $t proto=6 to=$peer dport=443 wait=1'
	row 46 held "root's UDP to an allowed peer" 'others host $shoot socket $t to=$peer dport=4433'
	row 46 held "root's raw UDP to an allowed peer" 'others sh_peer'
	row 46 held "root's bare TCP ACK to an allowed peer" 'others sh_peer proto=6 dport=443 flags=16'
	row 46 held "an ordinary program's question to the resolver" \
		'others user $shoot socket $t to=$res dport=53 data=dns-name'
	row 46 held "an ordinary program's stream to the resolver" \
		'others user $shoot socket $t proto=6 to=$res dport=53 data=dns-tcp wait=1'
	row 46 held "an ordinary program's open connection to an allowed peer" 'others true && flow peer'
	row 46 known 'Who runs as a repair service' 'user $shoot socket $t to=$peer dport=4433'
	row 46 known "Frames of root's to whom the list names" \
		'others host $shoot frame $t $l2 from=$own to=$peer sport=4433 dport=4433'
	row 46 known 'A container by a macvlan to whom the list names' \
		'others lent macvlan bridge to=$peer dport=4433'
	row 46 known 'Loopback that root rewrites to whom the list names' rewritten_loopback

	# What was open before.
	row 46 held 'an established UDP flow' 'flow udp'
	row 46 held 'an established TCP connection' 'flow tcp'
	row 46 held 'an established TCP connection from outside' 'flow in'
	row 46 held "a container's established TCP connection" 'flow box'
	row 46 held "a container's TCP connection in a flowtable" offloaded
	row 46 held 'UDP where a firewall of its own tracks connections' filler
	row 46 held 'TCP that a conntrack helper calls related' related_out
	row 46 held 'TCP from outside that a conntrack helper calls related' related_in

	# Packets written by hand.
	for i in "4 IPIP" "41 6in4" "47 GRE" "50 ESP" "51 AH" "132 SCTP" "33 DCCP" "115 L2TP" "89 OSPF" \
		"103 PIM" "112 VRRP" "2 IGMP" "46 RSVP" "137 MPLS-in-IP" "143 Ethernet" "97 EtherIP" "253 experimental"; do
		row 46 held "protocol ${i% *} (${i#* })" "sh_raw proto=${i% *}"
	done
	for i in "0 129 echo reply" "3 1 unreachable" "11 3 time exceeded" "12 4 parameter problem" \
		"5 137 redirect" "13 139 timestamp or node query" "9 134 router advertisement" \
		"4 2 quench or too big" "42 160 extended echo"; do
		row 46 held "ICMP payload: ${i#* * }" "icmp ${i% "${i#* * }"}"
	done
	row 46 held 'raw UDP' sh_raw
	row 46 held 'raw UDP from a foreign source' 'sh_raw from=$help'
	row 46 held "raw UDP from the allowed peer's address" 'sh_raw from=$peer'
	row 46 held 'a bare TCP SYN with data' 'sh_raw proto=6 dport=$p'
	row 46 held 'a bare TCP ACK' 'sh_raw proto=6 dport=$p flags=16'
	row 46 held 'a bare TCP RST' 'sh_raw proto=6 dport=$p flags=4'
	row 46 held 'TCP without any flag' 'sh_raw proto=6 dport=$p flags=0'
	row 46 held 'TCP SYN from port 22 to the helpdesk' \
		'host $shoot raw $t proto=6 from=$own to=$help sport=22 dport=$p'
	row 46 held 'TCP SYN and FIN from port 22 to the helpdesk' \
		'host $shoot raw $t proto=6 flags=3 from=$own to=$help sport=22 dport=$p'
	for i in lsrr rr alert word; do
		row 4 held "IP option to an allowed peer: $i" "sh_peer odd=$i via=\$net"
	done
	row 4 held 'a loose source route by the allowed peer' 'host $shoot socket $t to=$peer dport=4433 odd=lsrr via=$net'
	for i in hop destination route segments mobility host; do
		row 6 held "IPv6 extension header to an allowed peer: $i" "sh_peer odd=$i via=\$net"
	done
	row 46 held 'a first fragment to an allowed peer' 'sh_peer more=1'
	row 46 held 'a later fragment to an allowed peer' 'sh_peer offset=8'
	row 46 held 'a fragment to a stranger' 'sh_raw more=1'
	row 46 held 'raw UDP by the second uplink' 'sh_raw named=1 dev=up1'

	# To many.
	row 4 held 'UDP broadcast' 'sh_root to=255.255.255.255 named=1'
	row 4 held 'UDP broadcast on the subnet' 'sh_root to=192.0.2.255'
	row 46 held 'multicast DNS' 'sh_user to=$([ $v = 4 ] && echo 224.0.0.251 || echo ff02::fb) dport=5353'
	row 46 held 'SSDP' 'sh_user to=$([ $v = 4 ] && echo 239.255.255.250 || echo ff02::c) dport=1900'
	row 46 held 'routed multicast' 'sh_user to=$([ $v = 4 ] && echo 239.1.2.3 || echo ff0e::1234)'
	row 4 held 'an IGMP report' 'sh_raw proto=2 to=224.0.0.22 hops=1'
	row 6 held 'an MLD report' 'sh_raw proto=58 type=143 to=ff02::16 hops=1'
	row 46 held 'UDP to a neighbour on the link' 'sh_user to=$gw'

	# DHCP, DNS and neighbour discovery, which have to be open to somebody.
	row 46 held 'UDP from port 68 to a stranger' 'sh_root sport=$([ $v = 4 ] && echo 68 || echo 546)'
	row 46 held 'UDP from the DHCP client to port 67 of a stranger' \
		'if [ $v = 4 ]; then sh_root sport=68 dport=67; else sh_root sport=546 dport=547; fi'
	row 46 known 'What DHCP options say' \
		'if [ $v = 4 ]; then sh_root to=255.255.255.255 named=1 sport=68 dport=67 data=dhcp
		else sh_root to=ff02::1:2 sport=546 dport=547; fi'
	row 46 held 'DHCP that is longer than it says' \
		'if [ $v = 4 ]; then sh_raw to=255.255.255.255 sport=68 dport=67 odd=far
		else sh_raw to=ff02::1:2 sport=546 dport=547 odd=far; fi'
	row 46 held 'DNS to a resolver of its own choice' 'sh_user dport=53 data=dns-name'
	for i in "name names" "longer a longer name" "other a name of the same length" "two a second question" \
		"tail behind the question" "edns EDNS options" "further a further record" "answer an answer"; do
		row 46 held "a DNS tunnel: ${i#* }" "sh_user to=\$res dport=53 data=dns-${i%% *}"
	done
	row 46 held 'a DNS tunnel: behind the end of UDP' 'sh_raw to=$res dport=53 data=dns-plain odd=beyond'
	row 46 held 'a DNS tunnel: a frame' 'sh_frame to=$res dport=53 data=dns-name'
	row 46 held 'a DNS tunnel: a container' 'at lk-box $shoot socket $t to=$res dport=53 data=dns-name'
	row 46 held 'port 53 of the resolver, but no DNS' 'sh_user to=$res dport=53'
	row 46 held 'DNS over TCP' 'sh_user proto=6 to=$res dport=53 data=dns-tcp wait=1'
	row 46 held 'a refused question with a foreign source' 'sh_root spoofed=1 from=$help to=$res dport=53 data=dns-name'
	row 6 known 'A neighbour solicitation to a stranger' \
		'sh_raw proto=58 type=135 hops=255 data=nd-target'
	row 6 known 'A neighbour advertisement to a stranger' \
		'sh_raw proto=58 type=136 hops=255 data=nd-target'
	row 6 held 'a router solicitation to a stranger' 'sh_raw proto=58 type=133 hops=255 data=token'
	row 6 held 'a neighbour solicitation with long options' \
		'sh_raw proto=58 type=135 hops=255 to=ff02::1 via=$gw6 data=nd-option'
	row 6 held 'a neighbour solicitation that routers pass on' \
		'sh_raw proto=58 type=135 hops=64 data=nd-target'

	# Containers.
	row 46 held 'UDP of a container' box
	row 46 held 'UDP of a container to an allowed peer' 'at lk-box $shoot socket $t to=$peer dport=4433'
	row 46 held 'TCP of a container' 'box proto=6 dport=$p'
	row 46 held 'UDP of a container behind NAT' masquerade
	row 46 held 'ping of a container' \
		'at lk-box $shoot raw $t from=$box to=$net proto=$([ $v = 4 ] && echo 1 || echo 58) type=$([ $v = 4 ] && echo 8 || echo 128)'
	row 46 held 'a container on a bridge with an uplink' 'at lk-box $shoot frame $t $l2 $to_net dev=eth1'
	row 46 held 'a virtual machine on a bridge with an uplink' vm
	row 46 held 'a macvlan of the uplink in a container' 'lent macvlan bridge'
	row 46 held 'a private macvlan of the uplink in a container' 'lent macvlan private'
	row 46 held 'an ipvlan of the uplink in a container' 'lent ipvlan l2'
	row 46 held 'an L3 ipvlan of the uplink in a container' 'lent ipvlan l3'

	# Links that appear or change.
	row 46 held 'UDP by a link that is new' 'new_link sh_root named=1'
	row 46 held 'raw IP by a link that is new' 'new_link sh_raw named=1'
	row 46 known 'Frames by a link that is new' 'new_link sh_frame'
	row 46 held 'UDP by a renamed link' 'other_name wan7 sh_root named=1'
	row 46 known 'Frames by a renamed link' 'other_name wan7 sh_frame'
	row 46 held 'UDP by a link that is named lo' 'other_lo sh_root named=1'
	row 46 known 'Frames by a link that is named lo' 'other_lo sh_frame'
	row 46 known 'A link that was moved to another namespace' moved

	# Devices above the uplink.
	row 46 held 'frames of a VLAN device' 'stacked link up0 type vlan id 5'
	row 46 held 'frames of a QinQ device' 'stacked link up0 type vlan proto 802.1ad id 5'
	row 46 held 'frames of a macvlan device' 'stacked link up0 type macvlan mode private'
	row 46 held 'frames of a MACsec device' 'macsec'
	row 46 held 'UDP by a VLAN device' 'above link up0 type vlan id 5'
	row 46 held 'UDP by a macvlan device' 'above link up0 type macvlan mode bridge'
	row 46 held 'UDP by a macvtap device' 'above link up0 type macvtap mode bridge'
	row 46 held 'UDP by an ipvlan device' 'above link up0 type ipvlan mode l2'
	row 46 held 'UDP by a routing table of its own' vrf
	row 46 held 'an IP6 tunnel' 'tunnel6 ip6tnl mode any local $own6 remote $net6'
	row 46 held 'a GRE tunnel over IPv6' 'tunnel6 ip6gre local $own6 remote $net6'
	row 46 held 'Ethernet by GRE' 'tunnel6 gretap local $own4 remote $net4'
	row 46 held 'Ethernet by GRE over IPv6' 'tunnel6 ip6gretap local $own6 remote $net6'
	row 46 held 'an ERSPAN tunnel' 'tunnel6 erspan local $own4 remote $net4 seq key 7 erspan_ver 1 erspan 7'
	row 46 held 'a VXLAN tunnel to all on the link' 'tunnel6 vxlan id 4 dstport 4789 group 239.1.1.1 dev up0'
	row 46 held 'a bare UDP tunnel' 'tunnel6 bareudp dstport 6635 ethertype ip'
	row 46 held 'WireGuard to a stranger' 'wireguard 4 51998 sh_root'
	for i in 4 6; do
		row 46 held "UDP by WireGuard over IPv$i to its allowed endpoint" "wireguard $i 5183$i sh_root"
		row 46 held "UDP by a VPN over IPv$i to its allowed endpoint" "routed lk-v$i sh_root"
		row 46 held "UDP of a container by a VPN over IPv$i" "routed lk-v$i box"
		row 46 held "a packet written by hand into a VPN over IPv$i" \
			"host \$shoot cooked \$t \$to_net dev=lk-v$i"
		row 46 held "an ordinary program's UDP by a VPN over IPv$i to an allowed peer" \
			"others by_route lk-v$i host \$shoot socket \$t to=\$peer dport=4433"
		row 46 held "UDP from inside a VPN over IPv$i" \
			"at lk-gw \$shoot socket \$t to=\$(inside lk-v$i) dport=8080"
	done
	row 46 held 'what is allowed by a VPN to a stranger' \
		'by_route lk-no host $shoot socket $t to=$peer dport=4433'
	row 46 known 'Any program to the endpoint of a VPN' 'others user $shoot socket $t to=$vpn dport=5182$v'
	row 46 held 'UDP to another port of the endpoint of a VPN' 'sh_user to=$vpn dport=51821'
	row 46 held 'IPsec to a stranger' 'transformed transport $net'
	row 46 held 'IPsec by a tunnel to a stranger' 'transformed tunnel $peer'
	row 4 held 'an IPIP tunnel' 'tunnel ipip local $own4 remote $net4'
	row 4 held 'a GRE tunnel' 'tunnel gre local $own4 remote $net4'
	row 4 held 'a SIT tunnel' 'tunnel sit mode any local $own4 remote $net4'
	row 4 held 'a VXLAN tunnel' 'tunnel vxlan id 3 dstport 4789 remote $net4'
	row 4 held 'a VXLAN tunnel over IPv6' 'tunnel vxlan id 3 dstport 4789 remote $net6'
	row 4 held 'a GENEVE tunnel' 'tunnel geneve id 3 remote $net4'
	row 46 held 'seg6 encapsulation to a stranger' 'lightweight encap seg6 mode encap segs $net6'
	row 6 held 'seg6 insertion of a stranger' 'lightweight encap seg6 mode inline segs $net6'
	row 6 held 'RPL source route to a stranger' 'lightweight encap rpl segs $net6'

	# Frames below IP.
	row 46 held 'a raw frame with IP' sh_frame
	row 46 held 'a raw frame past the queue' 'host $shoot bypass $t $l2 $to_net'
	row 46 held 'a cooked frame' 'host $shoot cooked $t $l2 $to_net'
	row 46 held 'a raw frame by the second uplink' 'sh_frame dev=up1'
	row 46 held 'a raw frame to everybody' 'sh_frame dmac=ff:ff:ff:ff:ff:ff'
	row 46 held 'a raw frame of a hardware address not ours' 'sh_frame smac=02:00:00:00:77:77'
	row 46 held 'a raw frame with a VLAN tag' 'sh_frame vlan=5'
	row 46 held 'a raw frame with the VLAN tag 0' 'sh_frame outer=0 vlan=0x8000'
	row 46 held 'a raw frame with two VLAN tags' 'sh_frame outer=6 vlan=5'
	row 46 held 'a raw frame with a fragment to an allowed peer' \
		'sh_frame to=$peer dport=4433 offset=8'
	row 46 known 'A frame of allowed IP to hardware that is not the gateway' \
		'sh_frame to=$peer dport=4433 dmac=$roguemac'
	row 46 known 'The trailer of an allowed frame' 'sh_frame to=$peer dport=4434 trailer=1'
	row 4 held 'IPv4 under the type of IPv6' 'sh_frame ether=0x86dd'
	row 6 held 'IPv6 under the type of IPv4' 'sh_frame ether=0x0800'
	for i in "88cc LLDP" "88b5 experimental" "8863 PPPoE discovery" "8864 PPPoE" "8847 MPLS" "0842 wake-on-LAN" \
		"0026 802.3 with LLC" "8137 IPX" "88e5 MACsec" "8902 CFM" "22f0 AVTP" "88f7 PTP" "6003 DECnet" "9000 loopback"; do
		row 4 held "a frame of type ${i% "${i#* }"}(${i#* })" "sh_frame ether=0x${i% "${i#* }"}"
	done
	row 4 known 'EAPOL frames' 'sh_frame ether=0x888e dmac=01:80:c2:00:00:03'
	row 4 held 'ARP padding' 'sh_frame ether=0x0806 data=arp-padding to=$gw dmac=ff:ff:ff:ff:ff:ff'
	row 4 held 'ARP with a sender of its own making' \
		'sh_frame ether=0x0806 data=arp-fields to=$gw dmac=ff:ff:ff:ff:ff:ff'
	row 4 held 'ARP padding under RARP' 'sh_frame ether=0x8035 data=arp-padding'
	row 6 held 'a raw frame with long ND options' \
		'sh_frame to=ff02::1 dmac=33:33:00:00:00:01 proto=58 type=135 hops=255 via=$gw6 data=nd-option'
	row 4 held 'a raw frame with DHCP from another port' 'sh_frame to=255.255.255.255 dport=67 sport=69 data=dhcp'

	# Root with nft, iptables and tc.
	row 46 held 'an accepting chain laid later' early_accept
	row 46 held 'an accepting chain at the end' late_accept
	row 46 held 'accept by mark' marked
	row 46 held 'untracked packets' notrack
	for i in nft legacy; do row 46 held "accept by iptables-$i" "iptables_accept $i"; done
	row 46 held 'DNAT of what is allowed' 'dnat $peer host $shoot socket $t to=$peer dport=4433'
	row 46 held 'DNAT of loopback' \
		'dnat $([ $v = 4 ] && echo 127.0.0.9 || echo ::1) host $shoot socket $t to=$([ $v = 4 ] && echo 127.0.0.9 || echo ::1) from=$own spoofed=1'
	row 46 held 'an address rewritten on the way out' 'rewrite 0'
	row 46 held 'an address rewritten at the last priority' 'rewrite 2147483647'
	row 46 held 'dup to a stranger' dup
	row 46 held 'dup of loopback' dup_loopback
	row 46 held 'fwd of loopback at ingress' 'fwd lo ingress fwd'
	row 46 held 'fwd of loopback at egress' 'fwd lo egress fwd'
	row 46 held 'dup of loopback at ingress' 'fwd lo ingress dup'
	row 46 held "fwd of a container's frames" fwd_box
	row 46 held 'reject as an answer to a stranger' rejecting
	row 46 known 'Redirection by tc' mirred
	row 4 known 'Rewriting by tc' rewritten
	row 46 known 'Redirection by XDP' redirected
	row 46 known 'AF_XDP' 'host $shoot xdp $t $l2 $to_net'

	# Inwards, and who stands on the link.
	row 46 held 'TCP of a stranger to port 22' 'sh_in proto=6 dport=22 sport=$p wait=1'
	row 46 held 'TCP of a stranger to port 8080' 'sh_in proto=6 dport=8080 sport=$p wait=1'
	row 46 held 'TCP of a stranger to a closed port' 'sh_in proto=6 dport=81 sport=$p'
	row 46 held 'UDP of a stranger' 'sh_in dport=8080'
	row 46 held 'UDP of a stranger from port 53' 'sh_in dport=8080 sport=53'
	row 46 held 'UDP of a stranger from port 67' 'sh_in dport=8080 sport=$([ $v = 4 ] && echo 67 || echo 547)'
	row 46 held 'ping of a stranger' \
		'at lk-net $shoot raw $t from=$net to=$own proto=$([ $v = 4 ] && echo 1 || echo 58) type=$([ $v = 4 ] && echo 8 || echo 128)'
	row 4 held 'UDP of a stranger with an IP option' 'sh_in_raw odd=rr'
	row 6 held 'UDP of a stranger behind an extension header' 'sh_in_raw odd=destination'
	row 4 held 'UDP of an allowed peer with an IP option' \
		'at lk-peer $shoot raw $t from=$peer to=$own sport=4433 dport=8080 odd=rr'
	row 6 held 'UDP of an allowed peer behind an extension header' \
		'at lk-peer $shoot raw $t from=$peer to=$own sport=4433 dport=8080 odd=destination'
	row 46 held 'UDP of a stranger in fragments' 'fragments_in lk-net $net'
	row 46 held 'UDP of an allowed peer in fragments' 'fragments_in lk-peer $peer'
	row 46 held 'UDP of a stranger to a container' \
		'at lk-net $shoot socket $t to=$box dport=8080'
	row 46 held 'TCP of the allowed peer to port 22' 'at lk-peer $shoot socket $t proto=6 to=$own dport=22 sport=$p wait=1'
	row 46 held 'TCP of the allowed peer from its allowed port' \
		'at lk-peer $shoot socket $t proto=6 to=$own dport=8080 sport=8443 wait=1'
	row 46 held 'TCP of the helpdesk to port 8080' 'at lk-help $shoot socket $t proto=6 to=$own dport=8080 sport=$p wait=1'
	row 46 held 'UDP of a neighbour' 'at lk-gw $shoot socket $t to=$own dport=8080'
	row 46 held 'UDP of a neighbour to everybody' \
		'wire_in to=$all dmac=ff:ff:ff:ff:ff:ff'
	row 46 held 'UDP of a neighbour by a tagged frame' 'wire_in vlan=0x8000'
	row 46 known 'A forged answer of an allowed peer' 'wire_in from=$peer sport=4433'
	row 46 known 'A rogue next hop' poison
	row 46 known 'Root can delete the table' deleted
}
