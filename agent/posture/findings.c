// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/array.h"
#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/posture/making.h"

struct findings *findings_free(struct findings *f)
{
	if (f) {
		arena_free(&f->texts);
		marks_free(&f->marks);
		free(f->rows);
	}
	free(f);
	return NULL;
}

const struct patch *findings_list(const struct findings *f, size_t *n)
{
	*n = f->n;
	return f->rows;
}

const struct patch_mark *findings_marks(const struct findings *f, const struct patch *p)
{
	return f->marks.rows + p->first_mark;
}

/* Its texts are the arena's, or will never go away. */
static int put_row(struct findings *f, struct patch *p, const struct advisories *advisories)
{
	struct patch *rows = array_grow(f->rows, f->n, &f->room, sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	f->rows = rows;
	if (marks_keep(&f->marks, advisories, p) < 0)
		return -ENOMEM;
	f->rows[f->n++] = *p;
	return 0;
}

static const char *keep(struct findings *f, struct word w)
{
	return w.len ? arena_copy(&f->texts, w.p, w.len) : "";
}

static const char *keep_text(struct findings *f, const char *text)
{
	return keep(f, (struct word){ text, text ? strlen(text) : 0 });
}

int findings_add(struct findings *f, const struct patch *p)
{
	struct patch row = *p;
	const char **texts[] = { &row.package, &row.arch, &row.installed, &row.fixed,
				 &row.from,    &row.ids,  &row.why };

	for (size_t i = 0; i < COUNT(texts); i++) {
		*texts[i] = keep_text(f, *texts[i]);
		if (!*texts[i])
			return -ENOMEM;
	}
	return put_row(f, &row, NULL);
}

int making_add(struct making *m, const struct package *package, struct sum *sum)
{
	struct findings *f = m->findings;
	struct patch *p = &sum->patch;

	m->clean = false;
	p->package = keep(f, package->name);
	p->arch = keep(f, package->arch);
	p->installed = keep(f, package->version);
	p->fixed = keep_text(f, p->fixed);
	p->from = keep_text(f, p->from);
	p->ids = keep_text(f, sum->ids);
	if (!p->package || !p->arch || !p->installed || !p->fixed || !p->from || !p->ids || !p->why)
		return -ENOMEM;
	return put_row(f, p, p->state == PATCH_NO_FIX ? NULL : &sum->advisories);
}

const char *making_say_pin(struct making *m, const struct pin *by)
{
	return arena_print(&m->findings->texts, "pinned by %s:%u", by->file, by->line);
}

/* Why an offer is not installed, if it is not. */
static enum patch_state find_state(struct making *m, const struct package *package,
				   const struct candidate *c, const struct offer *o,
				   const char **why)
{
	const struct pin *by;

	*why = "";
	if (package->held) {
		*why = "held by the administrator (apt-mark hold)";
		return PATCH_HELD;
	}
	if (candidate_is_pinned(c, o, &by)) {
		*why = by ? making_say_pin(m, by) : "apt prefers another version";
		return PATCH_HELD;
	}
	if (candidate_is_phased(c, o)) {
		*why = arena_print(&m->findings->texts,
				   "phased: offered to %u%% of hosts, not to this one yet",
				   o->phase);
		return PATCH_NOT_OFFERED;
	}
	return PATCH_AVAILABLE;
}

static int add_offer(struct making *m, const struct package *package, const struct candidate *c,
		     const struct offer *o)
{
	struct sum *sum = &m->sums[MENDED];
	struct patch *p = &sum->patch;

	m->clean = false;
	p->state = find_state(m, package, c, o, &p->why);
	p->fixed = o->version.p;
	p->from = o->suite;
	p->obtainable = o->since;
	return making_add(m, package, sum);
}

/* Fixed, says the feed; where to get it is not known, or it is known that no list has it. */
int making_add_told(struct making *m, const struct package *package, struct sum *sum,
		    enum patch_state state, const char *why)
{
	struct patch *p = &sum->patch;

	p->state = package->held ? PATCH_HELD : state;
	p->why = package->held ? "held by the administrator (apt-mark hold)" : why;
	p->fixed = sum->fixed;
	return making_add(m, package, sum);
}

int making_add_no_fix(struct making *m, const struct package *package)
{
	struct sum *sum = &m->sums[NO_FIX];

	if (!sum->n)
		return 0;
	sum->patch.state = PATCH_NO_FIX;
	sum->patch.why = "no fix exists";
	return making_add(m, package, sum);
}

/* The offer that mends more; of two that mend the same, the one that counts by itself. */
static const struct offer *choose(struct making *m, const struct package *package,
				  const struct candidate *c)
{
	size_t by_fix = 0, by_any;

	if (c->fix.version.p) {
		making_sum(m, package, &c->fix);
		by_fix = m->sums[MENDED].n;
	}
	making_sum(m, package, &c->any);
	by_any = m->sums[MENDED].n;
	if (by_any > by_fix)
		return &c->any;
	return c->fix.version.p ? &c->fix : NULL;
}

static int judge_offered(struct making *m, const struct package *package, const struct candidate *c)
{
	static const struct offer none = { 0 };
	const struct offer *o = c->any.version.p ? choose(m, package, c) : NULL;
	const struct pin *by;
	int r = 0;

	/* What apt would take instead of what is held may still mend something. */
	if (o && candidate_is_pinned(c, o, &by) && candidate_is_newer(c) && !package->held) {
		making_sum(m, package, &c->apt);
		if (c->apt.counts || m->sums[MENDED].n)
			r = add_offer(m, package, c, &c->apt);
	}
	making_sum(m, package, o ? o : &none);
	if (o && r == 0)
		r = add_offer(m, package, c, o);
	if (r == 0 && m->sums[NOT_OFFERED].n && !o)
		r = making_add_told(m, package, &m->sums[NOT_OFFERED], PATCH_NOT_OFFERED,
				    "no list of this host offers the fix yet");
	return r < 0 ? r : making_add_no_fix(m, package);
}

static int judge_told(struct making *m, const struct package *package)
{
	int r = 0;

	making_sum(m, package, NULL);
	if (m->sums[MENDED].n)
		r = making_add_told(m, package, &m->sums[MENDED], PATCH_AVAILABLE, "");
	return r < 0 ? r : making_add_no_fix(m, package);
}

static int by_name(const void *a, const void *b)
{
	const struct patch *p = a, *q = b;
	int r = strcmp(p->package, q->package);

	if (!r)
		r = strcmp(p->arch, q->arch);
	return r ? r : (p->state > q->state) - (p->state < q->state);
}

struct making *findings_begin(const struct feed *feed)
{
	struct making *m = malloc(sizeof(*m));

	if (!m)
		return NULL;
	m->findings = calloc(1, sizeof(*m->findings));
	m->feed = feed;
	m->advice = NULL;
	m->clean = m->fine = false;
	m->source_len = 0;
	if (feed)
		feed_tell(feed, &m->about);
	if (!m->findings) {
		free(m);
		return NULL;
	}
	return m;
}

int findings_judge(struct making *m, const struct package *p, const struct candidate *c)
{
	return c ? judge_offered(m, p, c) : judge_told(m, p);
}

struct findings *findings_end(struct making *m)
{
	struct findings *f = m ? m->findings : NULL;

	free(m);
	if (f && f->n)
		qsort(f->rows, f->n, sizeof(*f->rows), by_name);
	return f;
}

int findings_make(const struct inventory *inv, const struct apt *apt, const struct feed *feed,
		  struct findings **ret)
{
	struct making *m = findings_begin(feed);
	size_t n;
	const struct package *rows = inventory_list(inv, &n);
	int r = m ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && r == 0; i++)
		r = findings_judge(m, &rows[i], apt ? apt_candidate(apt, i) : NULL);
	if (r < 0)
		findings_free(findings_end(m));
	else
		*ret = findings_end(m);
	return r;
}
