// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/undivert.h"

#define TABLE_MAX (1024 * 1024)
#define LIMIT_S	  60

static bool is_program(const struct provider *p, const char *path)
{
	for (size_t i = 0; i < p->n_units; i++)
		if (*path && !strcmp(path, p->units[i].program))
			return true;
	return false;
}

static bool is_unit(const struct provider *p, const char *path)
{
	const char *name = strrchr(path, '/');

	if (!name || !strstr(path, "lib/systemd/system/"))
		return false;
	for (size_t i = 0; i < p->n_units; i++)
		if (!strcmp(name + 1, p->units[i].name))
			return true;
	return false;
}

/* What was laid elsewhere meanwhile comes back, unless something stands in its place. */
static void remove_diversion(const char *path, struct report *report)
{
	struct fault quiet = { 0 };

	report_line(report, "+ no longer diverted: ", path);
	if (step_exec(STEP_ARGV("/usr/bin/dpkg-divert", "--quiet", "--rename", "--remove", path),
		      LIMIT_S, report, &quiet) < 0)
		step_exec(STEP_ARGV("/usr/bin/dpkg-divert", "--quiet", "--no-rename", "--remove",
				    path),
			  LIMIT_S, report, &quiet);
}

/* Three lines each: from, to, and who diverts it. */
static void undivert_files(const struct provider *p, struct report *report)
{
	_free_ char *text = NULL;
	char *rest, *from;
	size_t len;

	if (io_read(AT_FDCWD, "/var/lib/dpkg/diversions", TABLE_MAX, &text, &len) < 0)
		return;
	rest = text;
	while ((from = strsep(&rest, "\n"))) {
		if (is_program(p, from) || is_unit(p, from))
			remove_diversion(from, report);
		strsep(&rest, "\n");
		strsep(&rest, "\n");
	}
}

static bool is_bad(const char *user, unsigned mode)
{
	return strcmp(user, "root") || !(mode & 0111) || mode & 0022;
}

/* USER GROUP MODE FILE */
static void drop_modes(const struct provider *p, struct report *report)
{
	_free_ char *text = NULL;
	char *rest, *line;
	size_t len;

	if (io_read(AT_FDCWD, "/var/lib/dpkg/statoverride", TABLE_MAX, &text, &len) < 0)
		return;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct fault quiet = { 0 };
		char user[40];
		unsigned mode;
		int at = 0;

		if (sscanf(line, "%39s %*s %o %n", user, &mode, &at) != 2 || !at ||
		    !is_program(p, line + at) || !is_bad(user, mode))
			continue;
		report_line(report, "+ dpkg no longer gives it another mode: ", line + at);
		step_exec(STEP_ARGV("/usr/bin/dpkg-statoverride", "--quiet", "--remove", line + at),
			  LIMIT_S, report, &quiet);
	}
}

void undivert(const struct provider *p, struct report *report)
{
	undivert_files(p, report);
	drop_modes(p, report);
}
