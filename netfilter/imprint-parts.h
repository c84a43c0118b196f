/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is noted of rules: for imprint-rule.c, which writes it, and imprint.c, which judges. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlattr;
struct place;

/* Bytes that grow; the first error sticks, and nothing is written any more. */
struct bytes {
	uint8_t *data;
	size_t len, room;
	int err;
};

void bytes_put(struct bytes *b, const void *data, size_t len);
void bytes_put_text(struct bytes *b, const char *text); /* with its end */

struct line {
	uint32_t chain;
	uint32_t target;  /* where it leads, or NOWHERE */
	size_t at, len;	  /* its bytes; none: only one more way of the line before */
	bool jump;	  /* it comes back from the target */
	bool back;	  /* no more than a return */
	bool passed_over; /* it is not covered */
};

struct imprint {
	struct bytes bytes;
	struct line *lines;
	size_t n, room;
};

/* Of a rule: what it does, in the end, and whom it is for. */
struct gist {
	bool refuses, accepts, returns, jumps, leads; /* to another chain; jumps: and comes back */
	bool by_source, by_link, by_inner;
	const char *target;
	const struct set *map; /* of verdicts, instead of the above */
};

/* Writes the rule's bytes and tells its gist. */
void imprint_rule(struct bytes *b, const struct nlattr *terms, const struct place *place,
		  struct gist *ret);
