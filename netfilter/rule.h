/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vocabulary for rules, so that a ruleset in C reads like one in nft(8): a rule
 * is a row of terms, each a condition on the packet or what to do with it.
 */
#pragma once

#include <linux/if_packet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stddef.h>
#include <stdint.h>

struct batch;
struct who;

enum term_op {
	TERM_END,
	TERM_META,     /* load key `at`, compare */
	TERM_NAMED,    /* load the interface's name `at`: it begins with `name` */
	TERM_PROTOCOL, /* the same with NFT_META_PROTOCOL, which the kernel keeps in wire order */
	TERM_PAYLOAD,  /* load `len` bytes at `at` of header `base`, mask, compare */
	TERM_BYTES,    /* the same with 16 bytes at most, `bytes`, of which `bits` count */
	TERM_IN_SET,   /* look address . protocol . port up in set `name` */
	TERM_AMONG,    /* look the address up in set `name` */
	TERM_MAIN,     /* port at `at` is `value`; `base` is the family whose main port it is */
	TERM_OTHERS,   /* sent by a program outside of the cgroup `who` */
	TERM_RANGE,    /* load `len` bytes at `at` of header `base`: from `value` to `mask` */
	TERM_STATE,    /* the connection is in one of the states `value` (NF_CT_STATE_BIT) */
	TERM_COUNTER,
	TERM_LIMIT,   /* `value` packets a second at most, in bursts of twice as many */
	TERM_PACE,    /* the same without CONFIG_NFT_LIMIT: token `mask` is free, and taken */
	TERM_REFUSE,  /* resets the sender's TCP connection; from the hook `output` alone */
	TERM_VERDICT, /* `value`, to chain `name` when it is a jump or goto */
};

#define RULE_NAME 16 /* in place, so that a table of rules has no pointers to be relocated */

struct term {
	enum term_op op;
	uint8_t base, len, at;
	uint8_t proto_at, port_at; /* of TERM_IN_SET */
	uint8_t cmp;		   /* enum nft_cmp_ops */
	uint32_t mask, value;	   /* host order; mask 0: none */
	char name[RULE_NAME];
	const uint8_t *bytes, *bits; /* of TERM_BYTES */
	const struct who *who; /* of TERM_OTHERS; without one, or of level 0, there is no rule */
};

#define PACE_SET    "paced" /* of taken tokens, which come back by themselves (lacks.h) */
#define PACE_TOKENS 4	    /* a rule; each is away for so many times the limit's interval */

#define TERM_BYTES_MAX 16 /* NFT_REG_SIZE, what one comparison takes */
#define RULE_TERMS     8

struct rule {
	uint32_t when; /* the ruleset's own: under which circumstances the rule is wanted */
	char chain[RULE_NAME];
	struct term terms[RULE_TERMS];
};

/* Appends the rule to its chain. */
void rule_add(struct batch *b, const char *table, const struct rule *rule);

/* The same with terms of any number. */
void rule_add_terms(struct batch *b, const char *table, const char *chain, const struct term *terms,
		    size_t n);

/* Offsets of fields for IN_SET4 and IN_SET6 (RFC 791, 8200), and of the ports. */
#define IP4_SADDR 12
#define IP4_DADDR 16
#define IP6_SADDR 8
#define IP6_DADDR 24
#define L4_SPORT  0
#define L4_DPORT  2

