/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that one run has set aside (folder_set_aside()), so that it can put back just these. */
#pragma once

#include <limits.h>

#include "agent/remedy/step.h"

#define ASIDES_MAX 96 /* more than a provider names */
#define ASIDE_PATH 256

struct asides {
	size_t n;
	struct aside {
		char path[ASIDE_PATH]; /* absolute */
		char as[NAME_MAX + 1]; /* its name now */
	} rows[ASIDES_MAX];
};

/* Sets one aside, and reports it: 1 (a NULL: it is not to be put back); 0 when there is none; or
 * -errno. */
int asides_add(struct asides *a, const char *path, struct report *report);

/* All of them, over what came in their place.  What cannot be put back stays, and is reported. */
void asides_put_back(const struct asides *a, struct report *report);
