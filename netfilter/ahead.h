/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What has to be known before rules are weighed, and is learnt by rules. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "netfilter/addresses.h"
#include "netfilter/gateways.h"
#include "netfilter/marks.h"

struct forward;
struct probe;
struct rule_seen;
struct ruleset;
struct survey_unseen;
struct whereto;

struct ahead {
	/*
	 * A rule, wherever it stands, decides how others are weighed: it has packets fill a set
	 * that does not say so itself, or sends packets, or copies of them, on by loopback.  All
	 * rules have to go to ruleset_take_ahead() first.
	 */
	bool rules;
	bool hardware; /* a rule asks for hardware addresses: the routers' have to be read */
	struct gateways gateways;
	uint32_t marks; /* bits that rules may set, if one asks for marks */
	struct addresses own;
	bool untracked; /* somebody that is not seen has conntrack pass packets over */
	/* Where rules lead to, of IPv4 and of IPv6. */
	struct led {
		uint64_t ports[1u << 10]; /* a bit for each of this host's */
		bool most;		  /* to the port it was for, from most */
	} led[2];
};

/* What is known of the packets that a probe stands for; ahead may be NULL. */
void ahead_tell(const struct ahead *ahead, struct probe *probe);

/*
 * Take what a rule says; ruleset_learnt() when it is new, for then rules that were taken before may
 * have been weighed wrongly.  Nothing is new where the scope has no `ahead`.
 */
void ahead_learn(struct ruleset *rs, const struct rule_seen *rule);
void ahead_doubt(struct ahead *ahead, const struct survey_unseen *unseen);
void ahead_lead(struct ruleset *rs, const struct forward *f);

/* May one of those addresses be this host's? */
bool ahead_is_own(const struct ahead *ahead, const struct whereto *w);
