// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/base/io.h"
#include "agent/base/log.h"

#define LINE_MAX_BYTES 1024

void log_line(enum log_level level, const char *fmt, ...)
{
	char line[LINE_MAX_BYTES];
	size_t n, room = sizeof(line) - 1; /* the newline's place */
	va_list ap;
	int r;

	if (getenv("JOURNAL_STREAM"))
		r = snprintf(line, room, "<%d>", level);
	else
		r = snprintf(line, room, "%s: ", program_invocation_short_name);
	n = r < 0 ? 0 : (size_t)r;
	if (n >= room)
		n = 0;

	va_start(ap, fmt);
	r = vsnprintf(line + n, room - n, fmt, ap);
	va_end(ap);
	if (r > 0)
		n = (size_t)r < room - n ? n + (size_t)r : room - 1;

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = '?';
	line[n++] = '\n';
	io_write(2, line, n);
}
