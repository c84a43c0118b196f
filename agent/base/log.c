// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"

#define LINE_MAX_BYTES 1024
#define ENTRY_MAX      4096
#define JOURNAL	       "/run/systemd/journal/socket"

static void make_plain(char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			s[i] = '?';
}

static void write_line(enum log_level level, const char *text)
{
	char line[LINE_MAX_BYTES];
	size_t n, room = sizeof(line) - 1; /* the newline's place */
	int r;

	if (getenv("JOURNAL_STREAM"))
		r = snprintf(line, room, "<%d>%s", level, text);
	else
		r = snprintf(line, room, "%s: %s", program_invocation_short_name, text);
	if (r <= 0)
		return;
	n = (size_t)r < room ? (size_t)r : room - 1;
	make_plain(line, n);
	line[n++] = '\n';
	io_write(2, line, n);
}

void log_line(enum log_level level, const char *fmt, ...)
{
	char text[LINE_MAX_BYTES];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	write_line(level, text);
}

/* sd-daemon(3): the variable alone may be inherited by somebody whose output goes elsewhere. */
static bool is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%llu:%llu", &dev, &ino) == 2 && fstat(fd, &st) == 0 &&
	       st.st_dev == dev && st.st_ino == ino;
}

static size_t add_field(char *entry, size_t n, const char *name, const char *value)
{
	size_t room = ENTRY_MAX - n;
	int r = snprintf(entry + n, room, "%s=%s\n", name, value);
	size_t head = strlen(name) + 1;

	if (r < 0 || (size_t)r >= room)
		return n;
	make_plain(entry + n + head, (size_t)r - head - 1);
	return n + (size_t)r;
}

static int send_entry(const char *entry, size_t len)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = JOURNAL };
	_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 ||
	    sendto(fd, entry, len, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return 0;
}

void log_entry(enum log_id id, const struct log_field *fields, const char *fmt, ...)
{
	const struct log_id_kind *kind = &log_ids[id];
	char text[LINE_MAX_BYTES], entry[ENTRY_MAX], level[2] = { (char)('0' + kind->level), 0 };
	size_t n = 0;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	n = add_field(entry, n, "MESSAGE", text);
	n = add_field(entry, n, "PRIORITY", level);
	n = add_field(entry, n, "MESSAGE_ID", kind->id);
	n = add_field(entry, n, "SYSLOG_IDENTIFIER", program_invocation_short_name);
	for (const struct log_field *f = fields; f && f->name; f++)
		n = add_field(entry, n, f->name, f->value);
	if (!is_journal(2) || send_entry(entry, n) < 0)
		write_line(kind->level, text);
}
