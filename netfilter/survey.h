/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's nf_tables ruleset does with traffic nobody asked for, whoever
 * laid it: ufw, firewalld, nftables.service, iptables-nft or a hand; and what is beside it (nft.h),
 * such as iptables-legacy's rules.  Our own table does not count, nor does a dormant one.
 *
 * Asked is about the first TCP or UDP packet of a new connection, from the network, in the
 * clear, to this host's own address.  A rule that accepts it leaves the host open, unless it
 * names whom or what it is for: less than a sixteenth of all source addresses (or a hardware
 * address, but a router's), less than half of the destination ports, an interface to which
 * nobody comes without a key or as this host's guest (by its name or index: wg0, docker0, ...).
 * No other interface's name is a limit, for it may be the way to the world.  Sets and verdict
 * maps are read, and the matches of iptables-nft: conntrack, state, tcp, udp, multiport,
 * addrtype, pkttype, mac, mark, connmark, iprange, policy, icmp.  A mark has no bit but those
 * that rules set.  A condition that cannot be read is taken as met by what is accepted and as
 * not met by what is dropped: doubt counts as open.  Rules that each name little leave the host
 * open when together they let in most of packets from all over, to ports all over. Where a rule
 * has conntrack pass over most of what comes in, the same is asked about a packet that is
 * untracked instead of new.  UDP over IPv6 is asked about as a packet that conntrack takes for
 * invalid, too.  Where a rule sends packets on by loopback, no interface is a limit.
 *
 * Not seen: drops at other hooks than input
 * (prerouting, netdev ingress); marks that traffic control or BPF sets.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/err.h"

struct nft;

/* A packet to this port of this host: does one that nobody asked for get in? */
struct survey_port {
	uint8_t family; /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	uint8_t protocol;
	uint16_t port; /* host order; 0: the protocol as such */
	bool open; /* the answer; of UDP it may be one for a group, unless a rule names that one */
	bool unknown;	/* there is none: the ruleset tells too many of them apart */
	bool untracked; /* conntrack passes over what comes to it; `open` says that, too */
};

/*
 * A rule that sends what comes for this host elsewhere, past the rules for what comes in.  As far
 * as jumps and conditions tell, a stranger's packet may come to it; or, `near`, only that of
 * somebody on the same link, sent to an address that is not this host's, or to 127.0.0.1.
 */
#define SURVEY_FORWARDS 16
struct forward {
	uint8_t family;	   /* NFPROTO_; of INET both */
	uint8_t protocol;  /* 0: any */
	uint16_t from, to; /* ports, host order; 0 to 65535: all, or which ones cannot be told */
	bool own;	   /* or may be, to this host itself: which ports there; 0: the same */
	uint16_t own_from, own_to;
	bool mapped; /* which of these a map says; otherwise a port that is one of them stays */
	bool by_address;
	bool near;
	char whereto[64]; /* "172.17.0.2 port 80"; "port 8080" of this host; "" when not read */
};

#define OPENING_JUMPS 8

/* Where the way to an opening begins: with the opening itself, or with a jump. */
struct opening_base {
	char chain[96]; /* a base chain */
	uint32_t rule;
	uint64_t handle;
	/*
	 * The first chains that it jumps to whatever comes, that rule aside, and before a drop that
	 * is certain; those with longer names are left out.
	 */
	char jumps[OPENING_JUMPS][32];
};

/* The rule that lets in what nobody asked for, of the chain that was meant to close. */
struct opening {
	char chain[96]; /* "inet filter input"; empty: no chain denies what no rule names */
	char way[96];	/* by which the base chain leads there: a chain it jumps to, or itself */
	uint32_t rule;	/* its place in the chain, from 1 on */
	uint64_t handle;
	struct opening_base base;
	bool together; /* or it is no one of them, but rules that each name little */
};

struct survey {
	/*
	 * Does a packet to this host that matches no condition end in drop or reject?  IPv6 is
	 * closed, too, where all links have it switched off: loopback too, as all have when it is
	 * switched off for those to come.
	 */
	bool closed4, closed6;
	/* Which chain closes it, "ip filter INPUT"; empty when open, or there is no IPv6. */
	char by4[96], by6[96];
	struct opening open4, open6; /* zeros when closed */
	bool rules;		     /* some decide about packets to this host, whatever they say */
	char cut[96]; /* a chain that drops everything, before all else or on its way out; or empty
		       */
	bool without_baseline;	 /* it is closed even without our own table (baseline.h) */
	bool without4, without6; /* the same of one family, whether this host has it or not */
	struct forward forwards[SURVEY_FORWARDS];
	size_t n_forwards, all_forwards; /* kept; there, but for those that are near */
};

/*
 * 0 and *ret; or -errno.  -EINTR: the ruleset changed each time it was read, for a third of a
 * second and at least twice.
 */
int survey_inbound(struct nft *nft, struct survey *ret, struct fault *fault);

/* What rules that nobody could read may do to packets before these meet the input hook. */
struct survey_unseen {
	bool nat4, nat6; /* send them to any port of this host */
	bool marks;	 /* mark them */
	bool notrack;	 /* have conntrack pass them over */
};

/* The same when somebody does that. */
int survey_doubting(struct nft *nft, const struct survey_unseen *unseen, struct survey *ret,
		    struct fault *fault);

/* One of the chains that decide about packets to this host, as imprint.h says. */
struct imprint_chain {
	char name[96];	/* "ip filter INPUT" */
	uint32_t rules; /* those that count */
	const uint8_t *bytes;
	size_t len;
};
typedef int (*survey_chain)(void *ctx, const struct imprint_chain *c);

/*
 * The same, and the answer for each of n ports.  Those between which the ruleset does not tell are
 * asked about once when they stand side by side, upwards: so however many sockets there are, it is
 * what the rules name that takes time.
 */
int survey_ports(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		 struct fault *fault);

/* The same again, and hands on each of those chains when all was read; its error is the result. */
int survey_chains(struct nft *nft, struct survey_port *ports, size_t n, struct survey *ret,
		  survey_chain each, void *ctx, struct fault *fault);
