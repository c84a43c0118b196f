// SPDX-License-Identifier: GPL-2.0-or-later
/* Apart from findings.c, so that who has no rpm does not need what reads repositories. */
#include <errno.h>

#include "agent/posture/dnf.h"
#include "agent/posture/making.h"
#include "policy/version.h"

static int add_rpm(struct making *m, const struct package *package, const struct offer *o,
		   enum patch_state state, const char *why)
{
	struct patch *p = &m->sums[MENDED].patch;

	p->state = state;
	p->why = why;
	p->fixed = o->version.p;
	p->from = o->suite;
	p->obtainable = o->since;
	return making_add(m, package, &m->sums[MENDED]);
}

/* What is kept back is told when it is for something. */
static int add_kept(struct making *m, const struct package *package, const struct dnf_candidate *c,
		    bool all, size_t mended)
{
	if (!c->kept.version.p ||
	    (c->usable.version.p &&
	     version_compare_rpm(c->usable.version.p, c->usable.version.len, c->kept.version.p,
				 c->kept.version.len) >= 0))
		return 0;
	making_sum(m, package, &c->kept);
	if (!all && m->sums[MENDED].n <= mended)
		return 0;
	return 1 + add_rpm(m, package, &c->kept, PATCH_HELD,
			   c->kept.pin ? making_say_pin(m, c->kept.pin)
				       : arena_print(&m->findings->texts,
						     "repository %s comes first", c->first));
}

static int judge_rpm(struct making *m, const struct package *package, const struct dnf_candidate *c,
		     bool all)
{
	static const struct offer none = { 0 };
	const struct offer *o = c->usable.version.p ? &c->usable : NULL;
	size_t mended, lacking;
	int r = 0;

	m->advice = c->advice;
	making_sum(m, package, o ? o : &none);
	mended = m->sums[MENDED].n;
	lacking = m->sums[NOT_OFFERED].n;
	if (o && (all || mended))
		r = add_rpm(m, package, o, PATCH_AVAILABLE, "");
	if (r == 0)
		r = add_kept(m, package, c, all, mended);
	if (r == 0 && lacking && !o) {
		making_sum(m, package, &none);
		r = making_add_told(m, package, &m->sums[NOT_OFFERED], PATCH_NOT_OFFERED,
				    "no repository of this host offers the fix yet");
	}
	if (r < 0)
		return r;
	making_sum(m, package, o ? o : &none);
	return making_add_no_fix(m, package);
}

/* Of several that are installed beside each other, as kernels are, only the newest counts. */
static bool is_newest(const struct inventory *inv, size_t i)
{
	size_t n, at = 0, other;
	const struct package *rows = inventory_list(inv, &n), *p = &rows[i];

	while ((other = inventory_find(inv, p->name, &at)) != INVENTORY_END)
		if (word_same(rows[other].arch, p->arch) &&
		    version_compare_rpm(rows[other].version.p, rows[other].version.len,
					p->version.p, p->version.len) > 0)
			return false;
	return true;
}

int findings_make_rpm(const struct inventory *inv, const struct dnf *dnf, const struct feed *feed,
		      bool all, struct findings **ret)
{
	struct making *m = findings_begin(feed);
	size_t n;
	const struct package *rows = inventory_list(inv, &n);
	int r = m ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		if (is_newest(inv, i))
			r = judge_rpm(m, &rows[i], dnf_candidate(dnf, i), all);
	if (r < 0)
		findings_free(findings_end(m));
	else
		*ret = findings_end(m);
	return r;
}
