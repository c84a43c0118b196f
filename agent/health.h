/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Providers whose answer is a vendor's program (policy/health.h): a look starts no process, so
 * lazaret-health runs it between looks, and what it said is remembered for them.
 */
#pragma once

#include <stdbool.h>

struct daemon;

/* After each round: asks anew what the policy demands; an answer that is news makes a round. */
void health_ask(struct daemon *d);

/*
 * Does an answer lack that is not too old to count?  Then it is asked for, and nothing is judged
 * until it has come, or is known not to come, which makes a round: seconds at most.
 */
bool health_awaited(struct daemon *d);

/* Something was repaired: only what is said from now on counts. */
void health_forget(struct daemon *d);
