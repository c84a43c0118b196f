/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct daemon;

/*
 * Asks lazaret-witness, when the policy demands what only it can see and it was not asked for a
 * while.  What it says is remembered for the looks; a host that looks different by it is
 * looked at again.
 */
void witness_ask(struct daemon *d);

/*
 * Has it look at once and makes a round of that when it has answered: after a remedy only what is
 * seen afresh counts.  false: there is nothing to ask, and the caller makes the round.
 */
bool witness_look(struct daemon *d);

/*
 * Is its first answer on the way?  Until then nothing is judged that it has to see, so that a
 * daemon that starts does not cut a good host off; what was in force stays so.  That lasts seconds
 * at most, and the answer, or that there is none, makes a round.
 */
bool witness_awaited(struct daemon *d);
