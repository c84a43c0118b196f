// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "netfilter/counts.h"
#include "netfilter/hooks.h"
#include "netfilter/nft.h"
#include "netfilter/object.h"
#include "netfilter/table.h"

#define PREFIX HOOKS_COUNTING "."

/*
 * Of the hardware: TCP over the smallest IPv4 path that is met (576 bytes) is cut into parts of
 * this; each part has headers of its own, a check sum and a tag, or is padded.
 */
#define PART_BYTES  500
#define FRAME_BYTES 128
#define QUEUED	    64 /* packets of whoever is quarantined: answers and questions */
#define WHOLE_BYTES 1514

/* The first term of the rule, when that is a counter. */
static int read_counter(const struct nlattr *terms, struct count *c)
{
	const struct nlattr *list[NFTA_LIST_ELEM + 1], *e[NFTA_EXPR_MAX + 1],
		*v[NFTA_COUNTER_MAX + 1];
	const struct nlattr *first = mnl_attr_get_payload(terms);
	const char *name;

	/* All terms are of one type; what object_sort() keeps of those is the last. */
	if (!mnl_attr_ok(first, mnl_attr_get_payload_len(terms)) ||
	    object_sort(first, MNL_ALIGN(first->nla_len), list, NFTA_LIST_ELEM) < 0 ||
	    !list[NFTA_LIST_ELEM] || object_sort_nested(list[NFTA_LIST_ELEM], e, NFTA_EXPR_MAX) < 0)
		return -EBADMSG;
	name = object_text(e[NFTA_EXPR_NAME]);
	if (!name || strcmp(name, "counter") || !e[NFTA_EXPR_DATA] ||
	    object_sort_nested(e[NFTA_EXPR_DATA], v, NFTA_COUNTER_MAX) < 0)
		return -EBADMSG;
	c->packets = object_be64(v[NFTA_COUNTER_PACKETS], 0);
	c->bytes = object_be64(v[NFTA_COUNTER_BYTES], 0);
	return 0;
}

int counts_take(struct counts *c, const struct nlmsghdr *h)
{
	struct count count = { 0 };
	struct rule_seen rule;
	struct count *p;

	if (object_rule(h, &rule) < 0 || rule.family != NFPROTO_NETDEV || !rule.terms ||
	    strcmp(rule.table, TABLE) || strncmp(rule.chain, PREFIX, strlen(PREFIX)) ||
	    strlen(rule.chain) - strlen(PREFIX) >= IFNAMSIZ || read_counter(rule.terms, &count) < 0)
		return 0;
	count.rule = rule.handle;
	memcpy(count.link, rule.chain + strlen(PREFIX), strlen(rule.chain) - strlen(PREFIX));
	p = array_grow(c->list, c->n, &c->room, sizeof(*p));
	if (!p)
		return -ENOMEM;
	c->list = p;
	c->list[c->n++] = count;
	return 0;
}

static int take_rule(void *counts, const struct nlmsghdr *h)
{
	return counts_take(counts, h);
}

int counts_read(struct nft *nft, struct counts *ret, struct fault *fault)
{
	struct counts c = { 0 };
	int r = nft_dump(nft, NFT_MSG_GETRULE, NFPROTO_NETDEV, take_rule, &c, fault);

	if (r < 0)
		counts_free(&c);
	else
		*ret = c;
	return r;
}

void counts_free(struct counts *c)
{
	free(c->list);
	*c = (struct counts){ 0 };
}

const struct count *counts_find(const struct counts *c, const char *link)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!strcmp(c->list[i].link, link))
			return &c->list[i];
	}
	return NULL;
}

static uint64_t above(uint64_t n, uint64_t limit)
{
	return n > limit ? n - limit : 0;
}

/* Few and large packets are seen by their bytes, many small ones by their number. */
uint64_t tally_unexplained(const struct tally *t)
{
	const uint64_t own = QUEUED + t->seconds / 60;
	const uint64_t packets = own + t->let_packets + t->let_bytes / PART_BYTES;
	const uint64_t bytes = t->let_bytes + FRAME_BYTES * t->sent_packets + own * WHOLE_BYTES;
	const uint64_t by_number = above(t->sent_packets, packets);
	const uint64_t by_bytes = above(t->sent_bytes, bytes) / PART_BYTES;

	return by_number > by_bytes ? by_number : by_bytes;
}
