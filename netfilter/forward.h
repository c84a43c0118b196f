/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules that change where a packet goes: forwards to containers and guests, and redirections. */
#pragma once

#include "netfilter/survey.h"
#include "netfilter/weigh.h"

/*
 * Hands on each forward that a rule makes; a rule that names a set of ports makes one for each of
 * them.  Which packets it is for, beyond protocol and port, is not asked: any may be.  `terms` is
 * NFTA_RULE_EXPRESSIONS, or NULL.
 */
void forward_each(const struct nlattr *terms, const struct place *place,
		  void (*each)(void *ctx, const struct forward *f), void *ctx);
