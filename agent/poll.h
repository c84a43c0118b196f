/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to ask for the policy again, so that a fleet does not ask at once. */
#pragma once

#include <stdint.h>

/* A number that is this host's from one boot to the next, from its machine-id(5); it tells
 * nothing about it.  Without one: any number.
 */
uint64_t poll_host(void);

/*
 * Seconds until the host's own moment of the interval.  Wall clock and host's number alone
 * decide, so a fleet that is switched on at nine is spread out as well as ever.  A moment
 * that is nearer than a tenth of the interval is left to the one after.
 */
uint64_t poll_wait(uint64_t interval, int64_t now, uint64_t host);
