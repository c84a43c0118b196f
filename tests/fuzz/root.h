/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host's root that lasts from the first input to the last. */
#pragma once

#include <stdbool.h>
#include <stdlib.h>

#include "tests/unit/root.h"

static struct root root = { .fd = -1 };

static inline void root_leave(void)
{
	root_close(&root);
}

/* Whether this was the first call, so that it is empty. */
static inline bool root_is_new(void)
{
	if (root.fd >= 0)
		return false;
	if (root_open(&root) < 0)
		abort();
	atexit(root_leave);
	return true;
}
