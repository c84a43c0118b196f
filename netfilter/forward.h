/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that change where a packet goes: forwards to containers and guests, and redirections. */
#pragma once

#include "netfilter/survey.h"
#include "netfilter/weigh.h"

struct element;
struct set;

/*
 * To which addresses a rule forwards: a range; or of each value of a map those that begin at two
 * places in it.
 */
struct whereto {
	uint8_t len; /* 4 or 16; 0: it cannot be told */
	uint8_t from[16], to[16];
	const struct set *map; /* or NULL */
	uint8_t at_from, at_to;
};

/* The protocol and ports that a rule names, and where it forwards what is for them. */
struct named {
	struct forward f;
	struct whereto whereto;	 /* when f is by_address; then f.own is still to be asked */
	const struct set *ports; /* f's are from the first of these to the last; NULL: f's alone */
	bool anywhere;		 /* it may jump to any chain of its table: its map is not known */
};

/*
 * Whether it forwards at all, and whom else it is for, weigh_rule() tells.  `terms` is
 * NFTA_RULE_EXPRESSIONS.
 */
void forward_read(const struct nlattr *terms, const struct place *place, struct named *ret);

/* The ports that one of the set stands for, in *from and *to. */
void forward_ports(const struct element *e, uint16_t *from, uint16_t *to);
