// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/clock.h"

struct clock clock_start(int64_t now, uint64_t boot_ms)
{
	return (struct clock){ .offset = now - (int64_t)(boot_ms / 1000) };
}

int64_t clock_leap(struct clock *c, int64_t now, uint64_t boot_ms)
{
	int64_t by = now - (int64_t)(boot_ms / 1000) - c->offset;

	if (by > -CLOCK_LEAP && by < CLOCK_LEAP)
		return 0;
	c->offset += by;
	return by;
}
