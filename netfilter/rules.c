// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h> /* before the kernel's own */
#include <string.h>

#include <linux/if_arp.h>
#include <linux/if_ether.h>

#include "agent/base/count.h"
#include "netfilter/rules.h"

/* Numbers of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4861, 3810) that the header files name at length.
 */
enum {
	ICMP_UNREACHABLE = 3, /* with "fragmentation needed": path MTU */
	ICMP_EXCEEDED = 11,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_EXCEEDED = 3,
	ICMP6_BAD_PARAMETER = 4,
	MLD_QUERY = 130,
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT = 134,
	ND_NEIGHBOUR_SOLICIT = 135,
	ND_NEIGHBOUR_ADVERT = 136,
	MLD_REPORT = 143,
};

/* Neighbour discovery counts only from the link itself, and ours needs no more than one option. */
/* clang-format off */
#define ND_IN(type)  { IP6_NEXTHDR(IPPROTO_ICMPV6), IP6_HOPLIMIT(255), ICMP_TYPE(type), ACCEPT }
#define ND_OUT(type, of, n) { IP6_NEXTHDR(IPPROTO_ICMPV6), IP6_HOPLIMIT(255), IP6_LENGTH_TO(32), \
			      ICMP_TYPE(type), of, LIMIT(n), ACCEPT }
#define ARP_OUT(what, of, n) { ARP_OF_IP4, what, FRAME_LENGTH(42), of, LIMIT(n), ACCEPT }
#define RS_OUT	     { IP6_NEXTHDR(IPPROTO_ICMPV6), IP6_HOPLIMIT(255), IP6_LENGTH_TO(16), \
		       IP6_TO_LINK, ICMP_TYPE(ND_ROUTER_SOLICIT), LIMIT(5), ACCEPT }
/*
 * RFC 3810: without reports, a switch that listens to them sends no solicitation our way.  A
 * Router Alert option is all that stands before one, as the kernel writes it.
 */
#define MLD_HEADERS  IP6_NEXTHDR(IPPROTO_HOPOPTS), IP6_HOPLIMIT(1), \
		     FIELD_(NETWORK, 40, 4, 0, EQ, 0x3a000502), FIELD_(NETWORK, 44, 4, 0, EQ, 0x0100)
#define MLD_IN	     { MLD_HEADERS, ICMP_TYPE(MLD_QUERY), ACCEPT }
#define MLD_OUT	     { MLD_HEADERS, IP6_TO_LINK, ICMP_TYPE(MLD_REPORT), LIMIT(5), ACCEPT }
#define ICMP(type)   { IP4_PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(type), ACCEPT }
#define ICMP6(type)  { IP6_NEXTHDR(IPPROTO_ICMPV6), ICMP_TYPE(type), ACCEPT }
/* clang-format on */
#define UDP4 IP4_PROTOCOL(IPPROTO_UDP)
#define TCP4 IP4_PROTOCOL(IPPROTO_TCP)
#define UDP6 IP6_NEXTHDR(IPPROTO_UDP)
#define TCP6 IP6_NEXTHDR(IPPROTO_TCP)
/* RFC 826: of Ethernet and IPv4, in its only form; 802.1X: versions and types there are. */
#define ARP_OF_IP4	   FIELD_(NETWORK, 0, 4, 0, EQ, 0x00010800)
#define ARP_TARGET_UNKNOWN FIELD_(NETWORK, 18, 4, 0, EQ, 0), FIELD_(NETWORK, 22, 2, 0, EQ, 0)
#define ARP_REQUEST	   FIELD_(NETWORK, 4, 4, 0, EQ, 0x06040001), ARP_TARGET_UNKNOWN
#define ARP_REPLY	   FIELD_(NETWORK, 4, 4, 0, EQ, 0x06040002)
#define EAPOL_KNOWN	   FIELD_(LL, 14, 1, 0, LTE, 3), FIELD_(LL, 15, 1, 0, LTE, 3)
#define IS_LACP		   FIELD_(NETWORK, 0, 2, 0, EQ, 0x0101) /* 802.1AX: subtype, version */
/* Where answers of any resolver may go: so port 53 of a stranger reaches no service. */
#define UNPRIVILEGED DPORT_UP(1024)

/*
 * The ruleset.  What no rule accepts meets the policy: drop.  There is no connection
 * tracking in it, so what was established before is as cut as anything else: an answer is
 * known by its ports, and one that would open a TCP connection is none.
 *
 * DHCP goes to all on the link, never to an address of a program's choice: a lease that cannot
 * be renewed with its server alone is renewed with all of them (RFC 2131, section 4.4.5).  Of
 * IPv6, a server or relay on the link may be spoken to.  Its length is the IP packet's: behind the
 * end of UDP there would be room for more.
 */
