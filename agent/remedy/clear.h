/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keeps a daemon down though all that its packages bring is there. */
#pragma once

#include "agent/remedy/step.h"
#include "policy/provider.h"

/*
 * Makes its account again where that is gone (account_find()), and sets aside (asides.h) what is
 * no socket in its socket's place and no regular file in that of its configuration, and signatures
 * that are damaged, which an updater takes for whole as long as their headers are; lets it read
 * (legible.h) those that are whole.  What cannot be done is reported.
 */
void clear_way(const struct provider *p, struct report *report);
