// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/xtables-parts.h"

#define CHAINS_MAX (1u << 16)
#define USERS_OWN  NF_INET_NUMHOOKS /* in the place of a hook */

struct chain {
	char name[XT_FUNCTION_MAXNAMELEN];
	uint32_t hook;
	uint32_t at, end; /* of its rules */
	uint32_t rules;
	uint32_t policy; /* NF_ACCEPT, NF_DROP */
};

struct chains {
	struct chain *list;
	size_t n, room;
};

static void free_chains(struct chains *c)
{
	free(c->list);
}

/* Where the kernel has them (linux/netfilter_ipv4.h); nat has its two places. */
static const struct {
	const char *name;
	int32_t priority;
} kinds[] = {
	{ "filter", 0 }, { "mangle", -150 }, { "nat", -100 }, { "raw", -300 }, { "security", 50 },
};
#define NAT_SOURCE 100 /* of the hooks behind a decision about the way */

static int32_t priority_of(const struct xt_table *t, uint32_t hook)
{
	const bool behind = hook == NF_INET_LOCAL_IN || hook == NF_INET_POST_ROUTING;

	if (!strcmp(t->name, "nat") && behind)
		return NAT_SOURCE;
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (!strcmp(t->name, kinds[i].name))
			return kinds[i].priority;
	return 0;
}

static int add_chain(struct chains *c, const char *name, uint32_t hook, uint32_t at)
{
	struct chain *list;

	if (c->n == CHAINS_MAX)
		return -EFBIG;
	list = array_grow(c->list, c->n, &c->room, sizeof(*list));
	if (!list)
		return -ENOMEM;
	c->list = list;
	list[c->n] = (struct chain){ .hook = hook, .at = at, .end = at, .policy = NF_ACCEPT };
	snprintf(list[c->n].name, sizeof(list->name), "%s", name);
	c->n++;
	return 0;
}

/* The hook that begins there, or UINT32_MAX. */
static uint32_t hook_at(const struct xt_table *t, uint32_t at)
{
	for (uint32_t h = 0; h < NF_INET_NUMHOOKS; h++)
		if (t->hooks >> h & 1 && t->begins[h] == at)
			return h;
	return UINT32_MAX;
}

static int begin_hook(struct chains *c, uint32_t hook, uint32_t at)
{
	static const char *const names[] = {
		[NF_INET_PRE_ROUTING] = "PREROUTING",	[NF_INET_LOCAL_IN] = "INPUT",
		[NF_INET_FORWARD] = "FORWARD",		[NF_INET_LOCAL_OUT] = "OUTPUT",
		[NF_INET_POST_ROUTING] = "POSTROUTING",
	};

	return add_chain(c, names[hook], hook, at);
}

/* Behind the last rule of a hook's chain comes its policy. */
static int end_hook(const struct xt_table *t, struct chain *c, const struct xt_rule *rule)
{
	int32_t verdict;

	if (xt_does(rule, &verdict) != XT_DOES_VERDICT || !xt_is_for_all(t, rule) ||
	    (verdict != NF_ACCEPT && verdict != NF_DROP))
		return -EBADMSG;
	c->policy = (uint32_t)verdict;
	return 0;
}

/* The last rule of a user's own is the way back, which every chain has. */
static bool is_way_back(const struct xt_table *t, const struct chain *c, const struct xt_rule *rule)
{
	struct xt_rule behind;
	int32_t verdict;

	return c->hook == USERS_OWN && xt_does(rule, &verdict) == XT_DOES_RETURN &&
	       xt_is_for_all(t, rule) && xt_rule_at(t, rule->next, &behind) == 0 &&
	       xt_does(&behind, &verdict) == XT_DOES_BEGIN;
}

/* Where a rule is: behind the end of a chain, in one, or behind the table's end. */
enum place { BETWEEN, WITHIN, BEHIND };

/* A rule that is a name is where a user's own chain begins, or the table's end. */
static int take_name(const struct xt_table *t, struct chains *c, const struct xt_rule *rule,
		     enum place *place)
{
	const char *name = xt_begins(rule);

	if (*place == WITHIN || !name)
		return -EBADMSG;
	if (rule->next < t->size) {
		*place = WITHIN;
		return add_chain(c, name, USERS_OWN, rule->next);
	}
	*place = BEHIND;
	return strcmp(name, XT_ERROR_TARGET) ? -EBADMSG : 0;
}

static int take_rule(const struct xt_table *t, struct chains *c, const struct xt_rule *rule,
		     uint32_t at, enum place *place)
{
	struct chain *in = c->n ? &c->list[c->n - 1] : NULL;

	if (*place != WITHIN)
		return -EBADMSG;
	if (in->hook != USERS_OWN && t->ends[in->hook] == at) {
		*place = BETWEEN;
		return end_hook(t, in, rule);
	}
	if (is_way_back(t, in, rule)) {
		*place = BETWEEN;
		return 0;
	}
	in->end = rule->next;
	in->rules++;
	return 0;
}

