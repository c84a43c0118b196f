/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that somebody mounted over a provider's, by which others are read, and which nobody can
 * replace.
 */
#pragma once

#include <stdbool.h>

#include "agent/remedy/step.h"
#include "policy/provider.h"

/* Whether something is mounted over that file; a folder may well be a volume of its own. */
bool is_covered(int root, const char *path);

/*
 * Has the manager take away what is mounted over its programs, unit files, settings and signatures,
 * and over the lists that dpkg keeps of its packages' files.  How many there were.
 */
int uncover(const struct provider *p, struct report *report);
