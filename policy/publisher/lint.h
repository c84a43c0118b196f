/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Reads a policy file whole and checks it, with "FILE:LINE:COL: reason" on standard
 * error if it is refused.  0, or -errno.  The caller frees *ret.
 */
int lint_file(const char *path, char **ret, size_t *len);
