// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/posture/dnf-scan.h"
#include "policy/version.h"

#define ADVICE_MAX 200000

static int compare(struct word a, struct word b)
{
	return version_compare_rpm(a.p, a.len, b.p, b.len);
}

static bool is_noarch(struct word arch)
{
	return word_is(arch, "noarch", 6);
}

/* A package may turn from one architecture into none or back; sources are never installed. */
static bool fits(struct word installed, struct word offered)
{
	if (word_is(offered, "src", 3) || word_is(offered, "nosrc", 5))
		return false;
	return word_same(installed, offered) || is_noarch(installed) || is_noarch(offered);
}

/*
 * The row that a version would take the place of: of several, as of kernels, the newest.
 * INVENTORY_END: none is there, or one that is as new.
 */
static size_t find_older(const struct inventory *inv, struct word name, struct word arch,
			 struct word evr)
{
	size_t n, at = 0, i, best = INVENTORY_END;
	const struct package *rows = inventory_list(inv, &n);

	while ((i = inventory_find(inv, name, &at)) != INVENTORY_END) {
		if (!fits(rows[i].arch, arch))
			continue;
		if (compare(rows[i].version, evr) >= 0)
			return INVENTORY_END;
		if (best == INVENTORY_END || compare(rows[i].version, rows[best].version) > 0)
			best = i;
	}
	return best;
}

static int retract(struct scan *s, size_t row, struct word evr)
{
	struct retracted *r = malloc(sizeof(*r));

	if (!r)
		return -ENOMEM;
	*r = (struct retracted){ s->retracted, row, evr };
	s->retracted = r;
	return inventory_keep(s->inv, &r->evr);
}

static bool is_retracted(const struct scan *s, size_t row, struct word evr)
{
	const struct retracted *r = s->retracted;

	while (r && (r->row != row || !word_same(r->evr, evr)))
		r = r->next;
	return r;
}

/* A module's advisory names the versions of one stream; where it says which, that counts. */
static bool is_for_others(const struct scan_of *of, const struct updateinfo_package *p)
{
	const struct modules *m = of->scan->modules;

	if (p->module.len)
		return !modules_is_active(m, p->module, p->stream);
	return !of->source->repo->hotfixes && modules_is_others(m, p->name, p->evr, p->arch);
}

/* Several repositories may have the same one, and one may name several versions: the first mends.
 */
static struct advice *find_advice(const struct dnf_candidate *c, struct word id)
{
	const struct advice *a = c->advice;

	while (a && !word_is(id, a->advisory.id, strlen(a->advisory.id)))
		a = a->next;
	return (struct advice *)a;
}

static int add_advice(struct scan *s, struct dnf_candidate *c, const struct updateinfo_package *p)
{
	struct word evr = p->evr, id = p->id;
	struct advice *a = find_advice(c, p->id);
	bool is_new = !a;
	int r;

	if (a && compare(evr, (struct word){ a->advisory.fixed, strlen(a->advisory.fixed) }) >= 0)
		return 0;
	if (is_new && s->n_advice == ADVICE_MAX)
		return -E2BIG;
	r = inventory_keep(s->inv, &evr);
	if (r == 0 && is_new)
		r = inventory_keep(s->inv, &id);
	if (r == 0 && is_new && !(a = calloc(1, sizeof(*a))))
		r = -ENOMEM;
	if (r < 0)
		return r;
	if (is_new) {
		a->advisory = (struct advisory){ .state = ADVISORY_FIXED,
						 .severity = p->severity,
						 .published = p->issued,
						 .id = id.p,
						 .also = "",
						 .introduced = "",
						 .last = "" };
		a->next = c->advice;
		c->advice = a;
		s->n_advice++;
	}
	a->advisory.fixed = evr.p;
	return 0;
}

int dnf_advise(void *scan_of, const struct updateinfo_package *p)
{
	struct scan_of *of = scan_of;
	struct scan *s = of->scan;
	size_t i = find_older(s->inv, p->name, p->arch, p->evr);

	s->advises = true;
	if (i == INVENTORY_END)
		return 0;
	if (p->retracted)
		return retract(s, i, p->evr);
	if (!p->security || is_for_others(of, p))
		return 0;
	return add_advice(s, &s->candidates[i], p);
}

/* Whatever its version and architecture, a package is looked for where it comes first. */
static const char *rank(struct scan *s, const struct repo *repo, struct word name)
{
	const char *first = NULL;
	size_t at = 0, i;

	while ((i = inventory_find(s->inv, name, &at)) != INVENTORY_END) {
		struct dnf_candidate *c = &s->candidates[i];

		if (!c->known) {
			c->known = true;
			c->priority = repo->priority;
			c->first = repo->id;
		}
		if (c->priority < repo->priority)
			first = c->first;
	}
	return first;
}

static int keep_offer(struct scan *s, const struct source *from, const struct primary_package *p,
		      const struct pin *pin, struct offer *was)
{
	struct offer o = {
		.version = p->evr,
		.source_version = p->source_evr,
		.suite = from->repo->id,
		.since = from->md.files[REPOMD_PRIMARY].made,
		.pin = pin,
	};
	int r;

	if (was->version.p && compare(o.version, was->version) <= 0)
		return 0;
	r = inventory_keep(s->inv, &o.version);
	if (r == 0)
		r = inventory_keep(s->inv, &o.source_version);
	if (r == 0)
		*was = o;
	return r;
}

/* What dnf goes by when it chooses, from what is hidden from it to what it only prefers. */
int dnf_weigh(void *scan_of, const struct primary_package *p)
{
	const struct scan_of *of = scan_of;
	struct scan *s = of->scan;
	const struct repo *repo = of->source->repo;
	const struct nevra offered = { p->name, p->evr, p->arch };
	size_t at = 0, n, i = inventory_find(s->inv, p->name, &at);
	const struct package *rows = inventory_list(s->inv, &n);
	const struct pin *pin;
	const char *first = NULL;

	if (i == INVENTORY_END ||
	    (!repo->hotfixes && modules_hide(s->modules, p->name, p->evr, p->arch)))
		return 0;
	pin = repos_keep_back(s->repos, repo, &offered, rows[i].version);
	if (!pin)
		first = rank(s, repo, p->name);
	i = find_older(s->inv, p->name, p->arch, p->evr);
	if (i == INVENTORY_END || is_retracted(s, i, p->evr))
		return 0;
	return keep_offer(s, of->source, p, pin,
			  pin || first ? &s->candidates[i].kept : &s->candidates[i].usable);
}
