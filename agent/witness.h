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
