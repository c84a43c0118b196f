/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct daemon;

/*
 * Asks lazaret-witness, when the policy demands what only it can see and it was not asked for a
 * while.  What it says is remembered for the looks; a host that looks different by it is
 * looked at again.
 */
void witness_ask(struct daemon *d);
