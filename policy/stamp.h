/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#define STAMP_TEXT 21

/*
 * Times as TUF writes them (section 4.2.1): "2030-01-31T23:59:59Z", in UTC, to and from
 * seconds since 1970.  -EINVAL for any other form and for days that do not exist.
 */
int stamp_parse(const char *text, int64_t *ret);

/* Years from 1970 to 9999; another is -ERANGE. */
int stamp_write(int64_t at, char ret[STAMP_TEXT]);
