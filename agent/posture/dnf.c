// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/span.h"
#include "agent/posture/dnf-scan.h"
#include "agent/posture/repocache.h"

#define CLOCKS_DIFF 86400 /* seconds that a server may be ahead of us */

struct dnf {
	struct dnf_candidate *candidates;
	size_t n;
	struct repos *repos;
	struct seen seen;
	bool advises;
};

DEFINE_DROP(dnf, dnf_free)
DEFINE_DROP(repocache, repocache_close)
DEFINE_DROP(unpack, unpack_close)

static void free_advice(const struct advice *a)
{
	while (a) {
		const struct advice *next = a->next;

		free((void *)a);
		a = next;
	}
}

struct dnf *dnf_free(struct dnf *d)
{
	if (d) {
		for (size_t i = 0; i < d->n; i++)
			free_advice(d->candidates[i].advice);
		free(d->candidates);
		repos_free(d->repos);
	}
	free(d);
	return NULL;
}

const struct dnf_candidate *dnf_candidate(const struct dnf *d, size_t i)
{
	return &d->candidates[i];
}

const struct seen *dnf_seen(const struct dnf *d)
{
	return &d->seen;
}

bool dnf_advises(const struct dnf *d)
{
	return d->advises;
}

static void scan_close(struct scan **s)
{
	for (size_t i = 0; *s && i < (*s)->n; i++)
		close((*s)->sources[i].folder);
	while (*s && (*s)->retracted) {
		struct retracted *next = (*s)->retracted->next;

		free((*s)->retracted);
		(*s)->retracted = next;
	}
	if (*s)
		modules_free((*s)->modules);
	free(*s);
}

/* What an optional repository lacks is not missed. */
static int doubt(struct scan *s, const struct repo *repo, int err, const char *what,
		 const char *why)
{
	if (err == -ENOMEM)
		return err;
	if (!s->err && !repo->optional)
		s->err = fault_set(s->fault, err, "repository %s: %s%s%s", repo->id, what,
				   *what ? " " : "", *why ? why : strerror(-err));
	return 0;
}

/* Is the metadata evidence?  Even when it is not, what it shows to be pending is. */
static int check_fresh(struct scan *s, const struct source *from)
{
	const struct repomd *md = &from->md;
	int64_t newest = md->made > md->updated ? md->made : md->updated, now = s->ask->now;
	uint64_t age = now > md->updated ? (uint64_t)(now - md->updated) : 0;
	char why[120], is[SPAN_TEXT], may[SPAN_TEXT];

	if (newest > now + CLOCKS_DIFF)
		return doubt(s, from->repo, -ETIME, "", "its metadata is from the future");
	if (!from->repo->optional)
		seen_add(&s->seen, from->repo->id, md->updated, INT64_MAX);
	if (age <= s->ask->max_age)
		return 0;
	snprintf(why, sizeof(why), "its metadata was last fetched %s ago; the policy allows %s",
		 span_text(age, is), span_text(s->ask->max_age, may));
	return doubt(s, from->repo, -ESTALE, "", why);
}

static int find_sources(struct scan *s)
{
	_drop_(drop_repocache) struct repocache *cache = NULL;
	int r = repocache_open(s->ask->root, s->repos->zypp, &cache);

	for (size_t i = 0; i < s->repos->n && r == 0; i++) {
		struct source *from = &s->sources[s->n];
		struct fault why = { 0 };

		from->repo = &s->repos->rows[i];
		r = repocache_find(cache, from->repo->id, &from->folder, &from->md, &why);
		if (r < 0) {
			r = doubt(s, from->repo, r, REPOMD_PATH, why.why);
			continue;
		}
		s->n++;
		r = check_fresh(s, from);
	}
	return r;
}

static int read_modules(struct scan_of *of, struct unpack *in, struct fault *why)
{
	return modules_read(of->scan->modules, of->scan->inv, in, why);
}

static int read_updateinfo(struct scan_of *of, struct unpack *in, struct fault *why)
{
	of->scan->advises = true;
	return updateinfo_read(in, dnf_advise, of, why);
}

static int read_primary(struct scan_of *of, struct unpack *in, struct fault *why)
{
	return primary_read(in, dnf_weigh, of, why);
}

typedef int (*read_call)(struct scan_of *of, struct unpack *in, struct fault *why);

static int read_file(struct scan_of *of, const struct repomd_file *f, read_call call,
		     struct fault *why)
{
	_close_ int fd = -1;
	_drop_(drop_unpack) struct unpack *in = NULL;
	int r = repomd_open(of->source->folder, f, &fd, &in, why);

	if (r == 0)
		r = call(of, in, why);
	return r < 0 ? r : repomd_check(f, in, why);
}

static int read_kind(struct scan *s, enum repomd_kind kind, read_call call)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r == 0; i++) {
		struct scan_of of = { s, &s->sources[i] };
		const struct repomd_file *f = &s->sources[i].md.files[kind];
		struct fault why = { 0 };
		char text[sizeof(why.why) + 24];

		if (!*f->href)
			continue;
		r = read_file(&of, f, call, &why);
		if (r == 0)
			continue;
		snprintf(text, sizeof(text), why.line ? "line %u: %s" : "%.0u%s", why.line,
			 why.why);
		r = doubt(s, of.source->repo, r, f->href, text);
	}
	return r;
}

/* Modules say what of the others counts, and advisories what was taken back. */
static int read_all(struct scan *s)
{
	int r = modules_new(s->ask->root, &s->modules, s->fault);

	if (!s->modules)
		return r;
	if (!s->err)
		s->err = r;
	r = find_sources(s);
	if (r == 0)
		r = read_kind(s, REPOMD_MODULES, read_modules);
	if (r == 0)
		r = modules_settle(s->modules);
	if (r == 0)
		r = read_kind(s, REPOMD_UPDATEINFO, read_updateinfo);
	if (r == 0)
		r = read_kind(s, REPOMD_PRIMARY, read_primary);
	return r;
}

static int read_host(const struct dnf_ask *ask, struct inventory *inv, struct dnf *d,
		     struct fault *fault)
{
	_drop_(scan_close) struct scan *s = calloc(1, sizeof(*s));
	int r = s ? repos_read(ask->root, &d->repos, fault) : -ENOMEM;

	if (!d->repos)
		return -ENOMEM;
	if (!d->repos->n)
		return r < 0 ? r : fault_set(fault, -ENODEV, "no repository is enabled");
	s->ask = ask;
	s->inv = inv;
	s->repos = d->repos;
	s->candidates = d->candidates;
	s->err = r;
	s->fault = fault;
	r = read_all(s);
	if (!s->n && !s->err && r == 0)
		s->err = fault_set(fault, -ENOENT, "no repository has metadata here");
	d->seen = s->seen;
	d->advises = s->advises;
	return r < 0 ? r : s->err;
}

int dnf_read(const struct dnf_ask *ask, struct inventory *inv, struct dnf **ret,
	     struct fault *fault)
{
	_drop_(drop_dnf) struct dnf *d = calloc(1, sizeof(*d));
	int r;

	if (!d)
		return -ENOMEM;
	inventory_list(inv, &d->n);
	d->candidates = calloc(d->n + 1, sizeof(*d->candidates));
	r = d->candidates ? inventory_index(inv) : -ENOMEM;
	if (r == 0)
		r = read_host(ask, inv, d, fault);
	if (r != -ENOMEM && r != -ENODEV)
		*ret = take(d);
	return r;
}
