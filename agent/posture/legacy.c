// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/legacy.h"
#include "agent/posture/posture.h"

#define NAMES_MAX 4096

static const char *const names[] = { "filter", "nat", "mangle", "raw", "security" };

/* Of words that any of these characters end. */
static unsigned tables_in(const char *text, const char *ends)
{
	unsigned tables = 0;

	while (*(text += strspn(text, ends))) {
		const size_t len = strcspn(text, ends);

		for (size_t i = 0; i < COUNT(names); i++)
			if (len == strlen(names[i]) && !memcmp(text, names[i], len))
				tables |= 1u << i;
		text += len;
	}
	return tables;
}

static int read_names(int dir, const char *file, unsigned *ret)
{
	_free_ char *text = NULL;
	size_t len;
	int r = io_read(dir, file, NAMES_MAX, &text, &len);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r < 0 ? 0 : tables_in(text, "\n");
	return 0;
}

int legacy_read(int dir, const char *names4, const char *names6, struct legacy *ret)
{
	struct legacy l = { .known = true };
	int r = read_names(dir, names4, &l.ip4);

	if (r == 0)
		r = read_names(dir, names6, &l.ip6);
	if (r == 0)
		*ret = l;
	return r;
}

static unsigned look_modules(int root, const char *family)
{
	unsigned tables = 0;

	for (size_t i = 0; i < COUNT(names); i++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/module/%stable_%s", family, names[i]);
		if (faccessat(root, path, F_OK, 0) == 0)
			tables |= 1u << i;
	}
	return tables;
}

bool legacy_look(const struct host *host, struct legacy *ret)
{
	if (legacy_read(host->root, "proc/self/net/ip_tables_names",
			"proc/self/net/ip6_tables_names", ret) == 0)
		return false;
	*ret = host->legacy && host->legacy->known
		       ? *host->legacy
		       : (struct legacy){ .ip4 = look_modules(host->root, "ip"),
					  .ip6 = look_modules(host->root, "ip6") };
	return true;
}

/* The names, with `between` before each but the first, and `last` before the last. */
static void list(unsigned tables, const char *between, const char *last, char *text, size_t room)
{
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < COUNT(names); i++) {
		const unsigned rest = tables >> i >> 1;

		if (tables >> i & 1)
			n += (size_t)snprintf(text + n, room - n, "%s%s",
					      !n     ? ""
					      : rest ? between
						     : last,
					      names[i]);
	}
}

const char *legacy_text(unsigned tables, char text[LEGACY_TEXT])
{
	list(tables, ", ", " and ", text, LEGACY_TEXT);
	return text;
}

void legacy_say(const struct legacy *l, char line[LEGACY_LINE])
{
	char ip4[LEGACY_TEXT], ip6[LEGACY_TEXT];

	list(l->ip4, ",", ",", ip4, sizeof(ip4));
	list(l->ip6, ",", ",", ip6, sizeof(ip6));
	snprintf(line, LEGACY_LINE, "legacy %s %s", *ip4 ? ip4 : "-", *ip6 ? ip6 : "-");
}

bool legacy_hear(struct legacy *l, const char *line)
{
	static const char begin[] = "legacy ";
	char ip4[LEGACY_TEXT], ip6[LEGACY_TEXT], more;

	_Static_assert(LEGACY_TEXT == 48, "the widths below");
	if (strncmp(line, begin, strlen(begin)) != 0 ||
	    sscanf(line + strlen(begin), "%47s %47s%c", ip4, ip6, &more) != 2)
		return false;
	*l = (struct legacy){ true, tables_in(ip4, ","), tables_in(ip6, ",") };
	return true;
}