/* Of which chain are the rules?  Each ends where it says, and each hook has one. */
static int find_chains(const struct xt_table *t, struct chains *c)
{
	enum place place = BETWEEN;
	unsigned hooks = 0;
	struct xt_rule rule;
	int32_t verdict;
	int r = 0;

	for (uint32_t at = 0; r == 0 && at < t->size; at = rule.next) {
		const uint32_t hook = hook_at(t, at);

		r = xt_rule_at(t, at, &rule);
		if (r == 0 && hook != UINT32_MAX) {
			r = place == BETWEEN ? begin_hook(c, hook, at) : -EBADMSG;
			place = WITHIN;
			hooks++;
		}
		if (r == 0)
			r = xt_does(&rule, &verdict) == XT_DOES_BEGIN
				    ? take_name(t, c, &rule, &place)
				    : take_rule(t, c, &rule, at, &place);
	}
	if (r == 0 && (place != BEHIND || hooks != (unsigned)__builtin_popcount(t->hooks)))
		r = -EBADMSG;
	return r;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct chain *)a)->name, ((const struct chain *)b)->name);
}

static int compare_offsets(const void *a, const void *b)
{
	const uint32_t x = ((const struct chain *)a)->at, y = ((const struct chain *)b)->at;

	return x < y ? -1 : x > y;
}

/* No two of one name: a jump would lead to either.  Sorted by where they begin. */
static int sort_chains(struct chains *c)
{
	int r = 0;

	if (!c->n)
		return 0;
	qsort(c->list, c->n, sizeof(*c->list), compare_names);
	for (size_t i = 1; i < c->n && r == 0; i++)
		r = compare_names(&c->list[i - 1], &c->list[i]) ? 0 : -EBADMSG;
	qsort(c->list, c->n, sizeof(*c->list), compare_offsets);
	return r;
}

static int tell_chain(struct xt_message *m, const struct xt_table *t, const struct chain *c,
		      struct xtables *to)
{
	struct nlattr *nest;

	xt_begin(m, t, NFT_MSG_NEWCHAIN, NFTA_CHAIN_TABLE);
	xt_put_text(m, NFTA_CHAIN_NAME, c->name);
	xt_put_number(m, NFTA_CHAIN_USE, c->rules);
	if (c->hook != USERS_OWN) {
		nest = xt_open(m, NFTA_CHAIN_HOOK);
		xt_put_number(m, NFTA_HOOK_HOOKNUM, c->hook);
		xt_put_number(m, NFTA_HOOK_PRIORITY, (uint32_t)priority_of(t, c->hook));
		xt_close(m, nest);
		xt_put_number(m, NFTA_CHAIN_POLICY, c->policy);
		xt_put_text(m, NFTA_CHAIN_TYPE, strcmp(t->name, "nat") ? "filter" : "nat");
	}
	return xt_end(m, to);
}

static const struct chain *chain_at(const struct chains *c, uint32_t at)
{
	const struct chain key = { .at = at };

	return bsearch(&key, c->list, c->n, sizeof(*c->list), compare_offsets);
}

static int tell_rule(struct xt_message *m, const struct xt_table *t, const struct chains *chains,
		     const struct chain *of, const struct xt_rule *rule, struct xtables *to)
{
	const struct chain *whereto = NULL;
	int32_t verdict;
	int r;

	if (xt_does(rule, &verdict) == XT_DOES_JUMP && (uint32_t)verdict != rule->next) {
		whereto = chain_at(chains, (uint32_t)verdict);
		if (!whereto || whereto->hook != USERS_OWN)
			return -EBADMSG;
	}
	xt_begin(m, t, NFT_MSG_NEWRULE, NFTA_RULE_TABLE);
	xt_put_text(m, NFTA_RULE_CHAIN, of->name);
	r = xt_put_terms(m, t, rule, whereto ? whereto->name : NULL);
	return r < 0 ? r : xt_end(m, to);
}

static int tell_rules(struct xt_message *m, const struct xt_table *t, const struct chains *chains,
		      const struct chain *of, struct xtables *to)
{
	struct xt_rule rule;
	int r = 0;

	for (uint32_t at = of->at; r == 0 && at < of->end; at = rule.next) {
		r = xt_rule_at(t, at, &rule);
		if (r == 0)
			r = tell_rule(m, t, chains, of, &rule, to);
	}
	return r;
}

int xtables_tell(const struct xt_table *t, struct xtables *to)
{
	_drop_(free_chains) struct chains chains = { 0 };
	_free_ void *room = malloc(XT_MESSAGE_MAX);
	struct xt_message m = { .h = room };
	int r = room ? find_chains(t, &chains) : -ENOMEM;

	if (r == 0)
		r = sort_chains(&chains);
	for (size_t i = 0; r == 0 && i < chains.n; i++)
		r = tell_chain(&m, t, &chains.list[i], to);
	for (size_t i = 0; r == 0 && i < chains.n; i++)
		r = tell_rules(&m, t, &chains, &chains.list[i], to);
	return r;
}
