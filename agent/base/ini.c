// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "agent/base/count.h"
#include "agent/base/ini.h"

#define BLANKS " \t\r"

struct reading {
	enum ini_form form;
	struct ini_line line;
	ini_set set;
	void *ctx;
	struct fault *fault;
};

static char *strip(char *s)
{
	char *end;

	s += strspn(s, BLANKS);
	end = s + strlen(s);
	while (end > s && strchr(BLANKS, end[-1]))
		*--end = '\0';
	return s;
}

/* Comments never go on, and a backslash that another one escapes is none. */
static bool goes_on(const char *from, const char *nl)
{
	const char *first = from + strspn(from, BLANKS), *at = nl;

	while (at > from && at[-1] == '\\')
		at--;
	return *first != '#' && *first != ';' && (nl - at) % 2;
}

/* Joins a line with the next one, over its newline, where it goes on there. */
static bool join(enum ini_form form, const char *from, char *nl)
{
	switch (form) {
	case INI_SYSTEMD:
		if (!goes_on(from, nl))
			return false;
		nl[-1] = ' ';
		break;
	case INI_YUM:
		if ((nl[1] != ' ' && nl[1] != '\t') || *from == '[' || *from == '#')
			return false;
		break;
	}
	*nl = ' ';
	return true;
}

/* Cuts the next line off with those that it goes on in, and counts them. */
static char *next_line(enum ini_form form, char **text, unsigned *lines)
{
	char *from = *text, *nl = from;

	if (!*from)
		return NULL;
	do {
		nl += strcspn(nl, "\n");
		++*lines;
	} while (*nl && join(form, from, nl));
	*text = *nl ? nl + 1 : nl;
	*nl = '\0';
	return from;
}

static int refuse(const struct reading *r, const char *why)
{
	return r->form == INI_SYSTEMD ? fault_set(r->fault, -EINVAL, "%s", why) : 0;
}

static int read_section(struct reading *r, char *line)
{
	char *end = strchr(line, ']');

	if (r->form == INI_SYSTEMD && (!end || end[1]))
		return refuse(r, "section without closing bracket");
	if (end)
		*end = '\0';
	r->line.section = line + 1;
	return 0;
}

static int read_line(struct reading *r, char *line)
{
	char *eq;

	if (!*line || *line == '#' || *line == ';')
		return 0;
	if (*line == '[')
		return read_section(r, line);
	eq = strchr(line, '=');
	if (!eq)
		return refuse(r, "neither Key=Value nor [Section]");
	if (r->form == INI_SYSTEMD && !*r->line.section)
		return refuse(r, "assignment before any [Section]");
	*eq = '\0';
	r->line.key = strip(line);
	r->line.value = strip(eq + 1);
	return r->set(r->ctx, &r->line, r->fault);
}

int ini_parse(enum ini_form form, char *text, size_t len, ini_set set, void *ctx,
	      struct fault *fault)
{
	struct reading r = { form, { .section = "" }, set, ctx, fault };
	unsigned lines = 0;
	char *line;
	int err = 0;

	if (memchr(text, '\0', len))
		return fault_set(fault, -EINVAL, "NUL byte in the text");
	while (err >= 0 && (r.line.number = lines + 1, line = next_line(form, &text, &lines)))
		err = read_line(&r, strip(line));
	if (err < 0 && fault)
		fault->line = r.line.number;
	return err < 0 ? err : 0;
}

bool ini_is_true(const char *value)
{
	static const char *const yes[] = { "1", "yes", "true", "on", "enabled" };

	for (size_t i = 0; i < COUNT(yes); i++)
		if (!strcasecmp(value, yes[i]))
			return true;
	return false;
}
