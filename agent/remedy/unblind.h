/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Sets aside (asides.h) what lies beside its signatures and switches off how it reads kinds of
 * files (LOOSE_BLINDS).  How many there were; what cannot be set aside is reported.
 */
int unblind(const struct provider *p, struct report *report);

/*
 * Lets everybody read (legible.h) what there names nothing but mail, which lazaretd passes when it
 * can read it.  How many.
 */
int disclose(const struct provider *p, struct report *report);
