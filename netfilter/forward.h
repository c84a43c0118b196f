/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that change where a packet goes: forwards to containers and guests, and redirections. */
#pragma once

#include "netfilter/survey.h"
#include "netfilter/weigh.h"

/*
 * Hands on the protocol and ports that a rule names, and where it forwards what is for them; a rule
 * that names a set of ports has one for each of them.  Whether it forwards at all, and whom else it
 * is for, weigh_rule() tells.  `terms` is NFTA_RULE_EXPRESSIONS, or NULL.  true: it may jump to any
 * chain of its table, as what is in its map is not known.
 */
bool forward_each(const struct nlattr *terms, const struct place *place,
		  void (*each)(void *ctx, const struct forward *f), void *ctx);
