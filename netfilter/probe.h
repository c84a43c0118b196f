/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the kernel takes a rule, without one that counts. */
#pragma once

#include "netfilter/nft.h"
#include "netfilter/rule.h"

/*
 * Adds the rule to a chain of that name which no hook leads to, in a table that goes in the same
 * transaction.  0 or what the kernel answered: -ENOENT for an expression that it does not have.
 */
int probe_rule(struct nft *nft, const struct rule *rule);
