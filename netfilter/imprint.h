/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a ruleset decides about packets to this host, chain by chain, in bytes that stay the same
 * as long as nobody changes a rule: for whoever wants to know whether it is the one it was.
 *
 * Covered are the filter chains at the input hook and those they lead to: rules in their order,
 * sets and maps with their elements, policies and priorities.  Not covered is what changes by
 * itself: handles, counters, logging, comments, elements of sets that packets fill or that time
 * out, the baseline's table, and three kinds of rules that come and go with what runs:
 * - those that refuse somebody by a source address or a set of them (fail2ban and its like);
 * - those of firewalld that lead on, or refuse what came back, by the link a packet came by (its
 *   zones but the default one);
 * - those that let in from this host's own guests and tunnels (share.h).
 * A jump to where nothing else is left counts as none.  A value of zero counts as absent: kernels
 * differ in whether they tell it.
 */
#pragma once

#include <stdint.h>

#include "netfilter/survey.h"

struct nlattr;
struct place;
struct ruleset;

/* Notes a rule of a dump, in the dump's order; nothing when nobody asked.  -ENOMEM, -EFBIG. */
int imprint_take(struct ruleset *rs, uint32_t chain, const struct nlattr *terms,
		 const struct place *place);

/* Hands on the chains that count, by family, table and name.  The first error ends it. */
int imprint_tell(const struct ruleset *rs, survey_chain each, void *ctx);
