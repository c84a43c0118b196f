// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/posture/antivirus.h"
#include "agent/posture/witnessed.h"

bool antivirus_demands(const struct antivirus *a, enum part part)
{
	return part_is_demanded(a->req, part);
}

void antivirus_tell(struct antivirus *a, bool demanded, const char *probe, enum grade grade,
		    const char *todo, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (demanded)
		finding_tell(a->finding, probe, grade, todo, "%s", text);
	else
		finding_note(a->finding, probe, grade, "%s", text);
}

void antivirus_misled(struct antivirus *a, unsigned parts, const char *by)
{
	for (enum part p = PART_DAEMON; p < PART_COUNT; p++)
		if (parts & 1u << p && !*a->wrong[p])
			snprintf(a->wrong[p], sizeof(a->wrong[p]), "%s", by);
}

/* A provider has a daemon with a program, or it would not have been read. */
static const struct provider_unit *daemon_of(const struct provider *p)
{
	size_t i = 0;

	while (p->units[i].part != PART_DAEMON || !*p->units[i].program)
		i++;
	return &p->units[i];
}

/* Each unit's program, file and process; files; packages and libraries; and what is one of a kind.
 */
_Static_assert(6 * PROVIDER_ROWS + 16 <= EVIDENCE_MAX, "the largest provider has room");

/*
 * In the order from cause to effect: the first failing probe is what the finding says, and what
 * stops an antivirus says more than that it is silent.
 */
void look_antivirus(const struct requirement *req, const struct host *host, struct finding *ret)
{
	struct finding f = { .grade = GRADE_PASS };
	const struct provider *p = req->with.antivirus.provider;
	const struct provider_unit *daemon = daemon_of(p);
	struct antivirus a = { .req = req, .host = host, .provider = p, .finding = &f };

	a.base = strrchr(daemon->program, '/') + 1;
	a.unit = daemon->name;
	a.systemd = faccessat(host->root, "run/systemd/system", F_OK, 0) == 0;
	snprintf(a.good, sizeof(a.good), "%s runs", p->title);
	probe_units(&a);
	probe_account(&a);
	probe_settings(&a);
	probe_answer(&a);
	probe_signatures(&a);
	probe_updates(&a);
	probe_packages(&a);
	probe_restart(&a);
	f.moving = f.grade == GRADE_UNKNOWN && a.moving;
	if (f.grade == GRADE_PASS)
		memcpy(f.what, a.good, sizeof(a.good));
	*ret = f;
}
