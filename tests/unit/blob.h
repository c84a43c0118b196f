/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of iptables-legacy made by hand, as the kernel hands one out. */
#pragma once

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter_ipv4/ip_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <stdlib.h>
#include <string.h>

#include "netfilter/ahead.h"
#include "netfilter/ruleset.h"
#include "netfilter/xtables-parts.h"
#include "tests/unit/test.h"

#define BLOB_RULES 20

struct blob {
	struct xt_table table;
	uint32_t begins[NF_INET_NUMHOOKS], ends[NF_INET_NUMHOOKS];
	uint32_t at[BLOB_RULES], n; /* where each rule begins */
	_Alignas(8) uint8_t bytes[1 << 17];
};

union blob_head {
	struct ipt_ip v4;
	struct ip6t_ip6 v6;
};

#define VERDICT_LEN XT_ALIGN(sizeof(struct xt_standard_target))
#define NAMED_LEN   XT_ALIGN(sizeof(struct xt_error_target))

static inline bool is_4(const struct blob *b)
{
	return b->table.family == NFPROTO_IPV4;
}

static inline void blob_begin(struct blob *b, uint8_t family)
{
	memset(b, 0, sizeof(*b));
	b->table = (struct xt_table){ .family = family,
				      .name = "filter",
				      .begins = b->begins,
				      .ends = b->ends,
				      .bytes = b->bytes };
}

/* Either family's, in the rule at that offset. */
static inline uint16_t *target_offset(struct blob *b, uint32_t at)
{
	return (uint16_t *)(b->bytes + at +
			    (is_4(b) ? offsetof(struct ipt_entry, target_offset)
				     : offsetof(struct ip6t_entry, target_offset)));
}

static inline uint16_t *next_offset(struct blob *b, uint32_t at)
{
	return target_offset(b, at) + 1;
}

static inline struct xt_entry_target *target_at(struct blob *b, uint32_t at)
{
	return (void *)(b->bytes + at + *target_offset(b, at));
}

static inline struct xt_entry_match *match_at(struct blob *b, uint32_t at)
{
	return (void *)(b->bytes + at +
			(is_4(b) ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry)));
}

static inline struct xt_standard_target *verdict_at(struct blob *b, uint32_t at)
{
	return (void *)target_at(b, at);
}

/* `head` NULL: it is for every packet.  Its place among the rules. */
static inline uint32_t blob_put(struct blob *b, const union blob_head *head, const char *match,
				uint16_t match_len, size_t target_len)
{
	const size_t len = is_4(b) ? sizeof(struct ipt_entry) : sizeof(struct ip6t_entry);
	const uint32_t at = b->table.size;

	assert_true(b->n < BLOB_RULES && at + len + match_len + target_len <= sizeof(b->bytes));
	if (head)
		memcpy(b->bytes + at, head, is_4(b) ? sizeof(head->v4) : sizeof(head->v6));
	*target_offset(b, at) = (uint16_t)(len + match_len);
	*next_offset(b, at) = (uint16_t)(len + match_len + target_len);
	if (match) {
		match_at(b, at)->u.match_size = match_len;
		strcpy(match_at(b, at)->u.user.name, match);
	}
	target_at(b, at)->u.target_size = (uint16_t)target_len;
	b->table.size += (uint32_t)(len + match_len + target_len);
	b->at[b->n] = at;
	return b->n++;
}

static inline void blob_verdict(struct blob *b, const union blob_head *head, int verdict)
{
	const uint32_t i = blob_put(b, head, NULL, 0, VERDICT_LEN);

	verdict_at(b, b->at[i])->verdict = verdict;
}

/* Where a chain begins, or the table ends: "ERROR". */
static inline void blob_named(struct blob *b, const char *name)
{
	const uint32_t i = blob_put(b, NULL, NULL, 0, NAMED_LEN);

	strcpy(target_at(b, b->at[i])->u.user.name, XT_ERROR_TARGET);
	strcpy(((struct xt_error_target *)target_at(b, b->at[i]))->errorname, name);
}

static inline void blob_hook(struct blob *b, unsigned hook)
{
	b->table.hooks |= 1u << hook;
	b->begins[hook] = b->table.size;
}

static inline void blob_policy(struct blob *b, unsigned hook, int policy)
{
	b->ends[hook] = b->table.size;
	blob_verdict(b, NULL, -policy - 1);
}

/* Told from memory of just its size, so that whatever reads on is seen. */
static inline int blob_tell(const struct blob *b, struct xtables *to)
{
	uint8_t *copy = malloc(b->table.size ? b->table.size : 1);
	struct xt_table t = b->table;
	int r;

	assert_non_null(copy);
	memcpy(copy, b->bytes, t.size);
	t.bytes = copy;
	r = xtables_tell(&t, to);
	free(copy);
	return r;
}

/* What the survey makes of it alone. */
static inline int blob_judge(const struct blob *b, struct survey *ret)
{
	struct ahead ahead = { 0 };
	struct ruleset *rs = ruleset_new(&(struct scope){ .ahead = &ahead });
	struct xtables x = { 0 };
	int r = blob_tell(b, &x);

	assert_non_null(rs);
	if (r == 0) {
		assert_int_equal(xtables_each(&x, NFT_MSG_NEWCHAIN, ruleset_take_chain, rs), 0);
		assert_int_equal(xtables_each(&x, NFT_MSG_NEWRULE, ruleset_take_rule, rs), 0);
		ruleset_judge(rs, NULL, 0, ret);
	}
	ruleset_free(rs);
	xtables_free(&x);
	return r;
}
