// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/antivirus-start.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/legible.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/unreadable.h"

#define JOURNALCTL    "/usr/bin/journalctl"
#define JOURNAL_LIMIT 20 /* seconds */
#define TRIES	      8
#define SAYS	      "error loading database "

bool unreadable_names(const struct provider *p, const char *line, char ret[ASIDE_PATH])
{
	const char *own = p->signatures.files.rows[0], *end = strrchr(own, '/');
	const char *path = strstr(line, SAYS), *name;
	size_t folder = end ? (size_t)(end + 1 - own) : 0;

	if (p->signatures.from != VINTAGE_CLAMAV || !folder || !path)
		return false;
	path += strlen(SAYS);
	if (strncmp(path, own, folder) || strlen(path) >= ASIDE_PATH)
		return false;
	name = path + folder;
	if (!*name || strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	strcpy(ret, path);
	return true;
}

struct search {
	const struct provider *p;
	char path[ASIDE_PATH];
};

static void take_line(void *ctx, const char *line)
{
	struct search *s = ctx;

	unreadable_names(s->p, line, s->path);
}

/* The last one that a unit's journal names since then: it ended with that.  Empty: none. */
static void ask_journal(const char *unit, int64_t since, struct search *s)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };
	char from[40];

	snprintf(from, sizeof(from), "--since=@%lld", (long long)since);
	step_exec(STEP_ARGV(JOURNALCTL, "--sync"), JOURNAL_LIMIT, &nobody, &quiet);
	step_read(STEP_ARGV(JOURNALCTL, "-q", "-o", "cat", from, "-u", unit), JOURNAL_LIMIT,
		  &nobody, take_line, s, &quiet);
}

/* A good one may only be closed to the daemon. */
static int open_or_set_aside(const char *path, struct report *report)
{
	return legible_make(path, report) > 0 ? 1 : asides_add(NULL, path, report);
}

/* How many its services name since then, and are out of the way. */
static int clear_since(const struct provider *p, int64_t since, struct report *report)
{
	int n = 0;

	for (size_t i = 0; i < p->n_units; i++) {
		struct search s = { .p = p };

		if (p->units[i].part != PART_DAEMON || !*p->units[i].program)
			continue;
		ask_journal(p->units[i].name, since, &s);
		if (!*s.path)
			continue;
		report_line(report, "  it cannot load ", s.path);
		n += open_or_set_aside(s.path, report) > 0;
	}
	return n;
}

int start_past_unreadable(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int r = 0;

	for (int i = 0; i < TRIES; i++) {
		const int64_t begun = io_now();
		struct fault quiet = { 0 };

		*fault = (struct fault){ 0 };
		r = antivirus_start(q, report, fault);
		if (r == 0 || r == -EINPROGRESS || p->signatures.from != VINTAGE_CLAMAV ||
		    !clear_since(p, begun, report))
			break;
		manager_does(q, UPDATERS | SPARE, STEP_ARGV("--no-block", "try-restart"), NULL,
			     &quiet);
	}
	return r;
}
