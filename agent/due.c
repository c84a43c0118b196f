// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "agent/base/span.h"
#include "agent/due.h"

/* By how much the time that was not used puts a deadline off. */
static int64_t unused(const struct due_terms *t, const struct first *first, int64_t since)
{
	uint64_t used = offered_used(t->offered);
	int64_t passed = t->now - since, counted;

	/* What was used before the advisory came out does not count, either. */
	counted = (used > first->used ? (int64_t)(used - first->used) : 0) - (since - first->since);
	if (counted < 0)
		counted = 0;
	return passed > counted ? passed - counted : 0;
}

/*
 * One advisory.  Never before its fix was obtainable and never before the time allowed has passed
 * since; later by the time that did not count.  False: nothing is due, as its clock does not run.
 */
static bool due_mark(const struct due_terms *t, const struct patch_mark *mark, struct due *ret)
{
	const struct deadlines *d = &t->req->with.patches.deadlines;
	const struct first *first = offered_find(t->offered, mark->id);
	struct due due = { .severity = deadlines_severity(d, mark->severity) };

	if (!first)
		return false;
	due.allowed = deadlines_allowed(d, due.severity, t->risk);
	/* One from the future says no more than that a clock is wrong. */
	due.published = mark->published > first->since && mark->published <= t->now;
	due.since = due.published ? mark->published : first->since;
	due.until = due.since + (int64_t)due.allowed;
	if (d->reachable)
		due.until += unused(t, first, due.since);
	*ret = due;
	return true;
}

bool due_patch(const struct due_terms *t, const struct findings *f, const struct patch *p,
	       struct due *ret)
{
	const struct patch_mark *marks = findings_marks(f, p);
	bool any = false;
	struct due due;

	if (!(t->req->with.patches.fails_on >> p->state & 1))
		return false;
	for (size_t i = 0; i < p->n_marks; i++) {
		if (!due_mark(t, &marks[i], &due) || (any && due.until >= ret->until))
			continue;
		due.installed = p->state == PATCH_RESTART;
		*ret = due;
		any = true;
	}
	return any;
}

const struct patch *due_first(const struct due_terms *t, const struct findings *f, struct due *ret)
{
	const struct patch *first = NULL;
	struct due due;
	size_t n;
	const struct patch *p = findings_list(f, &n);

	for (size_t i = 0; i < n; i++) {
		if (!due_patch(t, f, &p[i], &due) || (first && due.until >= ret->until))
			continue;
		*ret = due;
		first = &p[i];
	}
	return first;
}

const char *due_text(const struct due_terms *t, const struct due *due, char ret[DUE_TEXT])
{
	bool reachable = t->req->with.patches.deadlines.reachable;
	const char *offered = due->installed ? "the fix was installed" : "the fix was offered";
	char span[SPAN_TEXT];

	snprintf(ret, DUE_TEXT, "%s on a host of risk %u: %s%s since %s",
		 severity_names[due->severity], t->risk, span_text(due->allowed, span),
		 reachable ? " with the policy server in reach" : "",
		 due->published ? "the advisory" : offered);
	return ret;
}
