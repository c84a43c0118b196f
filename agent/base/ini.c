// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/ini.h"

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

/* Cuts the next line off, joined with those that it continues on; counts them. */
static char *next_line(char **text, unsigned *lines)
{
	char *from = *text, *nl = from;

	if (!*from)
		return NULL;
	for (;;) {
		nl = strchr(nl, '\n');
		++*lines;
		if (!nl) {
			*text = from + strlen(from);
			return from;
		}
		if (nl == from || nl[-1] != '\\')
			break;
		nl[-1] = nl[0] = ' ';
	}
	*nl = '\0';
	*text = nl + 1;
	return from;
}

static int read_line(char *line, const char **section, ini_set set, void *ctx, struct fault *fault)
{
	size_t len = strlen(line);
	char *eq;

	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[') {
		if (line[len - 1] != ']')
			return fault_set(fault, -EINVAL, "section without closing bracket");
		line[len - 1] = '\0';
		*section = line + 1;
		return 0;
	}
	eq = strchr(line, '=');
	if (!eq)
		return fault_set(fault, -EINVAL, "neither Key=Value nor [Section]");
	if (!*section)
		return fault_set(fault, -EINVAL, "assignment before any [Section]");
	*eq = '\0';
	return set(ctx, *section, strip(line), strip(eq + 1), fault);
}

int ini_parse(char *text, size_t len, ini_set set, void *ctx, struct fault *fault)
{
	const char *section = NULL;
	unsigned lines = 0, first;
	char *line;
	int r;

	if (memchr(text, '\0', len))
		return fault_set(fault, -EINVAL, "NUL byte in the text");
	while (first = lines + 1, (line = next_line(&text, &lines))) {
		r = read_line(strip(line), &section, set, ctx, fault);
		if (r < 0) {
			fault->line = first;
			return r;
		}
	}
	return 0;
}
