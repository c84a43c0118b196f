// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/clerk/updates.h"

struct run {
	int64_t at; /* 0: none has begun */
	bool good, bad;
	char warning[UPDATES_WHY], error[UPDATES_WHY];
};

/* "Sat Nov 21 10:43:15 2026", local time, in the C locale's words. */
static int64_t time_of(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };

	return strptime(text, "%a %b %d %T %Y", &tm) ? mktime(&tm) : 0;
}

static void conclude(struct run *run, bool over, struct updates *u)
{
	const char *why = *run->error ? run->error : run->warning;

	if (run->at && run->good && !run->bad) {
		*u = (struct updates){ .succeeded = run->at };
	} else if (run->at && (run->bad || over)) {
		u->failed = run->at;
		snprintf(u->why, sizeof(u->why), "%s",
			 *why ? why : "it was broken off, or brought nothing");
	}
}

static void note(char into[UPDATES_WHY], const char *line, const char *mark)
{
	const char *at = strstr(line, mark);

	/* The last word, which says nothing more. */
	if (at && strcmp(at, "ERROR: Update failed.") != 0)
		snprintf(into, UPDATES_WHY, "%s", at + strlen(mark));
}

static void take_line(const char *line, struct run *run)
{
	note(run->warning, line, "WARNING: ");
	note(run->error, line, "ERROR: ");
	run->good |= strstr(line, " is up-to-date (") || strstr(line, " updated (version: ");
	run->bad |= strstr(line, "ERROR: Update failed") ||
		    strstr(line, "ERROR: Database update process failed");
}

void updates_freshclam(char *text, struct updates *ret)
{
	static const char begins[] = "ClamAV update process started at ";
	struct updates u = { 0 };
	struct run run = { 0 };
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		const char *begin = strstr(line, begins);

		if (begin) {
			conclude(&run, true, &u);
			run = (struct run){ .at = time_of(begin + strlen(begins)) };
		} else {
			take_line(line, &run);
		}
	}
	conclude(&run, false, &u);
	*ret = u;
}

void updates_say(const char *provider, const struct updates *u, char line[UPDATES_LINE])
{
	snprintf(line, UPDATES_LINE, "updates %s %" PRId64 " %" PRId64 " %s", provider,
		 u->succeeded, u->failed, *u->why ? u->why : "-");
}

bool updates_hear(const char *line, char provider[PROVIDER_NAME_MAX], struct updates *ret)
{
	struct updates u = { 0 };

	_Static_assert(PROVIDER_NAME_MAX == 32 && UPDATES_WHY == 100, "the widths below");
	if (sscanf(line, "updates %31s %" SCNd64 " %" SCNd64 " %99[^\n]", provider, &u.succeeded,
		   &u.failed, u.why) != 4)
		return false;
	*ret = u;
	return true;
}
