/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a rule does, wherever it stands, that decides how others are weighed: it has packets fill a
 * set that does not say so itself, or it sends packets, or copies of them, on by loopback.
 */
#pragma once

#include <stdbool.h>

struct rule_seen;
struct ruleset;

/* Did it say anything new?  Then rules that were taken before may have been weighed wrongly. */
bool ahead_learn(struct ruleset *rs, const struct rule_seen *rule);
