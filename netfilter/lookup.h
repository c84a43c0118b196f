/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How much of what nobody asked for a set has in it. */
#pragma once

#include "netfilter/sets.h"
#include "netfilter/share.h"

#define LOOKUP_LARGE  256 /* elements: what is asked of so many is remembered */
#define LOOKUP_FIELDS 3
#define LOOKUP_KEPT   64

/* The values of a key's fields, and what share of such packets is in the set. */
struct answer {
	struct value values[LOOKUP_FIELDS];
	size_t n;
	uint64_t share;
};

/* The rules of a blocklist ask the same over and over; what does not fit is reckoned each time. */
struct answers {
	struct answer list[LOOKUP_KEPT];
	size_t n;
};

/*
 * The key begins in values[0]; values[i] is what the 32-bit register i after it holds the
 * begin of.  The first is for a whole set, the second for one of its elements that is not `ends`.
 */
uint64_t lookup_share(const struct set *set, const struct value *values, size_t n);
uint64_t lookup_share_of(const struct set *set, const struct element *e, const struct value *values,
			 size_t n);
