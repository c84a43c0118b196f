// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/posture/posture.h"

#define MOVING_SECONDS 10

const char *const grade_names[GRADE_COUNT] = {
	[GRADE_PASS] = "pass",
	[GRADE_FAIL] = "fail",
	[GRADE_UNKNOWN] = "unknown",
};

static void (*const looks[CHECK_COUNT])(const struct requirement *req, const struct host *host,
					struct finding *ret) = {
#ifdef CONFIG_POSTURE_PATCHES
	[CHECK_PATCHES] = look_patches,
#endif
#ifdef CONFIG_POSTURE_ANTIVIRUS
	[CHECK_ANTIVIRUS] = look_antivirus,
#endif
#ifdef CONFIG_POSTURE_FIREWALL
	[CHECK_FIREWALL] = look_firewall,
#endif
};

static const struct evidence *evidence_find(const struct finding *f, const struct evidence *like)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].probe, like->probe) &&
		    f->evidence[i].grade == like->grade)
			return &f->evidence[i];
	return NULL;
}

static void date_evidence(struct finding *f, const struct finding *before, long now)
{
	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = evidence_find(before, &f->evidence[i]);

		f->evidence[i].since = e ? e->since : now;
	}
}

/*
 * For a while what was seen before counts: whoever writes rules makes nobody fail for it.  Where
 * nothing was, that it cannot be told yet.
 */
static void bridge(struct finding *f, const struct finding *before, int64_t now)
{
	const bool first = !before->meanwhile;
	const enum grade was = before->n_evidence ? finding_counts(before) : GRADE_UNKNOWN;
	const bool known = was == GRADE_PASS || was == GRADE_FAIL;
	const int64_t until = first ? now + MOVING_SECONDS : before->meanwhile;
	const size_t n = strlen(f->what);

	if ((!known && before->n_evidence && first) || now >= until || until > now + MOVING_SECONDS)
		return;
	f->meanwhile = until;
	f->counts = was;
	if (!known)
		return;
	snprintf(f->what + n, sizeof(f->what) - n, "; until it can be, for %d s at most, %s counts",
		 MOVING_SECONDS, grade_names[was]);
}

void posture_look(const struct requirement *req, const struct host *host, struct finding *ret)
{
	const struct finding before = *ret;

	*ret = (struct finding){ .grade = GRADE_UNKNOWN };
	if (looks[req->check]) {
		looks[req->check](req, host, ret);
		date_evidence(ret, &before, host->now);
		if (ret->moving)
			bridge(ret, &before, host->now);
		return;
	}
	snprintf(ret->what, sizeof(ret->what), "this build cannot look at %s",
		 check_names[req->check]);
	snprintf(ret->todo, sizeof(ret->todo), "install a build of lazaret that can");
}
