// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "netfilter/batch.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/peers.h"
#include "netfilter/quarantine.h"
#include "netfilter/rule.h"

#define TABLE CONFIG_NFT_TABLE

DEFINE_DROP(nftnl_table, nftnl_table_free)
DEFINE_DROP(nftnl_chain, nftnl_chain_free)

/*
 * First on the way in and out, so that nothing sees a packet before we do; and last on the way
 * out, for what others redirect, rewrite or wrap in between.  The policy never changes while
 * the quarantine stands: only a constant drop leaks nothing while rules are replaced.
 */
static const struct base {
	const char *name;
	uint32_t hook;
	int32_t priority;
} bases[] = {
	{ "input", NF_INET_LOCAL_IN, INT32_MIN },
	{ "forward", NF_INET_FORWARD, INT32_MIN },
	{ "output", NF_INET_LOCAL_OUT, INT32_MIN },
	{ "postrouting", NF_INET_POST_ROUTING, INT32_MAX },
};

static const char *const chains[] = { "in4", "in6", "out4", "out6" };

/* Circumstances of a rule, besides "this set of peers is not empty" (peers.h). */
#define ALWAYS	  0
#define WHEN_DNS  (1u << (PEERS_COUNT + 0))
#define WHEN_DHCP (1u << (PEERS_COUNT + 1))

/* Numbers of ICMP (RFC 792) and ICMPv6 (RFC 4443, 4861) that the header files name at length. */
enum {
	ICMP_UNREACHABLE = 3, /* with "fragmentation needed": path MTU */
	ICMP_EXCEEDED = 11,
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_EXCEEDED = 3,
	ICMP6_BAD_PARAMETER = 4,
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT = 134,
	ND_NEIGHBOUR_SOLICIT = 135,
	ND_NEIGHBOUR_ADVERT = 136,
};

/* Neighbour discovery counts only from the link itself, and ours needs no more than one option. */
/* clang-format off */
#define ND_IN(type)  { IP6_NEXTHDR(IPPROTO_ICMPV6), IP6_HOPLIMIT(255), ICMP_TYPE(type), ACCEPT }
#define ND_OUT(type) { IP6_NEXTHDR(IPPROTO_ICMPV6), IP6_HOPLIMIT(255), IP6_LENGTH_TO(32), \
		       ICMP_TYPE(type), ACCEPT }
#define ICMP(type)   { IP4_PROTOCOL(IPPROTO_ICMP), ICMP_TYPE(type), ACCEPT }
#define ICMP6(type)  { IP6_NEXTHDR(IPPROTO_ICMPV6), ICMP_TYPE(type), ACCEPT }
/* clang-format on */
#define UDP4 IP4_PROTOCOL(IPPROTO_UDP)
#define TCP4 IP4_PROTOCOL(IPPROTO_TCP)
#define UDP6 IP6_NEXTHDR(IPPROTO_UDP)
#define TCP6 IP6_NEXTHDR(IPPROTO_TCP)
/* Where answers of any resolver may go: so port 53 of a stranger reaches no service. */
#define UNPRIVILEGED DPORT_UP(1024)

/*
 * The ruleset.  What no rule accepts meets the policy: drop.  There is no connection
 * tracking in it, so what was established before is as cut as anything else: an answer is
 * known by its ports, and one that would open a TCP connection is none.
 */
