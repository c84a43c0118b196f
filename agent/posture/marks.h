/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By what the advisories of a patch are known again (findings.h). */
#pragma once

#include "agent/posture/findings.h"

/* Of one patch, while it is made; zeroed it is empty. */
struct advisories {
	size_t n;
	struct patch_mark first[PATCH_MARKS_MAX];
	struct patch_mark rest[SEVERITIES]; /* id 0: there is none */
};

void advisories_add(struct advisories *a, const struct advisory *one);
bool advisories_have(const struct advisories *a, const struct advisory *one);
void advisories_clear(struct advisories *a);

/* Of all patches; zeroed it is empty. */
struct marks {
	struct patch_mark *rows;
	size_t n, room;
};

/*
 * Adds those of a patch, and says in it which they are.  Without advisories, or `a` NULL, it is one
 * mark for the patch as such.  -ENOMEM.
 */
int marks_keep(struct marks *m, const struct advisories *a, struct patch *p);
void marks_free(struct marks *m);
