/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule while it is weighed: for weigh.c, which goes through it, and compare.c. */
#pragma once

#include "netfilter/sets.h"
#include "netfilter/share.h"
#include "netfilter/weigh.h"

/* How probable it is that the packet meets all conditions so far. */
enum odds {
	ODDS_NEVER,
	ODDS_PERHAPS, /* it would have to be one that the rule names */
	ODDS_LIKELY,  /* most do, or it is in doubt */
	ODDS_SURE,
};

#define REGISTERS 16 /* of 32 bits */

/* The first half of a range: nft(8) writes most of them as two comparisons. */
struct half {
	const struct value *v; /* NULL: the last term was none */
	const uint8_t *from;
	uint32_t len;
	enum odds odds; /* before it */
	uint64_t share;
};

struct scene {
	const struct place *place;
	const struct probe *probe;
	struct value regs[REGISTERS + 1]; /* the last one stands for any that there is not */
	enum odds odds;
	uint64_t share; /* as in struct weight */
	struct half half;
	bool done; /* it has come to a verdict */
	weigh_each each;
	void *ctx;
	int err;
};

/* One more condition, which such a share of all packets meets; from `most` on it names nothing. */
void scene_lower(struct scene *s, uint64_t share, uint64_t most);
uint64_t scene_most(const struct value *v);

/* The register that an attribute names. */
struct value *scene_reg(struct scene *s, const struct nlattr *a);

/* The ports that a set names, whose key begins in the first of n registers, are noted. */
void scene_note_keys(const struct scene *s, const struct set *set, const struct value *v, size_t n);

/* Terms that compare: `a` are their own attributes. */
void compare_bitwise(struct scene *s, const struct nlattr **a);
void compare_cmp(struct scene *s, const struct nlattr **a);
void compare_range(struct scene *s, const struct nlattr **a);
