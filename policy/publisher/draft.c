// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/canon.h"
#include "policy/publisher/draft.h"
#include "policy/publisher/secret.h"
#include "policy/stamp.h"

#define KEY_FILE_END ".pem"

void draft_name(enum role role, int64_t version, char name[DRAFT_NAME_MAX])
{
	if (role == ROLE_TIMESTAMP)
		snprintf(name, DRAFT_NAME_MAX, "metadata/timestamp.json");
	else
		snprintf(name, DRAFT_NAME_MAX, "metadata/%" PRId64 ".%s.json", version,
			 role_kinds[role].name);
}

static DIR *open_list(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? NULL : fdopendir(fd);
}

static int newest(int dir, const char *role, int64_t *ret, struct fault *fault)
{
	DIR *d = open_list(dir, "metadata");
	struct dirent *e;
	int64_t best = 0;

	if (!d)
		return fault_set(fault, -errno, "metadata/: %s", strerror(errno));
	while ((e = readdir(d))) {
		char want[DRAFT_NAME_MAX];
		int64_t n = strtoll(e->d_name, NULL, 10);

		snprintf(want, sizeof(want), "%" PRId64 ".%s.json", n, role);
		if (n > best && !strcmp(want, e->d_name))
			best = n;
	}
	closedir(d);
	*ret = best;
	return 0;
}

static int read_body(int dir, const char *name, json_t **file, json_t **body, struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = io_read(dir, name, JSON_TEXT_BYTES, &text, &len);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	r = json_read(text, len, &root, fault);
	if (r == 0)
		r = json_need_object(root, "signed", body, fault);
	if (r < 0)
		fault_prefix(fault, "%s", name);
	else
		*file = take(root);
	return r;
}

static int timestamp_version(int dir, int64_t *ret, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	json_t *body;
	int r = faccessat(dir, "metadata/timestamp.json", F_OK, 0) < 0 ? -errno : 0;

	if (r == -ENOENT) {
		*ret = 0;
		return 0;
	}
	r = read_body(dir, "metadata/timestamp.json", &file, &body, fault);
	return r < 0 ? r : json_need_number(body, "version", 1, MARK_VERSION_MAX, ret, fault);
}

int workshop_version(int dir, enum role role, int64_t *ret, struct fault *fault)
{
	return role == ROLE_TIMESTAMP ? timestamp_version(dir, ret, fault)
				      : newest(dir, role_kinds[role].name, ret, fault);
}