static const struct rule rules[] = {
	{ ALWAYS, "input", { IN_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "input", { IS_IPV4, GOTO("in4") } },
	{ ALWAYS, "input", { IS_IPV6, GOTO("in6") } },
	{ ALWAYS, "output", { OUT_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "output", { IS_IPV4, GOTO("out4") } },
	{ ALWAYS, "output", { IS_IPV6, GOTO("out6") } },
	{ ALWAYS, "postrouting", { OUT_BY_LOOPBACK, ACCEPT } },
	{ ALWAYS, "postrouting", { IS_IPV4, GOTO("out4") } },
	{ ALWAYS, "postrouting", { IS_IPV6, GOTO("out6") } },

	{ ALWAYS, "in4", { IP4_OPTIONS, DROP } },
	{ ALWAYS, "in4", { IP4_FRAGMENT, DROP } },
	{ WHEN(PEERS_IN4), "in4", { IN_SET4(IP4_SADDR, L4_DPORT, "in4"), ACCEPT } },
	{ WHEN(PEERS_IN4_NETS), "in4", { IN_SET4(IP4_SADDR, L4_DPORT, "in4-nets"), ACCEPT } },
	{ ALWAYS, "in4", { TCP4, TCP_OPENING, DROP } },
	{ WHEN(PEERS_OUT4), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "out4"), ACCEPT } },
	{ WHEN(PEERS_OUT4_NETS), "in4", { IN_SET4(IP4_SADDR, L4_SPORT, "out4-nets"), ACCEPT } },
	{ WHEN_DNS, "in4", { UDP4, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DNS, "in4", { TCP4, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DHCP, "in4", { UDP4, SPORT(67), DPORT(68), ACCEPT } },
	{ ALWAYS, "in4", ICMP(ICMP_UNREACHABLE) },
	{ ALWAYS, "in4", ICMP(ICMP_EXCEEDED) },

	{ ALWAYS, "out4", { IP4_OPTIONS, DROP } },
	{ ALWAYS, "out4", { IP4_FRAGMENT, DROP } },
	{ WHEN(PEERS_OUT4), "out4", { IN_SET4(IP4_DADDR, L4_DPORT, "out4"), ACCEPT } },
	{ WHEN(PEERS_OUT4_NETS), "out4", { IN_SET4(IP4_DADDR, L4_DPORT, "out4-nets"), ACCEPT } },
	{ WHEN_DNS, "out4", { UDP4, DPORT(53), ACCEPT } },
	{ WHEN_DNS, "out4", { TCP4, DPORT(53), ACCEPT } },
	{ WHEN_DHCP, "out4", { UDP4, SPORT(68), DPORT(67), ACCEPT } },
	{ ALWAYS, "out4", { TCP4, TCP_OPENING, DROP } },
	{ WHEN(PEERS_IN4), "out4", { IN_SET4(IP4_DADDR, L4_SPORT, "in4"), ACCEPT } },
	{ WHEN(PEERS_IN4_NETS), "out4", { IN_SET4(IP4_DADDR, L4_SPORT, "in4-nets"), ACCEPT } },

	{ WHEN(PEERS_IN6), "in6", { IN_SET6(IP6_SADDR, L4_DPORT, "in6"), ACCEPT } },
	{ WHEN(PEERS_IN6_NETS), "in6", { IN_SET6(IP6_SADDR, L4_DPORT, "in6-nets"), ACCEPT } },
	{ ALWAYS, "in6", { TCP6, TCP_OPENING, DROP } },
	{ WHEN(PEERS_OUT6), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "out6"), ACCEPT } },
	{ WHEN(PEERS_OUT6_NETS), "in6", { IN_SET6(IP6_SADDR, L4_SPORT, "out6-nets"), ACCEPT } },
	{ WHEN_DNS, "in6", { UDP6, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DNS, "in6", { TCP6, SPORT(53), UNPRIVILEGED, ACCEPT } },
	{ WHEN_DHCP, "in6", { UDP6, SPORT(547), DPORT(546), ACCEPT } },
	{ ALWAYS, "in6", ND_IN(ND_ROUTER_ADVERT) },
	{ ALWAYS, "in6", ND_IN(ND_NEIGHBOUR_SOLICIT) },
	{ ALWAYS, "in6", ND_IN(ND_NEIGHBOUR_ADVERT) },
	{ ALWAYS, "in6", ICMP6(ICMP6_UNREACHABLE) },
	{ ALWAYS, "in6", ICMP6(ICMP6_TOO_BIG) },
	{ ALWAYS, "in6", ICMP6(ICMP6_EXCEEDED) },
	{ ALWAYS, "in6", ICMP6(ICMP6_BAD_PARAMETER) },

	{ WHEN(PEERS_OUT6), "out6", { IN_SET6(IP6_DADDR, L4_DPORT, "out6"), ACCEPT } },
	{ WHEN(PEERS_OUT6_NETS), "out6", { IN_SET6(IP6_DADDR, L4_DPORT, "out6-nets"), ACCEPT } },
	{ WHEN_DNS, "out6", { UDP6, DPORT(53), ACCEPT } },
	{ WHEN_DNS, "out6", { TCP6, DPORT(53), ACCEPT } },
	{ WHEN_DHCP, "out6", { UDP6, SPORT(546), DPORT(547), ACCEPT } },
	{ ALWAYS, "out6", ND_OUT(ND_ROUTER_SOLICIT) },
	{ ALWAYS, "out6", ND_OUT(ND_NEIGHBOUR_SOLICIT) },
	{ ALWAYS, "out6", ND_OUT(ND_NEIGHBOUR_ADVERT) },
	{ ALWAYS, "out6", { TCP6, TCP_OPENING, DROP } },
	{ WHEN(PEERS_IN6), "out6", { IN_SET6(IP6_DADDR, L4_SPORT, "in6"), ACCEPT } },
	{ WHEN(PEERS_IN6_NETS), "out6", { IN_SET6(IP6_DADDR, L4_SPORT, "in6-nets"), ACCEPT } },
};

#define COUNT_OF(a) (sizeof(a) / sizeof(*(a)))

/* Flags wake a dormant table and adopt an orphan; without them one that is there is left as is. */
static void add_table(struct batch *b, const uint32_t *flags)
{
	_drop_(drop_nftnl_table) struct nftnl_table *t = nftnl_table_alloc();

	if (t)
		nftnl_table_set_str(t, NFTNL_TABLE_NAME, TABLE);
	if (t && flags)
		nftnl_table_set_u32(t, NFTNL_TABLE_FLAGS, *flags);
	batch_add_table(b, t);
}

static void add_chain(struct batch *b, const char *name, const struct base *base)
{
	_drop_(drop_nftnl_chain) struct nftnl_chain *c = nftnl_chain_alloc();

	if (c) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TABLE, TABLE);
		nftnl_chain_set_str(c, NFTNL_CHAIN_NAME, name);
	}
	if (c && base) {
		nftnl_chain_set_str(c, NFTNL_CHAIN_TYPE, "filter");
		nftnl_chain_set_u32(c, NFTNL_CHAIN_HOOKNUM, base->hook);
		nftnl_chain_set_s32(c, NFTNL_CHAIN_PRIO, base->priority);
		nftnl_chain_set_u32(c, NFTNL_CHAIN_POLICY, NF_DROP);
	}
	batch_add_chain(b, c);
}

