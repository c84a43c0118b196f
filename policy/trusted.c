// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/rollback.h"
#include "policy/stamp.h"
#include "policy/trusted.h"

int trusted_check_fresh(const struct tuf *t, const struct metadata *m, struct fault *fault)
{
	char stamp[STAMP_TEXT] = "";

	if (m->expires > t->io.now)
		return 0;
	stamp_write(m->expires, stamp);
	return fault_set(fault, -ESTALE, "expired at %s", stamp);
}

int trusted_fetch(const struct tuf *t, const char *path, size_t max, char **ret, size_t *len,
		  struct fault *fault)
{
	int r = t->io.fetch(t->io.ctx, path, max, ret, len, fault);

	if (r == -ENOENT)
		fault_set(fault, r, "the server does not have it");
	if (r == -EFBIG)
		fault_set(fault, r, "is longer than the %zu bytes it may have", max);
	return r;
}

int trusted_keep(const struct tuf *t, const char *name, const char *data, size_t len,
		 struct fault *fault)
{
	int r = t->io.keep(t->io.ctx, name, data, len);

	if (r < 0)
		fault_set(fault, r, "cannot be kept in the store: %s", strerror(-r));
	return r;
}

/* What does not verify any more is as good as absent (sections 5.3.11 and 5.4 to 5.6). */
int trusted_load(const struct tuf *t, const struct wanted *w, struct metadata **ret)
{
	_free_ char *text = NULL;
	char name[NAME_ROOM];
	size_t len;
	int r;

	name_of_role(w->name, name);
	r = t->io.load(t->io.ctx, name, &text, &len);
	if (r == 0)
		r = metadata_open(w->role, text, len, w->signers, ret, NULL);
	return r == -ENOENT || r == -EBADMSG || r == -EFBIG ? 0 : r;
}

static int check_version(const struct metadata *m, const struct mark *mark, struct fault *fault)
{
	if (m->version == mark->version)
		return 0;
	return fault_set(fault, -EBADMSG, "is version %" PRId64 " instead of %" PRId64, m->version,
			 mark->version);
}

/* A fetched file through all checks, the cheap ones on bytes first. */
static int check(const struct wanted *w, const struct metadata *old, const char *text, size_t len,
		 const struct mark *mark, struct metadata **ret, struct fault *fault)
{
	_drop_(drop_metadata) struct metadata *m = NULL;
	int r;

	r = mark ? mark_check(mark, text, len, fault) : 0;
	if (r < 0)
		return r;
	r = metadata_open(w->role, text, len, w->signers, &m, fault);
	if (r < 0)
		return r;
	r = mark ? check_version(m, mark, fault) : 0;
	if (r == 0)
		r = rollback_check(old, m, fault);
	if (r < 0)
		return r;
	*ret = take(m);
	return 0;
}

static int adopt(struct tuf *t, const struct wanted *w, const char *text, size_t len,
		 const struct mark *mark, struct metadata **file, struct fault *fault)
{
	_drop_(drop_metadata) struct metadata *m = NULL;
	char name[NAME_ROOM];
	int r;

	r = check(w, *file, text, len, mark, &m, fault);
	if (r < 0)
		return r;
	/* Section 5.4.3.1: the same version again is no news, whatever it says. */
	if (w->role == ROLE_TIMESTAMP && *file && m->version == (*file)->version)
		return trusted_check_fresh(t, *file, fault);
	r = trusted_check_fresh(t, m, fault);
	if (r < 0)
		return r;
	name_of_role(w->name, name);
	r = trusted_keep(t, name, m->text, m->len, fault);
	if (r < 0)
		return r;
	metadata_free(*file);
	*file = take(m);
	return 0;
}

static int fetch(struct tuf *t, const struct wanted *w, const struct mark *mark,
		 struct metadata **file, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len, max = role_kinds[w->role].max;
	char path[NAME_ROOM];
	int r;

	path_of_role(w->name, mark && t->root->consistent ? mark->version : 0, path);
	if (mark && mark->len >= 0 && (uint64_t)mark->len < max)
		max = (size_t)mark->len;
	r = trusted_fetch(t, path, max, &text, &len, fault);
	if (r == 0)
		r = adopt(t, w, text, len, mark, file, fault);
	if (r < 0)
		fault_prefix(fault, "%s", path);
	/* Signed metadata told the length, so another one is as bad as another hash. */
	return r == -EFBIG && mark ? -EBADMSG : r;
}

static bool is_named(const struct tuf *t, const struct metadata *m, const struct mark *mark)
{
	return m->version == mark->version && m->expires > t->io.now &&
	       mark_check(mark, m->text, m->len, NULL) == 0;
}

int trusted_refresh(struct tuf *t, const struct wanted *w, struct metadata **file,
		    struct fault *fault)
{
	char name[ROLE_NAME_ROOM + sizeof(".json")];
	struct mark mark;
	int r;

	if (!w->by)
		return fetch(t, w, NULL, file, fault);
	/* Listed by its plain name, percent-encoded only in paths. */
	snprintf(name, sizeof(name), "%s.json", w->name);
	r = metadata_mark(w->by, name, &mark);
	if (r < 0)
		return fault_set(fault, r, "%s does not name %.60s", role_kinds[w->by->role].name,
				 name);
	return *file && is_named(t, *file, &mark) ? 0 : fetch(t, w, &mark, file, fault);
}