int workshop_open(const char *path, struct workshop *ret, struct fault *fault)
{
	_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct workshop w = { 0 };
	char name[DRAFT_NAME_MAX];
	int64_t version = 0;
	int r;

	if (dir < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	r = workshop_version(dir, ROLE_ROOT, &version, fault);
	if (r == 0 && !version)
		r = fault_set(fault, -ENOENT, "no root metadata here; make it with init");
	if (r == 0) {
		draft_name(ROLE_ROOT, version, name);
		r = read_body(dir, name, &w.file, &w.root, fault);
	}
	if (r < 0) {
		fault_prefix(fault, "%s", path);
		return r;
	}
	w.dir = take_fd(&dir);
	*ret = w;
	return 0;
}

void workshop_close(struct workshop *w)
{
	drop_fd(&w->dir);
	json_decref(w->file);
	*w = (struct workshop){ .dir = -1 };
}

int draft_new(enum role role, int64_t version, int64_t expires, json_t **ret, struct fault *fault)
{
	char stamp[STAMP_TEXT];
	json_t *body;

	if (stamp_write(expires, stamp) < 0)
		return fault_set(fault, -ERANGE, "expires too far away");
	body = json_pack("{s:s, s:s, s:I, s:s}", "_type", role_kinds[role].name, "spec_version",
			 DRAFT_SPEC, "version", (json_int_t)version, "expires", stamp);
	if (!body)
		return -ENOMEM;
	*ret = body;
	return 0;
}

int draft_mark(const void *data, size_t len, int64_t version, json_t **ret)
{
	char hash[DIGEST_TEXT];
	json_t *mark;
	int r;

	r = digest_make_text(DIGEST_SHA256, data, len, hash);
	if (r < 0)
		return r;
	mark = json_pack("{s:I, s:{s:s}}", "length", (json_int_t)len, "hashes", "sha256", hash);
	if (!mark || (version && json_object_set_new(mark, "version", json_integer(version)) < 0)) {
		json_decref(mark);
		return -ENOMEM;
	}
	*ret = mark;
	return 0;
}

/* The keyids and the threshold that root gives a role. */
static int read_role(json_t *root, enum role role, json_t **ids, int64_t *threshold,
		     struct fault *fault)
{
	json_t *roles, *object;
	int r;

	r = json_need_object(root, "roles", &roles, fault);
	if (r == 0)
		r = json_need_object(roles, role_kinds[role].name, &object, fault);
	if (r == 0)
		r = json_need_array(object, "keyids", ids, fault);
	return r < 0 ? r : json_need_number(object, "threshold", 1, INT32_MAX, threshold, fault);
}

static bool is_listed(json_t *ids, const char *id)
{
	json_t *item;
	size_t i;

	json_array_foreach(ids, i, item) {
		if (json_is_string(item) && !strcmp(json_string_value(item), id))
			return true;
	}
	return false;
}

static int sign_with(int keys, const char *name, json_t *ids, const char *data, size_t len,
		     json_t *signatures, struct fault *fault)
{
	_drop_(drop_secret) struct secret *s = NULL;
	_free_ char *sig = NULL;
	json_t *entry;
	int r;

	r = secret_load(keys, name, &s, fault);
	if (r < 0 || !is_listed(ids, secret_id(s)))
		return r;
	r = secret_sign(s, data, len, &sig, fault);
	if (r < 0)
		return r;
	entry = json_pack("{s:s, s:s}", "keyid", secret_id(s), "sig", sig);
	return json_array_append_new(signatures, entry) < 0 ? -ENOMEM : 0;
}

static int sign_all(int dir, json_t *ids, const char *data, size_t len, json_t *signatures,
		    struct fault *fault)
{
	DIR *d = open_list(dir, "keys");
	struct dirent *e;
	int r = 0;

	if (!d)
		return fault_set(fault, -errno, "keys/: %s", strerror(errno));
	while (r == 0 && (e = readdir(d))) {
		const char *end = strrchr(e->d_name, '.');

		if (end && !strcmp(end, KEY_FILE_END))
			r = sign_with(dirfd(d), e->d_name, ids, data, len, signatures, fault);
	}
	closedir(d);
	return r;
}

static int make_signatures(int dir, json_t *root, enum role role, json_t *body, json_t *signatures,
			   struct fault *fault)
{
	_free_ char *data = NULL;
	int64_t threshold = 1;
	json_t *ids = NULL;
	size_t len;
	int r;

	r = read_role(root, role, &ids, &threshold, fault);
	if (r == 0)
		r = canon_write(body, &data, &len, fault);
	if (r == 0)
		r = sign_all(dir, ids, data, len, signatures, fault);
	if (r == 0 && (int64_t)json_array_size(signatures) < threshold)
		r = fault_set(fault, -ENOKEY,
			      "%s needs %" PRId64 " signatures, keys/ has %zu of its keys",
			      role_kinds[role].name, threshold, json_array_size(signatures));
	return r;
}

static int write_signed(int dir, enum role role, json_t *body, json_t *signatures, json_t **mark,
			struct fault *fault)
{
	_drop_(drop_json) json_t *file = json_pack("{s:O, s:O}", "signatures", signatures, "signed",
						   body);
	_free_ char *text = file ? json_dumps(file, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
	char name[DRAFT_NAME_MAX];
	int64_t version = 0;
	int r;

	if (!text)
		return -ENOMEM;
	r = json_need_number(body, "version", 1, MARK_VERSION_MAX, &version, fault);
	if (r < 0)
		return r;
	draft_name(role, version, name);
	r = io_replace(dir, name, text, strlen(text), 0644);
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	return mark ? draft_mark(text, strlen(text), version, mark) : 0;
}

int draft_sign(int dir, json_t *root, enum role role, json_t *body, json_t **mark,
	       struct fault *fault)
{
	_drop_(drop_json) json_t *signatures = json_array();
	int r = make_signatures(dir, root, role, body, signatures, fault);

	return r < 0 ? r : write_signed(dir, role, body, signatures, mark, fault);
}

int draft_can_sign(int dir, json_t *root, enum role role, struct fault *fault)
{
	_drop_(drop_json) json_t *signatures = json_array();

	return make_signatures(dir, root, role, root, signatures, fault);
}

int draft_sign_root(int dir, json_t *before, json_t *body, struct fault *fault)
{
	_drop_(drop_json) json_t *signatures = json_array();
	_drop_(drop_json) json_t *own = json_array();
	json_t *was = NULL, *is = NULL;
	int64_t threshold;
	int r;

	r = read_role(before, ROLE_ROOT, &was, &threshold, fault);
	if (r == 0)
		r = read_role(body, ROLE_ROOT, &is, &threshold, fault);
	if (r == 0)
		r = make_signatures(dir, before, ROLE_ROOT, body, signatures, fault);
	/* New keys share none with the old ones; else the old signatures are its own. */
	if (r == 0 && !json_equal(was, is))
		r = make_signatures(dir, body, ROLE_ROOT, body, own, fault);
	if (r == 0 && json_array_extend(signatures, own) < 0)
		r = -ENOMEM;
	return r < 0 ? r : write_signed(dir, ROLE_ROOT, body, signatures, NULL, fault);
}