/* clang-format off */
#define META_(key, size, val) { .op = TERM_META, .at = (key), .len = (size), .value = (val) }
#define FIELD_(hdr, off, size, bits, how, val) \
	{ .op = TERM_PAYLOAD, .base = NFT_PAYLOAD_##hdr##_HEADER, .at = (off), .len = (size), \
	  .mask = (bits), .cmp = NFT_CMP_##how, .value = (val) }
#define IN_SET_(size, addr, proto, port, set) \
	{ .op = TERM_IN_SET, .len = (size), .at = (addr), .proto_at = (proto), \
	  .port_at = (port), .name = (set) }
#define AMONG_(size, addr, set) \
	{ .op = TERM_AMONG, .len = (size), .at = (addr), .name = (set) }
#define BYTES_(hdr, off, size, of, that_count) \
	{ .op = TERM_BYTES, .base = NFT_PAYLOAD_##hdr##_HEADER, .at = (off), .len = (size), \
	  .cmp = NFT_CMP_EQ, .bytes = (of), .bits = (that_count) }
#define VERDICT_(code, to) { .op = TERM_VERDICT, .value = (uint32_t)(code), .name = (to) }

/* Loopback is interface 1 of every namespace; its name can be changed or taken by another. */
#define IN_BY_LOOPBACK	META_(NFT_META_IIF, 4, 1)
#define OUT_BY_LOOPBACK META_(NFT_META_OIF, 4, 1)
/* By any link whose name begins so. */
#define IN_BY_NAMES(begin) \
	{ .op = TERM_NAMED, .at = NFT_META_IIFNAME, .len = sizeof(begin) - 1, .name = (begin) }
#define IS_IPV4		META_(NFT_META_NFPROTO, 1, NFPROTO_IPV4)
#define IS_IPV6		META_(NFT_META_NFPROTO, 1, NFPROTO_IPV6)

/* Of the frame.  What the sender's socket says it carries, and what its bytes say: both. */
#define IS_PROTOCOL(n)	 { .op = TERM_PROTOCOL, .at = NFT_META_PROTOCOL, .len = 2, .value = (n) }
#define FRAME_LENGTH(n)	 META_(NFT_META_LEN, 4, n)
#define OUT_LINK_TYPE(n) META_(NFT_META_OIFTYPE, 2, n) /* ARPHRD_ */
/* Made by this host, or of another one (a container, a virtual machine) and passed on by a bridge. */
#define FROM_HERE META_(NFT_META_PKTTYPE, 1, PACKET_HOST)
#define PASSED_ON \
	{ .op = TERM_META, .at = NFT_META_PKTTYPE, .len = 1, .value = PACKET_HOST, \
	  .cmp = NFT_CMP_NEQ }
#define ETHER_TYPE(n)	 FIELD_(LL, 12, 2, 0, EQ, n)
#define TAGGED_TYPE(n)	 FIELD_(LL, 16, 2, 0, EQ, n) /* behind one VLAN tag */
#define ETHER_SLOW	 FIELD_(LL, 0, 4, 0, EQ, 0x0180c200), FIELD_(LL, 4, 2, 0, EQ, 0x0002)

#define IP4_ODD		 FIELD_(NETWORK, 0, 1, 0, NEQ, 0x45) /* options, or not IPv4 at all */
#define IP4_LENGTH(n)	 FIELD_(NETWORK, 2, 2, 0, EQ, n)
#define IP4_LENGTH_TO(n) FIELD_(NETWORK, 2, 2, 0, LTE, n)
#define IP6_ODD		 FIELD_(NETWORK, 0, 1, 0xf0, NEQ, 0x60)
#define IP6_FLOW_LOW(n)	 FIELD_(NETWORK, 2, 2, 0, EQ, n)
#define IP4_FRAGMENT	 FIELD_(NETWORK, 6, 2, 0xbfff, NEQ, 0) /* every bit but "don't fragment" */
#define IP4_PROTOCOL(n)	 FIELD_(NETWORK, 9, 1, 0, EQ, n)
#define IP6_NEXTHDR(n)	 FIELD_(NETWORK, 6, 1, 0, EQ, n) /* so no extension header is between */
#define IP6_HOPLIMIT(n)	 FIELD_(NETWORK, 7, 1, 0, EQ, n)
#define IP6_LENGTH_TO(n) FIELD_(NETWORK, 4, 2, 0, LTE, n)

#define IP6_TO_LINK	 FIELD_(NETWORK, 24, 2, 0, EQ, 0xff02) /* multicast that stays on it */
#define IP6_TO_LINK_LOCAL FIELD_(NETWORK, 24, 2, 0xffc0, EQ, 0xfe80)
#define IP4_TO_ALL FIELD_(NETWORK, 16, 4, 0, EQ, 0xffffffff)

#define UDP_LENGTH(n)	 FIELD_(TRANSPORT, 4, 2, 0, EQ, n)
#define IP6_LENGTH(n)	 FIELD_(NETWORK, 4, 2, 0, EQ, n)
#define CARRIES(n)	 META_(NFT_META_L4PROTO, 1, n)

/*
 * DNS (RFC 1035 section 4.1.1): a question and no more than one further record; of the flags
 * only RD, AD and CD, which ask for something.
 */
#define DNS_QUESTION FIELD_(TRANSPORT, 10, 2, 0xfecf, EQ, 0), \
		     FIELD_(TRANSPORT, 12, 4, 0, EQ, 0x00010000), FIELD_(TRANSPORT, 16, 2, 0, EQ, 0)
#define DNS_FURTHER(n) FIELD_(TRANSPORT, 18, 2, 0, EQ, n)

#define SPORT(n)     FIELD_(TRANSPORT, L4_SPORT, 2, 0, EQ, n)
#define DPORT(n)     FIELD_(TRANSPORT, L4_DPORT, 2, 0, EQ, n)
#define DPORT_UP(n)  FIELD_(TRANSPORT, L4_DPORT, 2, 0, GTE, n)
#define DPORTS(from, to) \
	{ .op = TERM_RANGE, .base = NFT_PAYLOAD_TRANSPORT_HEADER, .at = L4_DPORT, .len = 2, \
	  .value = (from), .mask = (to) }
#define IN_STATE(bits) { .op = TERM_STATE, .value = (bits) }
#define ICMP_TYPE(n) FIELD_(TRANSPORT, 0, 1, 0, EQ, n)	       /* of ICMPv6 too */
#define TCP_OPENING  FIELD_(TRANSPORT, 13, 1, 0x12, EQ, 0x02) /* SYN without ACK */

/* `set` of ipv4_addr . inet_proto . inet_service, or with ipv6_addr. */
#define IN_SET4(addr, port, set) IN_SET_(4, addr, 9, port, set)
#define IN_SET6(addr, port, set) IN_SET_(16, addr, 6, port, set)

/* `set` of addresses alone; the port is MAIN_PORT's, which the allow-list decides (peers.h). */
#define AMONG4(addr, set)      AMONG_(4, addr, set)
#define AMONG6(addr, set)      AMONG_(16, addr, set)
#define MAIN_PORT(family, off) { .op = TERM_MAIN, .base = (family), .at = (off) }

/*
 * The socket that sent it lies outside of the repair services' cgroup.  Not met by what the
 * kernel itself sends (the end of a connection that its program has closed, a tunnel's packets):
 * such sockets lie in the root group or there is none.  In the hooks input and output only.
 */
#define BY_OTHERS { .op = TERM_OTHERS }

#define COUNTER	 { .op = TERM_COUNTER }
#define LIMIT(n) { .op = TERM_LIMIT, .value = (n) }
#define ACCEPT	 VERDICT_(NF_ACCEPT, "")
#define DROP	 VERDICT_(NF_DROP, "")
#define REFUSE	 { .op = TERM_REFUSE }
#define RETURN	 VERDICT_(NFT_RETURN, "")
#define GOTO(to) VERDICT_(NFT_GOTO, to)
#define JUMP(to) VERDICT_(NFT_JUMP, to)
/* clang-format on */