const struct rule rules[] = {
	{ ALWAYS, "input", { IN_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "input", { IS_IPV4, GOTO("in4") } },
	{ ALWAYS, "input", { IS_IPV6, GOTO("in6") } },
	{ ALWAYS, "output", { OUT_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "output", { JUMP("sender") } },
	{ ALWAYS, "output", { GOTO("refuse") } },
	{ ALWAYS, "postrouting", { OUT_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "postrouting", { IS_IPV4, GOTO("out4") } },
	{ ALWAYS, "postrouting", { IS_IPV6, GOTO("out6") } },

	/*
	 * Who sends it is known in this hook alone: later a packet may have left its socket, and at
	 * links a frame never had one.  So what only the repair services may say is held here, and
	 * there it is held to the list.
	 */
	{ WHEN_WHO, "sender", { IS_IPV4, BY_OTHERS, GOTO("any4") } },
	{ WHEN_WHO, "sender", { IS_IPV6, BY_OTHERS, GOTO("any6") } },
	{ ALWAYS, "sender", { IS_IPV4, GOTO("out4") } },
	{ ALWAYS, "sender", { IS_IPV6, GOTO("out6") } },

	{ ALWAYS, "in4", { IP4_ODD, DROP } },
	{ ALWAYS, "in4", { IP4_FRAGMENT, DROP } },
	{ WHEN(PEERS_IN4), "in4", { IN_SET4(IP4_SADDR, L4_DPORT, "in4"), ACCEPT } },
	{ WHEN(PEERS_IN4_NETS), "in4", { IN_SET4(IP4_SADDR, L4_DPORT, "in4-nets"), ACCEPT } },
	{ ALWAYS, "in4", { TCP4, TCP_OPENING, DROP } },
	{ WHEN(PEERS_OUT4), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "out4"), ACCEPT } },
	{ WHEN(PEERS_OUT4_NETS), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "out4-nets"), ACCEPT } },
	{ WHEN(PEERS_OUT4_MAIN),
	  "in4",
	  { TCP4, MAIN_PORT(AF_INET, L4_SPORT), AMONG4(IP4_SADDR, "out4-main"), ACCEPT } },
	{ WHEN(PEERS_VPN4), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "vpn4"), ACCEPT } },
	{ WHEN(PEERS_VPN4_NETS), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "vpn4-nets"), ACCEPT } },
	{ WHEN(PEERS_OPEN4), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "open4"), ACCEPT } },
	{ WHEN_DNS, "in4", { UDP4, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_TCP53, "in4", { TCP4, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DHCP, "in4", { UDP4, SPORT(67), DPORT(68), ACCEPT } },
	{ ALWAYS, "in4", ICMP(ICMP_UNREACHABLE) },
	{ ALWAYS, "in4", ICMP(ICMP_EXCEEDED) },

	{ ALWAYS, "out4", { IP4_ODD, DROP } },
	{ ALWAYS, "out4", { IP4_FRAGMENT, DROP } },
	{ WHEN_NAMES, "out4", { UDP4, DPORT(53), GOTO("ask4") } },
	{ WHEN(PEERS_OUT4), "out4", { IN_SET4(IP4_DADDR, L4_DPORT, "out4"), ACCEPT } },
	{ WHEN(PEERS_OUT4_NETS), "out4", { IN_SET4(IP4_DADDR, L4_DPORT, "out4-nets"), ACCEPT } },
	{ WHEN(PEERS_OUT4_MAIN),
	  "out4",
	  { TCP4, MAIN_PORT(AF_INET, L4_DPORT), AMONG4(IP4_DADDR, "out4-main"), ACCEPT } },
	{ WHEN_DNS, "out4", { UDP4, DPORT(53), ACCEPT } },
	{ WHEN_TCP53, "out4", { TCP4, DPORT(53), ACCEPT } },
	{ ALWAYS, "out4", { GOTO("any4") } },

	/*
	 * What any program may send: its lease, a VPN's outside, answers to who was let in, and
	 * what is `open`.
	 */
	{ ALWAYS, "any4", { IP4_ODD, DROP } },
	{ ALWAYS, "any4", { IP4_FRAGMENT, DROP } },
	{ WHEN_DHCP,
	  "any4",
	  { UDP4, SPORT(68), DPORT(67), IP4_TO_ALL, IP4_LENGTH_TO(620), LIMIT(5), ACCEPT } },
	{ WHEN(PEERS_VPN4), "any4", { IN_SET4(IP4_DADDR, L4_DPORT, "vpn4"), ACCEPT } },
	{ WHEN(PEERS_VPN4_NETS), "any4", { IN_SET4(IP4_DADDR, L4_DPORT, "vpn4-nets"), ACCEPT } },
	{ WHEN_REFUSE, "any4", { TCP4, DPORT(53), RETURN } },
	{ WHEN(PEERS_OPEN4), "any4", { IN_SET4(IP4_DADDR, L4_DPORT, "open4"), ACCEPT } },
	{ WHEN_OPEN_NAMES, "any4", { UDP4, DPORT(53), DNS_QUESTION, GOTO("open-ask4") } },
	{ ALWAYS, "any4", { TCP4, TCP_OPENING, DROP } },
	{ WHEN(PEERS_IN4), "any4", { IN_SET4(IP4_DADDR, L4_SPORT, "in4"), ACCEPT } },
	{ WHEN(PEERS_IN4_NETS), "any4", { IN_SET4(IP4_DADDR, L4_SPORT, "in4-nets"), ACCEPT } },

	{ ALWAYS, "in6", { IP6_ODD, DROP } },
	{ WHEN(PEERS_IN6), "in6", { IN_SET6(IP6_SADDR, L4_DPORT, "in6"), ACCEPT } },
	{ WHEN(PEERS_IN6_NETS), "in6", { IN_SET6(IP6_SADDR, L4_DPORT, "in6-nets"), ACCEPT } },
	{ ALWAYS, "in6", { TCP6, TCP_OPENING, DROP } },
	{ WHEN(PEERS_OUT6), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "out6"), ACCEPT } },
	{ WHEN(PEERS_OUT6_NETS), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "out6-nets"), ACCEPT } },
	{ WHEN(PEERS_OUT6_MAIN),
	  "in6",
	  { TCP6, MAIN_PORT(AF_INET6, L4_SPORT), AMONG6(IP6_SADDR, "out6-main"), ACCEPT } },
	{ WHEN(PEERS_VPN6), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "vpn6"), ACCEPT } },
	{ WHEN(PEERS_VPN6_NETS), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "vpn6-nets"), ACCEPT } },
	{ WHEN(PEERS_OPEN6), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "open6"), ACCEPT } },
	{ WHEN_DNS, "in6", { UDP6, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_TCP53, "in6", { TCP6, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DHCP, "in6", { UDP6, SPORT(547), DPORT(546), ACCEPT } },
	{ ALWAYS, "in6", MLD_IN },
	{ ALWAYS, "in6", ND_IN(ND_ROUTER_ADVERT) },
	{ ALWAYS, "in6", ND_IN(ND_NEIGHBOUR_SOLICIT) },
	{ ALWAYS, "in6", ND_IN(ND_NEIGHBOUR_ADVERT) },
	{ ALWAYS, "in6", ICMP6(ICMP6_UNREACHABLE) },
	{ ALWAYS, "in6", ICMP6(ICMP6_TOO_BIG) },
	{ ALWAYS, "in6", ICMP6(ICMP6_EXCEEDED) },
	{ ALWAYS, "in6", ICMP6(ICMP6_BAD_PARAMETER) },

	{ ALWAYS, "out6", { IP6_ODD, DROP } },
	{ WHEN_NAMES, "out6", { UDP6, DPORT(53), GOTO("ask6") } },
	{ WHEN(PEERS_OUT6), "out6", { IN_SET6(IP6_DADDR, L4_DPORT, "out6"), ACCEPT } },
	{ WHEN(PEERS_OUT6_NETS), "out6", { IN_SET6(IP6_DADDR, L4_DPORT, "out6-nets"), ACCEPT } },
	{ WHEN(PEERS_OUT6_MAIN),
	  "out6",
	  { TCP6, MAIN_PORT(AF_INET6, L4_DPORT), AMONG6(IP6_DADDR, "out6-main"), ACCEPT } },
	{ WHEN_DNS, "out6", { UDP6, DPORT(53), ACCEPT } },
	{ WHEN_TCP53, "out6", { TCP6, DPORT(53), ACCEPT } },
	{ ALWAYS, "out6", { GOTO("any6") } },

	{ ALWAYS, "any6", { IP6_ODD, DROP } },
	{ WHEN_DHCP,
	  "any6",
	  { UDP6, SPORT(546), DPORT(547), IP6_TO_LINK, IP6_LENGTH_TO(600), LIMIT(5), ACCEPT } },
	{ WHEN_DHCP,
	  "any6",
	  { UDP6, SPORT(546), DPORT(547), IP6_TO_LINK_LOCAL, IP6_LENGTH_TO(600), LIMIT(5),
	    ACCEPT } },
	{ ALWAYS, "any6", MLD_OUT },
	{ ALWAYS, "any6", RS_OUT },
	/* Or a container that asks for many neighbours would keep this host from its gateway. */
	{ ALWAYS, "any6", ND_OUT(ND_NEIGHBOUR_SOLICIT, FROM_HERE, 40) },
	{ ALWAYS, "any6", ND_OUT(ND_NEIGHBOUR_SOLICIT, PASSED_ON, 10) },
	{ ALWAYS, "any6", ND_OUT(ND_NEIGHBOUR_ADVERT, FROM_HERE, 40) },
	{ ALWAYS, "any6", ND_OUT(ND_NEIGHBOUR_ADVERT, PASSED_ON, 10) },
	{ WHEN(PEERS_VPN6), "any6", { IN_SET6(IP6_DADDR, L4_DPORT, "vpn6"), ACCEPT } },
	{ WHEN(PEERS_VPN6_NETS), "any6", { IN_SET6(IP6_DADDR, L4_DPORT, "vpn6-nets"), ACCEPT } },
	{ WHEN_REFUSE, "any6", { TCP6, DPORT(53), RETURN } },
	{ WHEN(PEERS_OPEN6), "any6", { IN_SET6(IP6_DADDR, L4_DPORT, "open6"), ACCEPT } },
	{ WHEN_OPEN_NAMES, "any6", { UDP6, DPORT(53), DNS_QUESTION, GOTO("open-ask6") } },
	{ ALWAYS, "any6", { TCP6, TCP_OPENING, DROP } },
	{ WHEN(PEERS_IN6), "any6", { IN_SET6(IP6_DADDR, L4_SPORT, "in6"), ACCEPT } },
	{ WHEN(PEERS_IN6_NETS), "any6", { IN_SET6(IP6_DADDR, L4_SPORT, "in6-nets"), ACCEPT } },

	/*
	 * Questions, to whom they may be put, are accepted by the rules of question.h.  Who sends
	 * another one gets EPERM at once, and only over TCP would wait: there it is refused.
	 */
	{ WHEN(PEERS_OUT4),
	  "ask4",
	  { IN_SET4(IP4_DADDR, L4_DPORT, "out4"), DNS_QUESTION, GOTO("question4") } },
	{ WHEN(PEERS_OUT4_NETS),
	  "ask4",
	  { IN_SET4(IP4_DADDR, L4_DPORT, "out4-nets"), DNS_QUESTION, GOTO("question4") } },
	{ WHEN_DNS, "ask4", { DNS_QUESTION, GOTO("question4") } },
	{ WHEN(PEERS_OUT6),
	  "ask6",
	  { IN_SET6(IP6_DADDR, L4_DPORT, "out6"), DNS_QUESTION, GOTO("question6") } },
	{ WHEN(PEERS_OUT6_NETS),
	  "ask6",
	  { IN_SET6(IP6_DADDR, L4_DPORT, "out6-nets"), DNS_QUESTION, GOTO("question6") } },
	{ WHEN_DNS, "ask6", { DNS_QUESTION, GOTO("question6") } },
	{ WHEN_REFUSE, "refuse", { CARRIES(IPPROTO_TCP), DPORT(53), REFUSE } },

	/* Frames.  A packet socket names one protocol and may write another into the frame. */
	{ ALWAYS, "ingress", { IS_PROTOCOL(ETH_P_IP), GOTO("in4") } },
	{ ALWAYS, "ingress", { IS_PROTOCOL(ETH_P_IPV6), GOTO("in6") } },
	{ ALWAYS, "ingress", { IS_PROTOCOL(ETH_P_ARP), ACCEPT } },
	{ ALWAYS, "ingress", { IS_PROTOCOL(ETH_P_PAE), ACCEPT } },
	{ ALWAYS, "ingress-bonded", { IS_PROTOCOL(ETH_P_SLOW), ETHER_SLOW, ACCEPT } },
	{ ALWAYS, "ingress-bonded", { GOTO("ingress") } },

	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_ETHER), GOTO("frame") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_NONE), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_PPP), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_RAWIP), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_TUNNEL), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_TUNNEL6), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_SIT), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_IPGRE), GOTO("bare") } },
	{ ALWAYS, "egress", { OUT_LINK_TYPE(ARPHRD_IP6GRE), GOTO("bare") } },
	{ ALWAYS,
	  "egress-bonded",
	  { IS_PROTOCOL(ETH_P_SLOW), ETHER_TYPE(ETH_P_SLOW), ETHER_SLOW, IS_LACP, FRAME_LENGTH(124),
	    LIMIT(10), ACCEPT } },
	{ ALWAYS, "egress-bonded", { GOTO("egress") } },

	{ ALWAYS, "bare", { IS_PROTOCOL(ETH_P_IP), GOTO("out4") } },
	{ ALWAYS, "bare", { IS_PROTOCOL(ETH_P_IPV6), GOTO("out6") } },

	{ ALWAYS, "frame", { IS_PROTOCOL(ETH_P_IP), ETHER_TYPE(ETH_P_IP), GOTO("out4") } },
	{ ALWAYS, "frame", { IS_PROTOCOL(ETH_P_IPV6), ETHER_TYPE(ETH_P_IPV6), GOTO("out6") } },
	{ ALWAYS, "frame", { IS_PROTOCOL(ETH_P_ARP), ETHER_TYPE(ETH_P_ARP), GOTO("arp-out") } },
	{ ALWAYS,
	  "frame",
	  { IS_PROTOCOL(ETH_P_PAE), ETHER_TYPE(ETH_P_PAE), EAPOL_KNOWN, LIMIT(50), ACCEPT } },
	{ ALWAYS, "frame", { ETHER_TYPE(ETH_P_8021Q), GOTO("tagged") } },
	{ ALWAYS, "frame", { ETHER_TYPE(ETH_P_8021AD), GOTO("tagged") } },

	/*
	 * The host's own VLAN devices.  Their tag is not in the frame yet; in one that a packet
	 * socket wrote, the inner type lies where the kernel takes the IP header's length from.
	 */
	{ ALWAYS, "tagged", { IS_PROTOCOL(ETH_P_IP), IP4_LENGTH(ETH_P_IP), DROP } },
	{ ALWAYS, "tagged", { IS_PROTOCOL(ETH_P_IPV6), IP6_FLOW_LOW(ETH_P_IPV6), DROP } },
	{ ALWAYS, "tagged", { IS_PROTOCOL(ETH_P_IP), TAGGED_TYPE(ETH_P_IP), GOTO("out4") } },
	{ ALWAYS, "tagged", { IS_PROTOCOL(ETH_P_IPV6), TAGGED_TYPE(ETH_P_IPV6), GOTO("out6") } },
	{ ALWAYS, "tagged", { IS_PROTOCOL(ETH_P_ARP), TAGGED_TYPE(ETH_P_ARP), GOTO("arp-out") } },

	{ ALWAYS, "arp-out", ARP_OUT(ARP_REQUEST, FROM_HERE, 15) },
	{ ALWAYS, "arp-out", ARP_OUT(ARP_REQUEST, PASSED_ON, 5) },
	{ ALWAYS, "arp-out", ARP_OUT(ARP_REPLY, FROM_HERE, 15) },
	{ ALWAYS, "arp-out", ARP_OUT(ARP_REPLY, PASSED_ON, 5) },
};

