/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one rule of somebody's ruleset does to a packet that nobody asked for: the first of a
 * new connection, from an address, by an interface and to a port that no rule names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct nlattr;

/* What is known of the packet; everything else of it is another value than any rule's. */
struct probe {
	uint8_t family;	  /* NFPROTO_IPV4 or NFPROTO_IPV6 */
	uint8_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
};

enum effect { EFFECT_NONE, EFFECT_ACCEPT, EFFECT_DROP, EFFECT_RETURN, EFFECT_JUMP, EFFECT_GOTO };

struct weight {
	enum effect effect;
	const char *target; /* of jump and goto; points into the rule */
	bool sure;	    /* the packet certainly meets it: what follows is out of its way */
	/*
	 * It counts as a way the packet may take.  Doubt goes against the ruleset: a drop
	 * counts only when sure, an accept also under a condition that most packets meet ("from
	 * anywhere but ..."), a return under any.
	 */
	bool may;
};

/* `terms` is NFTA_RULE_EXPRESSIONS, or NULL; malformed ones have the worst effect: accept. */
void weigh_rule(const struct nlattr *terms, const struct probe *probe, struct weight *ret);
