// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "policy/trusted.h"

#define ROOTS_A_RUN 256

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

/* Timestamp alone is named by none (files[ROLE_ROOT] is NULL). */
static struct wanted wanted(const struct tuf *t, enum role role)
{
	static const enum role by[ROLE_COUNT] = {
		[ROLE_SNAPSHOT] = ROLE_TIMESTAMP,
		[ROLE_TARGETS] = ROLE_SNAPSHOT,
	};

	return (struct wanted){ role, role_kinds[role].name, &t->root->signers[role],
				t->files[by[role]] };
}

static int open_file(struct tuf *t, enum role role)
{
	struct wanted w = wanted(t, role);

	return trusted_load(t, &w, &t->files[role]);
}

int tuf_open(const struct tuf_io *io, struct tuf **ret, struct fault *fault)
{
	struct tuf *t = calloc(1, sizeof(*t));
	int r;

	if (!t)
		return -ENOMEM;
	t->io = *io;
	t->delegated_expires = INT64_MAX;
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

static bool still_signed(const struct tuf *t, enum role role)
{
	return !t->files[role] ||
	       metadata_check(t->files[role], &t->root->signers[role], NULL, NULL) == 0;
}

/*
 * After new keys, the old files count only if these would sign them too.  Timestamp and
 * snapshot go together: a thief of either may have raced their versions ahead (section 5.3.11).
 */
static void drop_unsigned(struct tuf *t)
{
	bool online = still_signed(t, ROLE_TIMESTAMP) && still_signed(t, ROLE_SNAPSHOT);
	bool keeps[ROLE_COUNT] = {
		[ROLE_TIMESTAMP] = online,
		[ROLE_SNAPSHOT] = online,
		[ROLE_TARGETS] = still_signed(t, ROLE_TARGETS),
	};

	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++)
		if (!keeps[role])
			t->files[role] = metadata_free(t->files[role]);
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
	r = trusted_keep(t, "root.json", text, len, fault);
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
	int r = trusted_check_fresh(t, t->root->file, fault);

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

		path_of_role(role_kinds[ROLE_ROOT].name, t->root->file->version + 1, path);
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

int tuf_refresh(struct tuf *t, struct fault *fault)
{
	int r = refresh_root(t, fault);

	for (int role = ROLE_TIMESTAMP; r == 0 && role < ROLE_COUNT; role++) {
		struct wanted w = wanted(t, role);

		r = trusted_refresh(t, &w, &t->files[role], fault);
	}
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
	return t->delegated_expires < first ? t->delegated_expires : first;
}
