// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/judge.h"

#define WARN_MAX   (3 * 86400)
#define SETTLE_MAX 600

const char *const state_names[STATE_COUNT] = {
	[STATE_UNMANAGED] = "unmanaged",     [STATE_HELD] = "held",
	[STATE_COMPLIANT] = "compliant",     [STATE_GRACE] = "grace",
	[STATE_QUARANTINED] = "quarantined", [STATE_RELEASED] = "released",
};

const char *const standing_names[STANDING_COUNT] = {
	[STANDING_MET] = "met",
	[STANDING_GRACE] = "grace",
	[STANDING_UNJUDGED] = "unjudged",
	[STANDING_BREACHED] = "breached",
};

const char *const age_names[AGE_COUNT] = {
	[AGE_FRESH] = "fresh",
	[AGE_EXPIRING] = "expiring",
	[AGE_EXPIRED] = "expired",
	[AGE_STALE] = "stale",
};

static int64_t settles_after(const struct requirement *req)
{
	int64_t quarter = (int64_t)req->grace / 4;

	return quarter < SETTLE_MAX ? quarter : SETTLE_MAX;
}

static void note_pass(const struct requirement *req, struct past *past, int64_t now)
{
	if (!past->met || past->met > now)
		past->met = now;
	if (!past->since || now - past->met >= settles_after(req))
		*past = (struct past){ 0 };
}

struct verdict judge(const struct requirement *req, enum grade grade, struct past *past,
		     int64_t now)
{
	struct verdict v = { .standing = STANDING_MET };

	if (grade == GRADE_PASS) {
		note_pass(req, past, now);
		return v;
	}
	past->met = 0;
	/* A clock that was set back must not lengthen the grace by what it was set back. */
	if (!past->since || past->since > now)
		past->since = now;
	v.since = past->since;
	v.until = v.since + (int64_t)req->grace;
	v.standing = now < v.until ? STANDING_GRACE : STANDING_BREACHED;
	return v;
}

struct verdict judge_due(struct verdict v, int64_t since, int64_t until, int64_t now)
{
	bool met = v.standing == STANDING_MET;

	if (met || since < v.since)
		v.since = since;
	if (met || until < v.until)
		v.until = until;
	v.standing = now < v.until ? STANDING_GRACE : STANDING_BREACHED;
	return v;
}

enum state judge_host(const struct verdict *verdicts, size_t n)
{
	static const enum state states[STANDING_COUNT] = {
		[STANDING_MET] = STATE_COMPLIANT,
		[STANDING_GRACE] = STATE_GRACE,
		[STANDING_UNJUDGED] = STATE_HELD,
		[STANDING_BREACHED] = STATE_QUARANTINED,
	};
	enum standing worst = STANDING_MET;

	for (size_t i = 0; i < n; i++)
		if (verdicts[i].standing > worst)
			worst = verdicts[i].standing;
	return states[worst];
}

int64_t judge_stale_at(const struct policy *p, const struct accepted *a)
{
	return p->stale.quarantine ? a->expires + (int64_t)p->stale.after : INT64_MAX;
}

enum age judge_age(const struct policy *p, const struct accepted *a, int64_t now)
{
	int64_t warn = (a->expires - a->accepted) / 4;

	if (warn > WARN_MAX)
		warn = WARN_MAX;
	if (now >= judge_stale_at(p, a))
		return AGE_STALE;
	if (now >= a->expires)
		return AGE_EXPIRED;
	return now >= a->expires - warn ? AGE_EXPIRING : AGE_FRESH;
}
