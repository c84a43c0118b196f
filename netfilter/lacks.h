/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel may lack of what the rules use, and what is done instead: narrower, never
 * wider.  All else that they use is in nf_tables itself, from Linux 5.18 on (who.h asks for
 * its own).  Without CONFIG_NFT_REJECT questions are dropped rather than refused.  Without
 * CONFIG_NFT_LIMIT a limited rule has PACE_TOKENS tokens in a set: it accepts while it can take
 * one, and a token comes back by itself.  So the rate is the same and the burst smaller.
 */
#pragma once

#include "netfilter/rule.h"

struct nft;

/* Asks the kernel: nft->lacks.reject and .limit.  1 when it lacks what was not known yet, else 0.
 */
int lacks_find(struct nft *nft);

/* For tables that have limited rules: the set of tokens, anew; no rule may use it. */
void lacks_add_tokens(struct batch *b, const char *table);

/* A rule without limits, as often as there are tokens; `id` is its own. */
void lacks_add_rule(struct batch *b, const char *table, const struct rule *rule, uint32_t id);