static uint32_t circumstances(const struct allow *allow, const struct peers *peers)
{
	return peers_present(peers) | (allow->dns_any ? WHEN_DNS : 0) |
	       (allow->dhcp_any ? WHEN_DHCP : 0);
}

/* Entering, laying again and changing the list are this one way. */
static int lay(struct nft *nft, const struct allow *allow, const struct peers *peers, bool anew,
	       struct fault *fault)
{
	const uint32_t now = circumstances(allow, peers), flags = ownership_flags(nft->ownership);
	struct batch *b = batch_begin(nft, NFPROTO_INET);

	if (anew) {
		add_table(b, NULL);
		batch_delete_table(b, TABLE);
	}
	add_table(b, &flags);
	for (size_t i = 0; i < COUNT_OF(bases); i++)
		add_chain(b, bases[i].name, &bases[i]);
	for (size_t i = 0; i < COUNT_OF(chains); i++)
		add_chain(b, chains[i], NULL);
	batch_flush_rules(b, TABLE);
	peers_add_sets(b, TABLE, peers);
	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		if (!rules[i].when || rules[i].when & now)
			rule_add(b, TABLE, &rules[i]);
	}
	return batch_commit(b, fault);
}

int quarantine_lay(struct nft *nft, const struct allow *allow, struct fault *fault)
{
	_drop_(drop_peers) struct peers *peers = NULL;
	struct fault first = { 0 };
	int r = peers_sort(allow, &peers, fault);

	if (r < 0)
		return r;
	r = lay(nft, allow, peers, false, &first);
	/* Somebody made a table of our name with other chains or sets in it: it cannot be edited.
	 */
	if (r == -EEXIST || r == -EBUSY || r == -EOPNOTSUPP)
		r = lay(nft, allow, peers, true, fault);
	else if (r < 0)
		fault_set(fault, r, "%s", first.why);
	if (r < 0)
		fault_prefix(fault, "cannot lay the quarantine");
	return r;
}

int quarantine_lift(struct nft *nft, struct fault *fault)
{
	struct batch *b = batch_begin(nft, NFPROTO_INET);
	int r;

	add_table(b, NULL); /* deleting what is not there would be refused */
	batch_delete_table(b, TABLE);
	r = batch_commit(b, fault);
	if (r < 0)
		fault_prefix(fault, "cannot lift the quarantine");
	return r;
}

struct seen {
	bool awake;    /* the table is there and not dormant */
	unsigned good; /* bit for each base chain as we made it */
};

static int see_table(void *ctx, const struct nlmsghdr *h)
{
	struct seen *seen = ctx;
	struct table_seen t;
	int r = object_table(h, &t);

	if (r == 0 && t.family == NFPROTO_INET && !strcmp(t.name, TABLE))
		seen->awake = !(t.flags & NFT_TABLE_F_DORMANT);
	return r;
}

static unsigned rules_of(const char *chain)
{
	unsigned n = 0;

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		n += !strcmp(rules[i].chain, chain);
	return n;
}

static int see_chain(void *ctx, const struct nlmsghdr *h)
{
	struct seen *seen = ctx;
	struct chain_seen c;
	int r = object_chain(h, &c);

	if (r < 0 || c.family != NFPROTO_INET || strcmp(c.table, TABLE) || !c.base)
		return r;
	for (size_t i = 0; i < COUNT_OF(bases); i++) {
		if (!strcmp(c.name, bases[i].name) && !strcmp(c.type, "filter") &&
		    c.hook == bases[i].hook && c.priority == bases[i].priority &&
		    c.policy == NF_DROP && c.uses == rules_of(c.name))
			seen->good |= 1u << i;
	}
	return 0;
}

int quarantine_present(struct nft *nft, struct fault *fault)
{
	struct seen seen = { 0 };
	int r = nft_dump(nft, NFT_MSG_GETTABLE, NFPROTO_INET, see_table, &seen, fault);

	if (r == 0 && seen.awake)
		r = nft_dump(nft, NFT_MSG_GETCHAIN, NFPROTO_INET, see_chain, &seen, fault);
	if (r < 0)
		return r;
	return seen.awake && seen.good == (1u << COUNT_OF(bases)) - 1;
}
