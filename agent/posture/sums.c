// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "agent/posture/dnf.h"
#include "agent/posture/making.h"

/* What the feed says of one package, by its own name or by its source's. */
struct subject {
	const struct feed *feed;
	const struct package *package;
	enum package_kind kind;
	enum version_order order;
};

static struct word subject_version(const struct subject *s)
{
	return s->kind == PACKAGE_SOURCE ? s->package->source_version : s->package->version;
}

static bool subject_walk(const struct subject *s, struct feed_walk *ret)
{
	struct word name = s->kind == PACKAGE_SOURCE ? s->package->source : s->package->name;

	return feed_find(s->feed, s->kind, name.p, name.len, ret);
}

/* Does an offered version have the fix?  Without an offer the feed's word has to do. */
static bool mends(const struct subject *s, const struct offer *o, const struct advisory *a)
{
	struct word v;

	if (!o)
		return true;
	v = s->kind == PACKAGE_SOURCE ? o->source_version : o->version;
	return v.p && version_cmp(s->order, a->fixed, strlen(a->fixed), v.p, v.len) <= 0;
}

/* Which of three things an advisory that affects a package is; SORTS: not worth telling. */
static enum sort sort_advisory(const struct subject *s, const struct offer *o,
			       const struct advisory *a)
{
	switch (a->state) {
	case ADVISORY_FIXED: return mends(s, o, a) ? MENDED : NOT_OFFERED;
	case ADVISORY_NO_FIX:
	case ADVISORY_NEVER: return NO_FIX;
	case ADVISORY_UNIMPORTANT:
	case ADVISORY_NOT_AFFECTED:
	case ADVISORY_WITHDRAWN:
	case ADVISORY_STATES: break;
	}
	return SORTS;
}

static void sum_add(struct sum *sum, const struct advisory *a, enum version_order order)
{
	struct patch *p = &sum->patch;
	int64_t *earliest = &p->by[a->severity].earliest;
	size_t len = strlen(sum->ids), id = strlen(a->id), fixed = strlen(a->fixed);

	if (!p->by[a->severity].n++ || (a->published && a->published < *earliest))
		*earliest = a->published;
	if (a->severity > p->severity)
		p->severity = a->severity;
	if (sum->n++ < PATCH_IDS_MAX && len + id + 2 <= sizeof(sum->ids)) {
		if (len)
			sum->ids[len++] = ' ';
		memcpy(sum->ids + len, a->id, id + 1);
	}
	advisories_add(&sum->advisories, a);
	if (fixed < FEED_WORD_MAX &&
	    (!*sum->fixed ||
	     version_cmp(order, a->fixed, fixed, sum->fixed, strlen(sum->fixed)) > 0))
		memcpy(sum->fixed, a->fixed, fixed + 1);
}

static void sums_clear(struct making *m)
{
	if (m->clean)
		return;
	for (size_t i = 0; i < SORTS; i++) {
		m->sums[i].patch = (struct patch){ 0 };
		m->sums[i].ids[0] = m->sums[i].fixed[0] = '\0';
		m->sums[i].n = 0;
		advisories_clear(&m->sums[i].advisories);
	}
	m->clean = true;
}

/* Of the same source as the one before?  Then so is what is known of it: binaries stand together.
 */
static bool is_twin(struct making *m, const struct package *p)
{
	struct word a = p->source, b = p->source_version;

	if (m->source_len == a.len && m->version_len == b.len && !memcmp(m->source, a.p, a.len) &&
	    !memcmp(m->source + a.len, b.p, b.len))
		return true;
	m->source_len = m->version_len = 0;
	if (a.len + b.len > sizeof(m->source))
		return false;
	m->source_len = a.len;
	m->version_len = b.len;
	memcpy(m->source, a.p, a.len);
	memcpy(m->source + a.len, b.p, b.len);
	return false;
}

static void sum_one(struct making *m, const struct subject *s, const struct offer *o,
		    const struct advisory *a)
{
	enum sort sort = sort_advisory(s, o, a);

	if (sort == SORTS)
		return;
	sum_add(&m->sums[sort], a, s->order);
	m->clean = false;
}

static void sum_feed(struct making *m, const struct package *package, const struct offer *o)
{
	struct subject s = { m->feed, package, PACKAGE_SOURCE, m->about.order };
	struct feed_walk walk;
	struct advisory a;

	for (unsigned kind = 0; kind < PACKAGE_KINDS; kind++) {
		struct word v;

		s.kind = (enum package_kind)kind;
		if (!m->about.has[kind] || !subject_walk(&s, &walk))
			continue;
		v = subject_version(&s);
		while (feed_next_affecting(&walk, v.p, v.len, &a))
			sum_one(m, &s, o, &a);
	}
}

static bool is_summed(const struct making *m, const struct advisory *a)
{
	for (size_t i = 0; i < SORTS; i++)
		if (advisories_have(&m->sums[i].advisories, a))
			return true;
	return false;
}

/* What the feed said already is not said twice. */
static void sum_advice(struct making *m, const struct package *package, const struct offer *o)
{
	const struct subject s = { NULL, package, PACKAGE_BINARY, VERSION_RPM };

	for (const struct advice *a = m->advice; a; a = a->next)
		if (!is_summed(m, &a->advisory))
			sum_one(m, &s, o, &a->advisory);
}

/* All advisories that affect a package, as they are when it is brought to an offer. */
void making_sum(struct making *m, const struct package *package, const struct offer *o)
{
	bool known;

	sums_clear(m);
	known = !m->feed || (is_twin(m, package) && m->fine && !m->about.has[PACKAGE_BINARY]);
	if (!known) {
		m->fine = false;
		sum_feed(m, package, o);
		m->fine = m->clean;
	}
	sum_advice(m, package, o);
}
