// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/clerk/deed.h"
#include "agent/clerk/history.h"

/* One run of apt's. */
struct run {
	char command[64], by[32], removed[40];
	int64_t end; /* 0: it goes on */
	bool any;
};

/* Both write the host's local time. */
static int64_t time_of(const char *text)
{
	struct tm tm = { .tm_isdst = -1 };

	if (sscanf(text, "%d-%d-%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return mktime(&tm);
}

/* "clamav-base:all (1.4.3), clamav-daemon:amd64 (1.4.3)": the first one that the topic has. */
static void find_package(const char *list, const struct topic *t, struct run *run)
{
	char name[sizeof(run->removed)];

	for (const char *at = list; !*run->removed && *at; at += strspn(at, ", ")) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(at, ": ("), at);
		if (topic_in(t, name))
			memcpy(run->removed, name, sizeof(name));
		at += strcspn(at, ")");
		at += *at == ')';
	}
}

static void take_line(const char *line, const struct topic *t, struct run *run)
{
	if (!strncmp(line, "Start-Date: ", 12))
		*run = (struct run){ .any = true };
	else if (!strncmp(line, "Commandline: ", 13))
		snprintf(run->command, sizeof(run->command), "%s", line + 13);
	else if (!strncmp(line, "Requested-By: ", 14))
		snprintf(run->by, sizeof(run->by), "%s", line + 14);
	else if (!strncmp(line, "Remove: ", 8))
		find_package(line + 8, t, run);
	else if (!strncmp(line, "Purge: ", 7))
		find_package(line + 7, t, run);
	else if (!strncmp(line, "End-Date: ", 10))
		run->end = time_of(line + 10);
}

static void tell(const struct run *run, int64_t now, history_found found, void *ctx)
{
	struct act a = { .at = run->end ? run->end : now, .rank = *run->by ? ACT_NAMED : ACT_DONE };

	if (!run->any || !*run->removed)
		return;
	snprintf(a.text, sizeof(a.text), "apt: %s %s%s%s: %s", run->end ? "removed" : "removes",
		 run->removed, *run->by ? " for " : "", run->by,
		 *run->command ? run->command : "through its library");
	found(ctx, &a);
}

void history_apt(char *text, const struct topic *t, int64_t now, history_found found, void *ctx)
{
	struct run run = { 0 };
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strncmp(line, "Start-Date: ", 12))
			tell(&run, now, found, ctx);
		take_line(line, t, &run);
	}
	tell(&run, now, found, ctx);
}

void history_dpkg(char *text, const struct topic *t, history_found found, void *ctx)
{
	char *rest;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct act a = { .at = time_of(line), .rank = ACT_BESIDE };
		char verb[8], package[64];

		if (a.at < 0 || sscanf(line, "%*s %*s %7s %63[^: ]", verb, package) != 2 ||
		    (strcmp(verb, "remove") && strcmp(verb, "purge")) || !topic_in(t, package))
			continue;
		snprintf(a.text, sizeof(a.text), "dpkg: removed %s", package);
		found(ctx, &a);
	}
}
