// SPDX-License-Identifier: GPL-2.0-or-later
/* As apt chooses among versions (apt_preferences(5), "APT's Default Priority Assignments"). */
#include "agent/posture/apt.h"
#include "policy/version.h"

#define DOWNGRADES 1000 /* from this priority on apt goes back to an older version, too */

static int compare(struct word a, struct word b)
{
	return version_compare(a.p, a.len, b.p, b.len);
}

/* One version in two lists has the higher priority of both, and is a fix if one says so. */
static void keep_newest(struct offer *was, const struct offer *o)
{
	int order = was->version.p ? compare(o->version, was->version) : 1;

	if (order > 0) {
		*was = *o;
	} else if (order == 0) {
		int priority = o->priority > was->priority ? o->priority : was->priority;

		if (o->role == SUITE_SECURITY && was->role != SUITE_SECURITY)
			*was = *o;
		was->priority = priority;
		was->counts |= o->counts;
	}
}

static void keep_preferred(struct offer *was, const struct offer *o)
{
	if (o->priority <= 0)
		return;
	if (!was->version.p || o->priority > was->priority ||
	    (o->priority == was->priority && compare(o->version, was->version) > 0)) {
		*was = *o;
	} else if (o->priority == was->priority && compare(o->version, was->version) == 0) {
		was->counts |= o->counts;
		was->reached |= o->reached;
	}
}

void candidate_weigh(struct candidate *c, const struct package *installed, const struct offer *o)
{
	int order = compare(o->version, installed->version);

	if (order == 0 && !c->own && (o->specific || o->priority > c->priority)) {
		c->priority = o->priority;
		c->pin = o->pin;
		c->own = o->specific;
	}
	if (order > 0 || (order < 0 && o->priority >= DOWNGRADES)) {
		keep_preferred(&c->apt, o);
		c->downgrade = compare(c->apt.version.p ? c->apt.version : o->version,
				       installed->version) < 0;
	}
	if (order <= 0)
		return;
	if (o->role == SUITE_SECURITY && (!c->security.p || compare(o->version, c->security) < 0))
		c->security = o->version;
	keep_newest(&c->any, o);
	if (o->counts)
		keep_newest(&c->fix, o);
}

static int installed_priority(const struct candidate *c)
{
	return c->own || c->priority > PRIORITY_INSTALLED ? c->priority : PRIORITY_INSTALLED;
}

bool candidate_is_newer(const struct candidate *c)
{
	return c->apt.version.p && c->any.version.p && !c->downgrade &&
	       c->apt.priority >= installed_priority(c);
}

bool candidate_is_pinned(const struct candidate *c, const struct offer *o, const struct pin **by)
{
	if (c->apt.version.p && c->apt.priority >= installed_priority(c) &&
	    compare(c->apt.version, o->version) >= 0)
		return false;
	*by = o->pin ? o->pin : c->apt.pin ? c->apt.pin : c->pin;
	return true;
}

bool candidate_is_phased(const struct candidate *c, const struct offer *o)
{
	return !o->reached && (!c->security.p || compare(c->security, o->version) >= 0);
}
