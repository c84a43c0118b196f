// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/locks-parts.h"
#include "agent/posture/locks.h"
#include "policy/version.h"

struct lock *locks_free(struct lock *all)
{
	while (all) {
		struct lock *next = all->next;

		free(all);
		all = next;
	}
	return NULL;
}

/* Without a release it is about all that have this version. */
static int compare(struct word evr, const char *with)
{
	const char *dash = strchr(with, '-') ? NULL : memchr(evr.p, '-', evr.len);
	size_t n = dash ? (size_t)(dash - evr.p) : evr.len;

	return version_compare_rpm(evr.p, n, with, strlen(with));
}

static bool fits_glob(const char *glob, struct word w)
{
	char text[EVR_MAX], epoch[EVR_MAX + 2];

	snprintf(text, sizeof(text), "%.*s", (int)w.len, w.p);
	snprintf(epoch, sizeof(epoch), "0:%s", text);
	return fnmatch(glob, text, 0) == 0 || (!strchr(text, ':') && fnmatch(glob, epoch, 0) == 0);
}

static bool holds(const struct condition *c, struct word evr, struct word arch)
{
	int order;

	if (!*c->op || c->of_arch)
		return fits_glob(c->value, c->of_arch ? arch : evr);
	order = compare(evr, c->value);
	if (!strcmp(c->op, "!="))
		return order != 0;
	return (strchr(c->op, '=') && order == 0) || (*c->op == '<' && order < 0) ||
	       (*c->op == '>' && order > 0);
}

static bool fits(const struct lock *l, struct word evr, struct word arch)
{
	for (size_t i = 0; i < l->n; i++)
		if (!holds(&l->conditions[i], evr, arch))
			return false;
	return true;
}

const struct pin *locks_find(const struct lock *all, const struct nevra *offered,
			     struct word installed)
{
	const struct lock *others = NULL;
	bool allowed = false;

	for (const struct lock *l = all; l; l = l->next) {
		if (!l->name || !fits_glob(l->name, offered->name))
			continue;
		if (l->only) {
			others = l;
			allowed |= fits(l, offered->evr, offered->arch);
		} else if (fits(l, offered->evr, offered->arch) ||
			   (l->stays && fits(l, installed, offered->arch))) {
			return &l->pin;
		}
	}
	return others && !allowed ? &others->pin : NULL;
}
