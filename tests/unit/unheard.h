/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of rtnetlink's events (agent/trigger/rtnl.h): what a test has no use for. */
#pragma once

#include "agent/trigger/rtnl.h"

static inline void unheard_moved(void *ctx, const struct link *link)
{
	(void)ctx, (void)link;
}

static inline void unheard_carrier(void *ctx, uint32_t link, bool has)
{
	(void)ctx, (void)link, (void)has;
}

static inline bool unheard_answered(void *ctx, const struct nlmsghdr *h)
{
	(void)ctx, (void)h;
	return false;
}
