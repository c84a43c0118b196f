// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "agent/posture/yumconf.h"

#define BLANKS " \t\r"

static char *strip(char *s)
{
	char *end;

	s += strspn(s, BLANKS);
	end = s + strlen(s);
	while (end > s && strchr(BLANKS, end[-1]))
		*--end = '\0';
	return s;
}

/* Cuts a line off with those that go on with it, and counts them. */
static char *next_entry(char **text, unsigned *lines)
{
	char *from = *text, *nl = from;

	if (!*from)
		return NULL;
	for (;;) {
		nl += strcspn(nl, "\n");
		++*lines;
		if (!*nl || (nl[1] != ' ' && nl[1] != '\t') || *from == '[' || *from == '#')
			break;
		*nl++ = ' ';
	}
	*text = *nl ? nl + 1 : nl;
	*nl = '\0';
	return from;
}

int yumconf_parse(char *text, yumconf_set set, void *ctx)
{
	const char *section = "";
	unsigned lines = 0, first;
	char *line, *eq;
	int r = 0;

	while (first = lines + 1, r == 0 && (line = next_entry(&text, &lines))) {
		line = strip(line);
		if (*line == '[') {
			section = line + 1;
			line[strcspn(line, "]")] = '\0';
			continue;
		}
		eq = strchr(line, '=');
		if (!eq || *line == '#' || *line == ';')
			continue;
		*eq = '\0';
		r = set(ctx, section, strip(line), strip(eq + 1), first);
	}
	return r;
}

int yumconf_is_true(const char *value)
{
	static const char *const yes[] = { "1", "yes", "true", "on", "enabled" };

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (!strcasecmp(value, yes[i]))
			return 1;
	return 0;
}
