/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration of [section] and key=value, with comments by # and ; at the beginning of a line. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/err.h"

enum ini_form {
	/*
	 * systemd's (systemd.syntax(7)): a backslash at the end of a line goes on in the next, and
	 * what is none of these is a fault.
	 */
	INI_SYSTEMD,
	/*
	 * dnf's, yum's and zypper's (dnf.conf(5)): a line that begins with blanks goes on with the
	 * value above, and what is none of these is passed over.
	 */
	INI_YUM,
};

struct ini_line {
	const char *section; /* "" before the first */
	const char *key;
	char *value; /* may be changed in place */
	unsigned number;
};

/* Answers 0, or -errno, which ends the reading, after fault_set() where the reader has one. */
typedef int (*ini_set)(void *ctx, const struct ini_line *line, struct fault *fault);

#define INI_FILE_MAX (64 * 1024)

/*
 * Hands on each assignment in the order of the file.  The text ends in a NUL that len does not
 * count, and is changed.  0; or -EINVAL or what `set` answered, with the line in the fault,
 * which may be NULL.
 */
int ini_parse(enum ini_form form, char *text, size_t len, ini_set set, void *ctx,
	      struct fault *fault);

/* "1", "yes", "true", "on" and "enabled" in any case are, where dnf and zypper have a switch. */
bool ini_is_true(const char *value);
