/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How old the lists are that say what is missing: apt's suites, or repositories of rpm packages. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct seen {
	char lists[96];	     /* "bookworm-security"; of several with commas, as far as they fit */
	int64_t updated;     /* when the one that is furthest behind was known to be current */
	int64_t valid_until; /* the first end of validity; INT64_MAX: none has one */
	size_t n;
};

/* Adds one. */
void seen_add(struct seen *s, const char *title, int64_t updated, int64_t valid_until);

/* The last second in which they are evidence; from then on -ESTALE.  max_age: UINT64_MAX is any. */
int64_t seen_until(const struct seen *s, uint64_t max_age);
