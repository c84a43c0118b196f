/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be known before rules are weighed, and is learnt by rules. */
#pragma once

#include <stdbool.h>

#include "netfilter/gateways.h"

struct rule_seen;
struct ruleset;

struct ahead {
	/*
	 * A rule, wherever it stands, decides how others are weighed: it has packets fill a set
	 * that does not say so itself, or sends packets, or copies of them, on by loopback.  All
	 * rules have to go to ruleset_take_ahead() first.
	 */
	bool rules;
	bool hardware; /* a rule asks for hardware addresses: the routers' have to be read */
	struct gateways gateways;
};

/*
 * Did it say anything new?  Then rules that were taken before may have been weighed wrongly, and
 * the scope's `ahead` says so.  Nothing is new without one.
 */
bool ahead_learn(struct ruleset *rs, const struct rule_seen *rule);
