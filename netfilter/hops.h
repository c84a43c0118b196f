/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * By which jumps a stranger's packet comes to a rule that forwards it: a chain of nat at the hook
 * prerouting is where it begins, and each rule on its way may say whom or what it is for.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netfilter/survey.h"

struct nlattr;
struct place;
struct ruleset;

/* What may come by: of a protocol (0: any), to these ports. */
struct aim {
	bool any; /* false: nothing, whatever else it says */
	uint8_t protocol;
	uint16_t from, to;
};

struct hops {
	/* Numbers of chains; near: as in struct forward. */
	struct hop {
		uint32_t from, to;
		struct aim aim;
		bool near;
	} * list;
	size_t n, room;
	struct lead {
		uint32_t chain;
		struct forward f;
	} * leads;
	size_t n_leads, room_leads;
	/* What little comes by (struct weight's share): a hop, or to NOWHERE a lead with `f`. */
	struct part {
		struct hop hop;
		struct forward f;
		uint64_t share;
	} * parts;
	size_t n_parts, room_parts;
};

void hops_free(struct hops *h);

/* Takes a rule of that chain, when there is such a base chain in its table.  -ENOMEM, -EFBIG. */
int hops_take(struct ruleset *rs, uint32_t chain, const struct nlattr *terms,
	      const struct place *place);

/*
 * All rules were taken: which forwards there are, of those that a packet may come to.  -ENOMEM,
 * -EFBIG.
 */
int hops_end(struct ruleset *rs);
