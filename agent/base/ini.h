/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "agent/base/err.h"

/*
 * systemd's INI form (systemd.syntax(7)): [Section], Key=Value, comments with #
 * or ;, a backslash at the end continues a line.  Each assignment is handed on in
 * file order.  The handler answers 0, or -errno after fault_set(); the fault's line
 * is then filled in.
 */
typedef int (*ini_set)(void *ctx, const char *section, const char *key, const char *value,
		       struct fault *fault);

#define INI_FILE_MAX (64 * 1024)

int ini_parse(char *text, size_t len, ini_set set, void *ctx, struct fault *fault);
