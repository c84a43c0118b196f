/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is true of the host for a while: each fact is told once when it begins and once when it
 * is over, however often it is seen between.
 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FACTS_MAX 256
#define FACT_TEXT 176

struct fact {
	unsigned kind;	      /* the caller's own; with the link it says which fact it is */
	char link[IFNAMSIZ];  /* or empty */
	char what[FACT_TEXT]; /* for people; may differ from one time to the next */
	int64_t since;
	bool seen; /* since facts_begin() */
};

struct facts {
	struct fact *list;
	size_t n, room;
};

/* A new look begins: nothing is seen yet. */
void facts_begin(struct facts *f);

/* 1 when it is new, 0 when it was there before, -ENOSPC, -ENOMEM. */
int facts_see(struct facts *f, unsigned kind, const char *link, const char *what, int64_t now);

/* Those that were not seen since facts_begin() are handed to `over` and forgotten. */
void facts_end(struct facts *f, void (*over)(const struct fact *fact));
void facts_free(struct facts *f); /* frees the list, not f itself, and clears it */
