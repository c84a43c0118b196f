// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/names.h"
#include "policy/rollback.h"
#include "policy/root.h"
#include "policy/stamp.h"
#include "policy/tuf.h"

#define ROOTS_A_RUN 256
#define TARGET_MAX  (64 * 1024 * 1024)

/*
 * Delegated roles would be searched in tuf_target(): metadata_open() takes any signers,
 * and a cache by delegator and role would stand beside files[].
 */
struct tuf {
	struct tuf_io io;
	struct root *root;
	struct metadata *files[ROLE_COUNT]; /* trusted, perhaps expired; none for root */
};

static int check_fresh(const struct tuf *t, const struct metadata *m, struct fault *fault)
{
	char stamp[STAMP_TEXT] = "";

	if (m->expires > t->io.now)
		return 0;
	stamp_write(m->expires, stamp);
	return fault_set(fault, -ESTALE, "expired at %s", stamp);
}

/* A missing file is a fault here; only the chain of roots may end with one. */
static int fetch(const struct tuf *t, const char *path, size_t max, char **ret, size_t *len,
		 struct fault *fault)
{
	int r = t->io.fetch(t->io.ctx, path, max, ret, len, fault);

	if (r == -ENOENT)
		fault_set(fault, r, "the server does not have it");
	if (r == -EFBIG)
		fault_set(fault, r, "is longer than the %zu bytes it may have", max);
	return r;
}

static int keep(const struct tuf *t, const struct metadata *m, struct fault *fault)
{
	char name[NAME_ROOM];
	int r;

	name_of_role(m->role, name);
	r = t->io.keep(t->io.ctx, name, m->text, m->len);
	if (r < 0)
		fault_set(fault, r, "cannot be kept in the store: %s", strerror(-r));
	return r;
}

static int open_root(struct tuf *t, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = t->io.load(t->io.ctx, "root.json", &text, &len);
	if (r < 0)
		return fault_set(fault, r, "trusted root.json: %s", strerror(-r));
	r = root_open(text, len, NULL, &t->root, fault);
	if (r < 0)
		fault_prefix(fault, "trusted root.json");
	return r;
}

/* What does not verify any more is as good as absent (sections 5.3.11 and 5.4 to 5.6). */
static int open_file(struct tuf *t, enum role role)
{
	_free_ char *text = NULL;
	char name[NAME_ROOM];
	size_t len;
	int r;

	name_of_role(role, name);
	r = t->io.load(t->io.ctx, name, &text, &len);
	if (r == 0)
		r = metadata_open(role, text, len, &t->root->signers[role], &t->files[role], NULL);
	return r == -ENOENT || r == -EBADMSG || r == -EFBIG ? 0 : r;
}

