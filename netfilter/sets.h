/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets and maps of a dumped ruleset, and what is in them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/base/cleanup.h"

struct answers;
struct nlmsghdr;

#define SET_KEY_MAX   64 /* NFT_DATA_VALUE_MAXLEN */
#define SET_VALUE_MAX 32 /* of those of maps: two addresses, or one and a port */

struct element {
	uint8_t len;		  /* of the key */
	uint8_t key[SET_KEY_MAX]; /* as in registers: each field from a new multiple of four on */
	uint8_t to[SET_KEY_MAX];  /* the end of a range, else the key again */
	bool ends;		  /* in a set of intervals: not in it any more from here on */
	bool other;		  /* whatever no other element has */
	bool limited;		  /* it has terms of its own, a limit for instance, that may fail */
	bool verdict;
	uint32_t code;				 /* of the verdict */
	char *chain;				 /* where it jumps, or NULL */
	uint8_t value_len, value[SET_VALUE_MAX]; /* what a map has for it, if it is no verdict */
};

struct set {
	uint8_t family;
	char *table, *name;
	bool intervals;	   /* elements are starts and `ends` */
	bool whole;	   /* all that is in it is here, and packets add nothing */
	bool gone;	   /* it was too large beside the others: none of it is */
	bool moving;	   /* packets fill it, or what is in it times out */
	bool limited;	   /* an element of it is */
	uint8_t value_len; /* of its values, if it is a map of such */
	struct element *elements;
	size_t n, room;
	struct answers *answers; /* of a large one: what was asked of it (lookup.h); or NULL */
};

struct sets {
	struct set *rows;
	size_t n, room;
	uint32_t n_elements; /* in all */
};

/* Frees the sets, not `sets` itself, and clears it. */
void sets_drop(struct sets *sets);

/*
 * Take a NEWSET or NEWSETELEM message of a dump.  -EBADMSG for what is none, -EFBIG when
 * there are too many sets, -ENOMEM.  An element that cannot be read is no error, and the set then
 * is not whole; neither are too many: then the largest set is not.  An element of no set we have is
 * passed over.
 */
int sets_take_set(struct sets *sets, const struct nlmsghdr *h);
int sets_take_elements(struct sets *sets, const struct nlmsghdr *h);

/* Packets fill this set, so it is not whole: is that new? */
bool sets_fill(struct sets *sets, uint8_t family, const char *table, const char *name);

/* NULL when there is none of that name. */
const struct set *sets_find(const struct sets *sets, uint8_t family, const char *table,
			    const char *name);
