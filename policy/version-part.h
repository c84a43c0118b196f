/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How rpm and apk compare two parts of versions.  Below, at or above 0; they need no NUL. */
#pragma once

struct version_part {
	const char *p, *end;
};

/* By their bytes; what the other begins with is before it. */
int version_compare_words(struct version_part a, struct version_part b);

/* As numbers of any length: digits alone, and zeros before them do not count. */
int version_compare_numbers(struct version_part a, struct version_part b);