int tuf_open(const struct tuf_io *io, struct tuf **ret, struct fault *fault)
{
	struct tuf *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->io = *io;
	r = open_root(t, fault);
	for (int role = ROLE_TIMESTAMP; r == 0 && role < ROLE_COUNT; role++)
		r = open_file(t, role);
	if (r < 0) {
		tuf_close(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct tuf *tuf_close(struct tuf *t)
{
	if (t) {
		root_free(t->root);
		for (int role = 0; role < ROLE_COUNT; role++)
			metadata_free(t->files[role]);
		free(t);
	}
	return NULL;
}

/* After new keys, the old files count only if these would sign them too (section 5.3.11). */
static void drop_unsigned(struct tuf *t)
{
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		struct metadata **m = &t->files[role];

		if (*m && metadata_check(*m, &t->root->signers[role], NULL) < 0)
			*m = metadata_free(*m);
	}
}

static int adopt_root(struct tuf *t, const char *text, size_t len, struct fault *fault)
{
	_drop_(drop_root) struct root *root = NULL;
	int64_t next = t->root->file->version + 1;
	int r;

	r = root_open(text, len, t->root, &root, fault);
	if (r < 0)
		return r;
	if (root->file->version != next)
		return fault_set(fault, -EBADMSG, "says it is version %" PRId64,
				 root->file->version);
	r = keep(t, root->file, fault);
	if (r < 0)
		return r;
	root_free(t->root);
	t->root = take(root);
	drop_unsigned(t);
	return 0;
}

/* Only of the last one (section 5.3.10). */
static int check_root_fresh(const struct tuf *t, struct fault *fault)
{
	int r = check_fresh(t, t->root->file, fault);

	if (r < 0)
		fault_prefix(fault, "the newest root, version %" PRId64, t->root->file->version);
	return r;
}

/* Section 5.3: one version after the other until the server has no next. */
static int refresh_root(struct tuf *t, struct fault *fault)
{
	for (int i = 0; i < ROOTS_A_RUN; i++) {
		_free_ char *text = NULL;
		char path[NAME_ROOM];
		size_t len;
		int r;

		path_of_role(ROLE_ROOT, t->root->file->version + 1, path);
		r = t->io.fetch(t->io.ctx, path, role_kinds[ROLE_ROOT].max, &text, &len, fault);
		if (r == -ENOENT)
			break;
		if (r == 0)
			r = adopt_root(t, text, len, fault);
		if (r < 0) {
			fault_set(fault, r, "%s", strerror(-r));
			fault_prefix(fault, "%s", path);
			return r;
		}
	}
	return check_root_fresh(t, fault);
}

static int check_mark(const struct metadata *m, const struct mark *mark, struct fault *fault)
{
	if (m->version == mark->version)
		return 0;
	return fault_set(fault, -EBADMSG, "is version %" PRId64 " instead of %" PRId64, m->version,
			 mark->version);
}

/* Takes a fetched file through all checks, the cheap ones on bytes first. */
static int adopt(struct tuf *t, enum role role, const char *text, size_t len,
		 const struct mark *mark, struct fault *fault)
{
	_drop_(drop_metadata) struct metadata *m = NULL;
	struct metadata **old = &t->files[role];
	int r;

	r = mark ? mark_check(mark, text, len, fault) : 0;
	if (r < 0)
		return r;
	r = metadata_open(role, text, len, &t->root->signers[role], &m, fault);
	if (r < 0)
		return r;
	r = mark ? check_mark(m, mark, fault) : 0;
	if (r == 0)
		r = rollback_check(*old, m, fault);
	if (r < 0)
		return r;
	/* Section 5.4.3.1: the same version again is no news, whatever it says. */
	if (role == ROLE_TIMESTAMP && *old && m->version == (*old)->version)
		return check_fresh(t, *old, fault);
	r = check_fresh(t, m, fault);
	if (r == 0)
		r = keep(t, m, fault);
	if (r < 0)
		return r;
	metadata_free(*old);
	*old = take(m);
	return 0;
}

static int refresh_file(struct tuf *t, enum role role, const struct mark *mark, struct fault *fault)
{
	const struct role_kind *kind = &role_kinds[role];
	_free_ char *text = NULL;
	size_t len, max = kind->max;
	char path[NAME_ROOM];
	int r;

	path_of_role(role, mark && t->root->consistent ? mark->version : 0, path);
	if (mark && mark->len >= 0 && (uint64_t)mark->len < max)
		max = (size_t)mark->len;
	r = fetch(t, path, max, &text, &len, fault);
	if (r == 0)
		r = adopt(t, role, text, len, mark, fault);
	if (r < 0)
		fault_prefix(fault, "%s", path);
	/* Signed metadata told the length, so another one is as bad as another hash. */
	return r == -EFBIG && mark ? -EBADMSG : r;
}

/* Snapshot and targets: only what is not here already is asked for. */
static int refresh_listed(struct tuf *t, enum role role, enum role by, struct fault *fault)
{
	const struct metadata *old = t->files[role];
	char name[NAME_ROOM];
	struct mark mark;
	int r;

	name_of_role(role, name);
	r = metadata_mark(t->files[by], name, &mark);
	if (r < 0)
		return r;
	if (old && old->version == mark.version && old->expires > t->io.now &&
	    mark_check(&mark, old->text, old->len, NULL) == 0)
		return 0;
	return refresh_file(t, role, &mark, fault);
}

int tuf_refresh(struct tuf *t, struct fault *fault)
{
	int r;

	r = refresh_root(t, fault);
	if (r == 0)
		r = refresh_file(t, ROLE_TIMESTAMP, NULL, fault);
	if (r == 0)
		r = refresh_listed(t, ROLE_SNAPSHOT, ROLE_TIMESTAMP, fault);
	if (r == 0)
		r = refresh_listed(t, ROLE_TARGETS, ROLE_SNAPSHOT, fault);
	return r;
}

static int fetch_target(struct tuf *t, const char *path, const char *name, const struct mark *mark,
			char **ret, size_t *len, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t n;
	int r;

	r = fetch(t, path, (size_t)mark->len, &text, &n, fault);
	if (r == 0)
		r = mark_check(mark, text, n, fault);
	if (r < 0)
		return r;
	r = t->io.keep(t->io.ctx, name, text, n);
	if (r < 0)
		return fault_set(fault, r, "cannot be kept in the store: %s", strerror(-r));
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

	if (!target_fits(path))
		return fault_set(fault, -EINVAL, "not a path of a target");
	if (!t->files[ROLE_TARGETS] || metadata_mark(t->files[ROLE_TARGETS], path, &mark) < 0)
		return fault_set(fault, -ENOENT, "no trusted role lists the target %s", path);
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

uint64_t tuf_targets_version(const struct tuf *t)
{
	return t->files[ROLE_TARGETS] ? (uint64_t)t->files[ROLE_TARGETS]->version : 0;
}

int64_t tuf_expires(const struct tuf *t)
{
	int64_t first = t->root->file->expires;

	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		if (!t->files[role])
			return 0;
		if (t->files[role]->expires < first)
			first = t->files[role]->expires;
	}
	return first;
}
