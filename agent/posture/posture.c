// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/posture/posture.h"

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

void posture_look(const struct requirement *req, const struct host *host, struct finding *ret)
{
	const struct finding before = *ret;

	*ret = (struct finding){ .grade = GRADE_UNKNOWN };
	if (looks[req->check]) {
		looks[req->check](req, host, ret);
		date_evidence(ret, &before, host->now);
		return;
	}
	snprintf(ret->what, sizeof(ret->what), "this build cannot look at %s",
		 check_names[req->check]);
	snprintf(ret->todo, sizeof(ret->todo), "install a build of lazaret that can");
}
