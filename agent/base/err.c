// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/err.h"

int fault_set(struct fault *f, int err, const char *fmt, ...)
{
	va_list ap;

	if (!f || f->why[0])
		return err;
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	return err;
}

void fault_prefix(struct fault *f, const char *fmt, ...)
{
	char was[sizeof(f->why)];
	va_list ap;
	size_t n;

	if (!f)
		return;
	memcpy(was, f->why, sizeof(was));
	va_start(ap, fmt);
	vsnprintf(f->why, sizeof(f->why), fmt, ap);
	va_end(ap);
	n = strlen(f->why);
	snprintf(f->why + n, sizeof(f->why) - n, ": %s", was);
}

void fault_place(const char *text, size_t len, size_t at, unsigned *line, unsigned *col)
{
	*line = *col = 1;
	for (size_t i = 0; i < at && i < len; i++) {
		if (text[i] == '\n') {
			++*line;
			*col = 1;
		} else {
			++*col;
		}
	}
}
