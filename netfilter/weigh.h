/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one rule of somebody's ruleset does to a packet that nobody asked for: the first of a
 * new connection, from the network, in the clear, to this host's own address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct addresses;
struct edges;
struct gateways;
struct links;
struct nlattr;
struct sets;

/* What conntrack takes the packet for; without a connection when it is no new one. */
enum tracking { TRACKING_NEW, TRACKING_UNTRACKED, TRACKING_INVALID };

/* What else is known of the packet. */
struct probe {
	uint8_t family;	  /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	uint8_t protocol; /* IPPROTO_TCP, IPPROTO_UDP, ... */
	uint16_t port;	  /* where it goes to, in host order; 0: to any */
	enum tracking tracking;
	bool group; /* for a group that this host is in, or all on the link; else for it alone */
	bool redirected; /* it may have been sent to that port by a rule, too, from another one */
	bool looped;	 /* it may come by loopback, too: by which link says nothing */
	uint32_t marks;	 /* bits of its mark, and of its connection's, that a rule may have set */
	bool aimed;	 /* it goes to whichever port a rule wants */
	const struct addresses *own; /* to one of these: this host's; NULL: any that may be */
	bool from_there;	     /* it comes from `source`; else from anywhere */
	uint8_t source[16];
	const struct links *links; /* as in share.h */
	const struct gateways *gateways;
	struct edges *edges; /* to any port: those that a rule names are noted here; or NULL */
};

enum effect {
	EFFECT_NONE,
	EFFECT_ACCEPT,
	EFFECT_DROP,
	EFFECT_RETURN,
	EFFECT_JUMP,
	EFFECT_GOTO,
	EFFECT_LEAD,	/* it goes on to another address or port */
	EFFECT_UNTRACK, /* no end of its way: conntrack passes it over from here on */
};

/*
 * A way the packet may take.  Doubt goes against the ruleset: a drop is one only when the packet
 * certainly meets it; an accept, unless a condition names whom or what it is for (a
 * source, a port) or cannot be met; a return, whenever it can be met.  An accept or a jump that
 * does name something comes with its share alone: it counts only together with others.
 */
struct weight {
	enum effect effect;
	const char *target; /* of jump and goto; points into the rule or the sets */
	bool sure;	    /* the packet certainly meets it: what follows is out of its way */
	/*
	 * SHARE_ALL; or what it names, in parts of that which would leave the host open: half of
	 * the ports, a sixteenth of all addresses.
	 */
	uint64_t share;
};

/* Where the rule is, and which sets there are (netfilter/sets.h). */
struct place {
	uint8_t family;
	const char *table;
	const struct sets *sets;
};

/*
 * Hands every way to `each`, whose first error is the result; most rules have one or none, one
 * with a verdict map has several.  `terms` is NFTA_RULE_EXPRESSIONS, or NULL; malformed
 * ones have the worst effect: accept.
 */
typedef int (*weigh_each)(void *ctx, const struct weight *w);
int weigh_rule(const struct nlattr *terms, const struct place *place, const struct probe *probe,
	       weigh_each each, void *ctx);
