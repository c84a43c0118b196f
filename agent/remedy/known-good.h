/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the remedy of the firewall: what is known of the last good one, and whether this one is
 * right. */
#pragma once

#include <stdbool.h>

#include "agent/posture/likeness.h"
#include "agent/remedy/copies.h"
#include "netfilter/survey.h"
#include "policy/like.h"

struct known_good {
	struct kept_firewall firewall; /* at 0: none is kept */
	struct like like;	       /* what the policy in force demands */
	char *text;
	struct copies *copies; /* NULL: there are none */
};

/* What cannot be read is not known, and reported. */
struct known_good *known_good_read(struct report *report);
void known_good_free(struct known_good *g);
DEFINE_DROP(known_good, known_good_free)

/* Does the good firewall have a chain whose name begins so ("inet firewalld ")? */
bool known_good_has(const struct known_good *g, const char *chain);

/*
 * What the kernel's rules do with what comes in, those of iptables-legacy with them, and the chains
 * that do it (survey.h; NULL: nobody asks): 0, or -errno when it cannot be asked.
 */
int firewall_survey_by(struct nft *nft, struct survey *ret, survey_chain each, void *ctx,
		       struct fault *fault);
int firewall_survey(struct survey *ret, struct fault *fault);

/*
 * Is inbound closed by more than our baseline, and as the policy demands it?  1, 0, or -errno when
 * the kernel cannot be asked.
 */
int known_good_is_met(struct known_good *g, struct fault *fault);
