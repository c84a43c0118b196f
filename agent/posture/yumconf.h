/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Configuration as dnf, yum and zypper have it (dnf.conf(5)): [section], key=value. */
#pragma once

#include "agent/base/err.h"

/* Both texts may be changed in place.  Less than 0 ends the reading. */
typedef int (*yumconf_set)(void *ctx, const char *section, const char *key, char *value,
			   unsigned line);

/*
 * Hands on each assignment in the order of the file, with its line.  A line that begins with
 * blanks goes on with the value above.  What is none of these is passed over, as dnf does.  The
 * text ends in a NUL and is changed.  0, or what `set` answered.
 */
int yumconf_parse(char *text, yumconf_set set, void *ctx);

/* "1", "yes", "true" and "on" in any case are. */
int yumconf_is_true(const char *value);
