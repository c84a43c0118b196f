// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/span.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/remembered.h"

#define PROBE "updates"

static const char *updater_of(const struct provider *p)
{
	for (size_t i = 0; i < p->n_units; i++)
		if (p->units[i].part == PART_UPDATER && *p->units[i].program)
			return strrchr(p->units[i].program, '/') + 1;
	return "the updater";
}

/* What it brought, it wrote: also when its log is gone, or of nobody who could read it. */
static int64_t last_brought(const struct antivirus *a)
{
	const struct texts *files = &a->provider->signatures.files;
	int64_t newest = 0;
	struct stat st;

	for (size_t i = 0; i < files->n; i++)
		if (fstatat(a->host->root, files->rows[i] + 1, &st, 0) == 0 && st.st_mtime > newest)
			newest = st.st_mtime;
	return newest < a->host->now ? newest : a->host->now;
}

/*
 * Signatures can be young enough while nothing new comes any more, and old when there is nothing
 * newer: only the updater knows which it is.
 */
void probe_updates(struct antivirus *a)
{
	const struct updates u = remembered_updates(a->host->remembered, a->provider->name);
	uint64_t most = a->req->with.antivirus.updater_max_age, age;
	const char *name = updater_of(a->provider);
	int64_t last = last_brought(a);
	char ago[SPAN_TEXT], may[SPAN_TEXT], failed[UPDATES_WHY + 32] = "";

	if (a->provider->updates.from == CHRONICLE_NONE || !a->installed)
		return;
	if (u.succeeded > last && u.succeeded <= a->host->now)
		last = u.succeeded;
	if (u.failed > last)
		snprintf(failed, sizeof(failed), "; its last try: %s", u.why);
	age = (uint64_t)(a->host->now - last);
	span_text(age, ago);
	if (!last)
		antivirus_tell(a, most != 0, PROBE, GRADE_FAIL, "see its log",
			       "%s has never succeeded%s", name, failed);
	else if (most && age > most)
		antivirus_tell(a, true, PROBE, GRADE_FAIL,
			       "see its log, and whether its mirror answers",
			       "%s last succeeded %s ago; the policy allows %s%s", name, ago,
			       span_text(most, may), failed);
	else
		antivirus_tell(a, most != 0, PROBE, GRADE_PASS, NULL, "%s last succeeded %s ago%s",
			       name, ago, failed);
}
