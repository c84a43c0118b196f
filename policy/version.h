/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Orders two Debian package versions exactly as dpkg does (deb-version(7)):
 * epoch, upstream version, revision; '~' sorts before the end.  Below, at or above 0
 * as a sorts before, with or after b.  The texts need no NUL.
 */
int version_compare(const char *a, size_t a_len, const char *b, size_t b_len);
