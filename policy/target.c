// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/delegation.h"
#include "policy/target.h"
#include "policy/trusted.h"

#define TARGET_MAX (64 * 1024 * 1024)

struct search {
	struct tuf *t;
	const char *path;
	char seen[TARGET_ROLES_MAX][ROLE_NAME_ROOM];
	size_t n_seen;
	bool cut; /* a terminating role was searched: nobody comes after it, on any level */
	struct mark mark;
	int64_t expires; /* the earliest on the way to the target */
};

static bool is_seen(const struct search *s, const char *role)
{
	for (size_t i = 0; i < s->n_seen; i++)
		if (!strcmp(s->seen[i], role))
			return true;
	return false;
}

static int search_in(struct search *s, const struct metadata *m, struct fault *fault);

/*
 * The role's file is loaded and verified for each delegator anew, by that one's keys: what one
 * of them trusts says nothing about the other.
 */
static int search_role(struct search *s, const struct delegation *d, struct fault *fault)
{
	struct wanted w = { ROLE_TARGETS, d->name, &d->signers, s->t->files[ROLE_SNAPSHOT] };
	_drop_(drop_metadata) struct metadata *m = NULL;
	int r;

	if (is_seen(s, d->name))
		return -ENOENT;
	if (s->n_seen == TARGET_ROLES_MAX)
		return fault_set(fault, -E2BIG, "more than %d roles might list it",
				 TARGET_ROLES_MAX);
	strcpy(s->seen[s->n_seen++], d->name);
	r = trusted_load(s->t, &w, &m);
	if (r == 0)
		r = trusted_refresh(s->t, &w, &m, fault);
	if (r < 0)
		return r == -ENOENT ? -ENODATA : r; /* as a search's answer it would mean: go on */
	return search_in(s, m, fault);
}

static int search_in(struct search *s, const struct metadata *m, struct fault *fault)
{
	struct delegation d;
	size_t at = 0;
	int r;

	r = metadata_mark(m, s->path, &s->mark);
	if (r == -EBADMSG)
		return fault_set(fault, r, "is listed without a hash that is known here");
	while (r == -ENOENT && !s->cut && delegations_next(m->delegations, s->path, &at, &d) == 0) {
		r = search_role(s, &d, fault);
		if (d.terminating)
			s->cut = true;
	}
	if (r == 0 && m->expires < s->expires)
		s->expires = m->expires;
	return r;
}

/*
 * Which hash and length the trusted roles give a target: targets first, then whom they
 * delegate to, pre-order, each role once (section 5.6.7).  -ENOENT when none lists it; any
 * other error is of a role that could not be had or trusted, which ends the search.
 */
static int find_target(struct tuf *t, const char *path, struct mark *ret, struct fault *fault)
{
	struct search s = { .t = t, .path = path, .expires = INT64_MAX };
	int r = -ENOENT;

	if (t->files[ROLE_SNAPSHOT] && t->files[ROLE_TARGETS])
		r = search_in(&s, t->files[ROLE_TARGETS], fault);
	if (r == -ENOENT)
		return fault_set(fault, r, "no trusted role lists the target %s", path);
	if (r < 0) {
		fault_prefix(fault, "target %s", path);
		return r;
	}
	if (s.expires < t->delegated_expires)
		t->delegated_expires = s.expires;
	*ret = s.mark;
	return 0;
}

static int fetch_target(struct tuf *t, const char *path, const char *name, const struct mark *mark,
			char **ret, size_t *len, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t n;
	int r;

	r = trusted_fetch(t, path, (size_t)mark->len, &text, &n, fault);
	if (r == 0)
		r = mark_check(mark, text, n, fault);
	if (r == 0)
		r = trusted_keep(t, name, text, n, fault);
	if (r < 0)
		return r;
	*len = n;
	*ret = take(text);
	return 0;
}

int tuf_target(struct tuf *t, const char *path, char **ret, size_t *len, struct fault *fault)
{
	char name[NAME_ROOM], from[NAME_ROOM];
	_free_ char *text = NULL;
	struct mark mark;
	size_t n;
	int r;

	r = find_target(t, path, &mark, fault);
	if (r < 0)
		return r;
	if (!target_fits(path))
		return fault_set(fault, -EINVAL, "target %s: cannot be asked for by this name",
				 path);
	if (mark.len > TARGET_MAX)
		return fault_set(fault, -EFBIG, "target %s: longer than %d bytes", path,
				 TARGET_MAX);
	name_of_target(path, name);
	if (t->io.load(t->io.ctx, name, &text, &n) == 0 && mark_check(&mark, text, n, NULL) == 0) {
		*len = n;
		*ret = take(text);
		return 0;
	}
	path_of_target(path, t->root->consistent ? &mark : NULL, from);
	r = fetch_target(t, from, name, &mark, ret, len, fault);
	if (r < 0)
		fault_prefix(fault, "%s", from);
	return r;
}
