/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Has anybody given ufw a rule?  Without one it denies all that comes in.  ufw(8): `ufw reset` puts
 * the package's files in the place of all its *.rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does ufw have somebody's rules there: etc/ufw/user.rules, etc/ufw/user6.rules? */
bool ufw_rules_of_user(const char *path);
/* Is it one of the files that `ufw reset` replaces? */
bool ufw_rules_are_reset(const char *path);

/* Is there a rule in what such a file has? */
bool ufw_rules_in(const char *text, size_t len);
/* The same of both files below a root; one that cannot be read has none. */
bool ufw_rules_below(int root);
