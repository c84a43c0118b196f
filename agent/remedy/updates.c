// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "agent/remedy/updates.h"

int updates_install(const struct updates_ways *ways, const struct patch **rows, size_t n,
		    struct fault *fault)
{
	struct fault own = { 0 };
	size_t left, half;
	int r, second;

	if (!n)
		return 0;
	r = ways->install(ways->ctx, rows, n, &own);
	left = r == -ECANCELED ? 0 : ways->pending(ways->ctx, rows, n);
	if (!left)
		return r < 0 ? fault_set(fault, r, "%s", own.why) : 0;
	/* One that is told to do less than it says is content with itself. */
	if (r == 0)
		r = fault_set(&own, -ENODATA, "said to be installed, and is not");
	if (n == 1)
		return fault_set(fault, r, "%s: %s", rows[0]->package, own.why);
	half = (left + 1) / 2;
	r = updates_install(ways, rows, half, fault);
	if (r == -ECANCELED)
		return r;
	second = updates_install(ways, rows + half, left - half, fault);
	return r < 0 && second != -ECANCELED ? r : second;
}
