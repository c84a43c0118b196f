// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "policy/pattern.h"

/*
 * Only the last star seen ever needs to take a byte more: what stood before it fitted with
 * the shortest choice, and a longer one there would only leave less for the rest.  A '/' is
 * the same on both sides, so no star from before it comes back.
 */
bool pattern_fits(const char *pattern, const char *path)
{
	const char *star = NULL, *taken = NULL;

	while (*path || *pattern) {
		if (*pattern == '*') {
			star = ++pattern;
			taken = path;
		} else if (*path && (*pattern == *path || (*pattern == '?' && *path != '/'))) {
			if (*path == '/')
				star = NULL;
			pattern++;
			path++;
		} else if (star && *taken && *taken != '/') {
			pattern = star;
			path = ++taken;
		} else {
			return false;
		}
	}
	return true;
}
