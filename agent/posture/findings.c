// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/arena.h"
#include "agent/posture/dnf.h"
#include "agent/posture/findings.h"
#include "agent/posture/marks.h"

#define ROWS_FIRST 64

struct findings {
	struct patch *rows;
	size_t n, room;
	struct arena texts;
	struct marks marks;
};

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

static int make_room(struct findings *f)
{
	size_t room = f->room ? 2 * f->room : ROWS_FIRST;
	struct patch *rows;

	if (f->n < f->room)
		return 0;
	rows = reallocarray(f->rows, room, sizeof(*rows));
	if (!rows)
		return -ENOMEM;
	f->rows = rows;
	f->room = room;
	return 0;
}

/* Its texts are the arena's, or will never go away. */
static int put_row(struct findings *f, struct patch *p, const struct advisories *advisories)
{
	if (make_room(f) < 0 || marks_keep(&f->marks, advisories, p) < 0)
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

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		*texts[i] = keep_text(f, *texts[i]);
		if (!*texts[i])
			return -ENOMEM;
	}
	return put_row(f, &row, NULL);
}

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

enum sort { MENDED, NOT_OFFERED, NO_FIX, SORTS };

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

/* What advisories of one sort come to. */
struct sum {
	struct patch patch;
	char ids[PATCH_IDS_MAX * FEED_WORD_MAX];
	char fixed[FEED_WORD_MAX]; /* the newest */
	size_t n;
	struct advisories advisories;
};

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

struct making {
	const struct feed *feed;
	const struct advice *advice; /* of the package's repositories */
	struct feed_about about;
	struct findings *findings;
	struct sum sums[SORTS];
	bool clean; /* so are the sums, as they are for most packages */
	bool fine;  /* nothing is known of the source below */
	size_t source_len, version_len;
	char source[2 * FEED_WORD_MAX]; /* name and version of the package before */
};

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
static void sum_up(struct making *m, const struct package *package, const struct offer *o)
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

static int add(struct making *m, const struct package *package, struct sum *sum)
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

static const char *say_pin(struct arena *texts, const struct pin *by)
{
	return by ? arena_print(texts, "pinned by %s:%u", by->file, by->line)
		  : "apt prefers another version";
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
		*why = say_pin(&m->findings->texts, by);
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
	return add(m, package, sum);
}

/* Fixed, says the feed; where to get it is not known, or it is known that no list has it. */
static int add_told(struct making *m, const struct package *package, struct sum *sum,
		    enum patch_state state, const char *why)
{
	struct patch *p = &sum->patch;

	p->state = package->held ? PATCH_HELD : state;
	p->why = package->held ? "held by the administrator (apt-mark hold)" : why;
	p->fixed = sum->fixed;
	return add(m, package, sum);
}

static int add_no_fix(struct making *m, const struct package *package)
{
	struct sum *sum = &m->sums[NO_FIX];

	if (!sum->n)
		return 0;
	sum->patch.state = PATCH_NO_FIX;
	sum->patch.why = "no fix exists";
	return add(m, package, sum);
}

/* The offer that mends more; of two that mend the same, the one that counts by itself. */
static const struct offer *choose(struct making *m, const struct package *package,
				  const struct candidate *c)
{
	size_t by_fix = 0, by_any;

	if (c->fix.version.p) {
		sum_up(m, package, &c->fix);
		by_fix = m->sums[MENDED].n;
	}
	sum_up(m, package, &c->any);
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
		sum_up(m, package, &c->apt);
		if (c->apt.counts || m->sums[MENDED].n)
			r = add_offer(m, package, c, &c->apt);
	}
	sum_up(m, package, o ? o : &none);
	if (o && r == 0)
		r = add_offer(m, package, c, o);
	if (r == 0 && m->sums[NOT_OFFERED].n && !o)
		r = add_told(m, package, &m->sums[NOT_OFFERED], PATCH_NOT_OFFERED,
			     "no list of this host offers the fix yet");
	return r < 0 ? r : add_no_fix(m, package);
}

static int add_rpm(struct making *m, const struct package *package, const struct offer *o,
		   enum patch_state state, const char *why)
{
	struct patch *p = &m->sums[MENDED].patch;

	p->state = state;
	p->why = why;
	p->fixed = o->version.p;
	p->from = o->suite;
	p->obtainable = o->since;
	return add(m, package, &m->sums[MENDED]);
}

/* What is kept back is told when it is for something. */
static int add_kept(struct making *m, const struct package *package, const struct dnf_candidate *c,
		    bool all, size_t mended)
{
	struct arena *texts = &m->findings->texts;

	if (!c->kept.version.p ||
	    (c->usable.version.p &&
	     version_compare_rpm(c->usable.version.p, c->usable.version.len, c->kept.version.p,
				 c->kept.version.len) >= 0))
		return 0;
	sum_up(m, package, &c->kept);
	if (!all && m->sums[MENDED].n <= mended)
		return 0;
	return 1 + add_rpm(m, package, &c->kept, PATCH_HELD,
			   c->kept.pin ? say_pin(texts, c->kept.pin)
				       : arena_print(texts, "repository %s comes first", c->first));
}

int findings_judge_rpm(struct making *m, const struct package *package,
		       const struct dnf_candidate *c, bool all)
{
	static const struct offer none = { 0 };
	const struct offer *o = c->usable.version.p ? &c->usable : NULL;
	size_t mended, lacking;
	int r = 0;

	m->advice = c->advice;
	sum_up(m, package, o ? o : &none);
	mended = m->sums[MENDED].n;
	lacking = m->sums[NOT_OFFERED].n;
	if (o && (all || mended))
		r = add_rpm(m, package, o, PATCH_AVAILABLE, "");
	if (r == 0)
		r = add_kept(m, package, c, all, mended);
	if (r == 0 && lacking && !o) {
		sum_up(m, package, &none);
		r = add_told(m, package, &m->sums[NOT_OFFERED], PATCH_NOT_OFFERED,
			     "no repository of this host offers the fix yet");
	}
	if (r < 0)
		return r;
	sum_up(m, package, o ? o : &none);
	return add_no_fix(m, package);
}

static int judge_told(struct making *m, const struct package *package)
{
	int r = 0;

	sum_up(m, package, NULL);
	if (m->sums[MENDED].n)
		r = add_told(m, package, &m->sums[MENDED], PATCH_AVAILABLE, "");
	return r < 0 ? r : add_no_fix(m, package);
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
