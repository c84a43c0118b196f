/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The accounts that a host has of its own (passwd(5)). */
#pragma once

#include <stdbool.h>

/*
 * Whether the host's passwd(5), or the one that an image brings (/usr/lib/passwd), was read and
 * neither has that name.  Those of a directory service are in neither.
 */
bool account_is_gone(int root, const char *name);