const size_t rules_n = COUNT(rules);

const struct rules_chain rules_chains[] = {
	{ "in4", RULES_PACKETS | RULES_FRAMES },
	{ "in6", RULES_PACKETS | RULES_FRAMES },
	{ "out4", RULES_PACKETS | RULES_FRAMES },
	{ "out6", RULES_PACKETS | RULES_FRAMES },
	{ "ask4", RULES_PACKETS | RULES_FRAMES },
	{ "ask6", RULES_PACKETS | RULES_FRAMES },
	{ "question4", RULES_PACKETS | RULES_FRAMES },
	{ "question6", RULES_PACKETS | RULES_FRAMES },
	{ "open-ask4", RULES_PACKETS | RULES_FRAMES },
	{ "open-ask6", RULES_PACKETS | RULES_FRAMES },
	{ "refuse", RULES_PACKETS },
	{ "any4", RULES_PACKETS | RULES_FRAMES },
	{ "any6", RULES_PACKETS | RULES_FRAMES },
	{ "sender", RULES_PACKETS },
	{ "ingress", RULES_FRAMES },
	{ "ingress-bonded", RULES_FRAMES },
	{ "egress", RULES_FRAMES },
	{ "egress-bonded", RULES_FRAMES },
	{ "bare", RULES_FRAMES },
	{ "frame", RULES_FRAMES },
	{ "tagged", RULES_FRAMES },
	{ "arp-out", RULES_FRAMES },
};

const size_t rules_n_chains = COUNT(rules_chains);

unsigned rules_tables(const char *chain)
{
	for (size_t i = 0; i < rules_n_chains; i++) {
		if (!strcmp(rules_chains[i].name, chain))
			return rules_chains[i].tables;
	}
	return RULES_PACKETS; /* a base chain; those of frames are made link by link */
}
