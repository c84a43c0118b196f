// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "policy/names.h"
#include "policy/publisher/workshop.h"

#define DRAFTS "draft"

/* "metadata/N.ROLE.json" for the newest N; timestamp has no numbers. */
static void path_of(const char *role, int64_t version, char path[DRAFT_NAME_MAX])
{
	path_of_role(role, !strcmp(role, "timestamp") ? 0 : version, path);
}

static int read_file(int dir, const char *name, json_t **file, char **text, size_t *len,
		     struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	_free_ char *t = NULL;
	json_t *body, *signatures;
	size_t n;
	int r = io_read(dir, name, JSON_TEXT_BYTES, &t, &n);

	if (r == -ENOENT)
		return r;
	if (r < 0)
		return fault_set(fault, r, "%s: %s", name, strerror(-r));
	r = json_read(t, n, &root, fault);
	if (r == 0)
		r = json_need_object(root, "signed", &body, fault);
	if (r == 0)
		r = json_need_array(root, "signatures", &signatures, fault);
	if (r < 0) {
		fault_prefix(fault, "%s", name);
		return r;
	}
	*file = take(root);
	if (text) {
		*text = take(t);
		*len = n;
	}
	return 0;
}

static int timestamp_version(int dir, int64_t *ret, struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	int r = read_file(dir, "metadata/timestamp.json", &file, NULL, NULL, fault);

	*ret = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return json_need_number(json_object_get(file, "signed"), "version", 1, MARK_VERSION_MAX,
				ret, fault);
}

int workshop_version(int dir, const char *role, int64_t *ret, struct fault *fault)
{
	_dir_ DIR *d = io_open_dir(dir, "metadata", 0);
	struct dirent *e;
	int64_t best = 0;

	if (!d)
		return fault_set(fault, -errno, "metadata/: %s%s", strerror(errno),
				 errno == ENOENT ? "; lazaret-policy init makes such a folder"
						 : "");
	while ((e = readdir(d))) {
		char want[DRAFT_NAME_MAX];
		int64_t n = strtoll(e->d_name, NULL, 10);

		if (n <= best)
			continue;
		path_of_role(role, n, want);
		if (!strcmp(want + strlen("metadata/"), e->d_name))
			best = n;
	}
	if (!strcmp(role, "timestamp"))
		return timestamp_version(dir, ret, fault);
	*ret = best;
	return 0;
}

int workshop_newest(const struct workshop *w, const char *role, json_t **file, char **text,
		    size_t *len, struct fault *fault)
{
	char path[DRAFT_NAME_MAX];
	int64_t version = 0;
	int r = workshop_version(w->dir, role, &version, fault);

	if (r < 0)
		return r;
	if (!version)
		return -ENOENT;
	path_of(role, version, path);
	return read_file(w->dir, path, file, text, len, fault);
}

int workshop_reload(struct workshop *w, struct fault *fault)
{
	json_t *file = NULL;
	int r = workshop_newest(w, "root", &file, NULL, NULL, fault);

	if (r < 0)
		return r;
	json_decref(w->root_file);
	w->root_file = file;
	w->root = json_object_get(file, "signed");
	return 0;
}

int workshop_open(const char *path, const struct options *o, enum workshop_for what,
		  struct workshop *ret, struct fault *fault)
{
	struct workshop w = { .dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	int r = w.dir < 0 ? -errno : 0;

	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	if (what != WORKSHOP_READ && flock(w.dir, LOCK_EX) < 0)
		r = fault_set(fault, -errno, "lock: %s", strerror(errno));
	if (r == 0)
		r = workshop_reload(&w, fault);
	if (r == -ENOENT && faccessat(w.dir, DRAFTS "/root.json", F_OK, 0) == 0)
		r = 0;
	if (r == -ENOENT)
		fault_set(fault, r, "no root metadata here; make it with init");
	if (r < 0)
		fault_prefix(fault, "%s", path);
	if (r == 0)
		r = hand_open(w.dir, o, what != WORKSHOP_WRITE, &w.hand, fault);
	if (r < 0)
		workshop_close(&w);
	else
		*ret = w;
	return r;
}

void workshop_close(struct workshop *w)
{
	drop_fd(&w->dir);
	hand_close(w->hand);
	json_decref(w->root_file);
	*w = (struct workshop){ .dir = -1 };
}

static void path_of_draft(const char *role, char path[DRAFT_NAME_MAX])
{
	char name[NAME_ROOM];

	name_of_role(role, name);
	snprintf(path, DRAFT_NAME_MAX, DRAFTS "/%s", name);
}

int workshop_draft(const struct workshop *w, const char *role, json_t **file, struct fault *fault)
{
	char path[DRAFT_NAME_MAX];

	path_of_draft(role, path);
	return read_file(w->dir, path, file, NULL, NULL, fault);
}

int workshop_dump(json_t *file, char **ret, size_t *len)
{
	char *text = json_dumps(file, JSON_INDENT(1) | JSON_SORT_KEYS);

	if (!text)
		return -ENOMEM;
	*len = strlen(text);
	*ret = text;
	return 0;
}

int workshop_put_draft(const struct workshop *w, const char *role, json_t *file,
		       struct fault *fault)
{
	char path[DRAFT_NAME_MAX];
	_free_ char *text = NULL;
	size_t len;
	int r = workshop_dump(file, &text, &len);

	path_of_draft(role, path);
	if (r == 0 && mkdirat(w->dir, DRAFTS, 0755) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = io_replace(w->dir, path, text, len, 0644);
	return r < 0 ? fault_set(fault, r, "%s: %s", path, strerror(-r)) : 0;
}

void workshop_drop_draft(const struct workshop *w, const char *role)
{
	char path[DRAFT_NAME_MAX];

	path_of_draft(role, path);
	unlinkat(w->dir, path, 0);
}

static json_t *empty_file(const char *role)
{
	enum role kind = draft_kind(role);
	json_t *body = json_object();

	if (role_kinds[kind].list)
		json_object_set_new(body, role_kinds[kind].list, json_object());
	return json_pack("{s:[], s:o}", "signatures", "signed", body);
}

int workshop_edit(const struct workshop *w, const char *role, int64_t expires, json_t **ret,
		  struct fault *fault)
{
	_drop_(drop_json) json_t *file = NULL;
	int64_t version = 0;
	int r = workshop_version(w->dir, role, &version, fault);

	if (r == 0)
		r = workshop_draft(w, role, &file, fault);
	if (r == -ENOENT)
		r = workshop_newest(w, role, &file, NULL, NULL, fault);
	if (r == -ENOENT) {
		file = empty_file(role);
		r = file ? 0 : -ENOMEM;
	}
	if (r == 0 && json_object_set_new(file, "signatures", json_array()) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = draft_renew(json_object_get(file, "signed"), draft_kind(role), version + 1,
				expires, fault);
	if (r == 0)
		*ret = take(file);
	return r;
}

/* Delegated roles' names are encoded in those of files, so each tells its own. */
static int decode(const char *name, char out[ROLE_NAME_ROOM])
{
	size_t n = 0;

	for (const char *p = name; *p && strcmp(p, ".json"); p++) {
		unsigned byte = (unsigned char)*p;

		if (n + 1 == ROLE_NAME_ROOM)
			return -ENAMETOOLONG;
		if (*p == '%' && sscanf(p + 1, "%2X", &byte) == 1 && p[1] && p[2])
			p += 2;
		out[n++] = (char)byte;
	}
	out[n] = '\0';
	return n ? 0 : -EINVAL;
}

int workshop_drafts(const struct workshop *w, json_t **ret, struct fault *fault)
{
	_dir_ DIR *d = io_open_dir(w->dir, DRAFTS, 0);
	_drop_(drop_json) json_t *list = NULL;
	struct dirent *e;

	if (!d && errno != ENOENT)
		return fault_set(fault, -errno, DRAFTS ": %s", strerror(errno));
	list = json_array();
	while (d && (e = readdir(d))) {
		size_t len = strlen(e->d_name);
		char role[ROLE_NAME_ROOM];

		if (len < 6 || strcmp(e->d_name + len - 5, ".json") || *e->d_name == '.' ||
		    decode(e->d_name, role) < 0)
			continue;
		json_array_append_new(list, json_string(role));
	}
	if (!list)
		return -ENOMEM;
	*ret = take(list);
	return 0;
}

int workshop_make_folders(int dir, const char *path, struct fault *fault)
{
	char folder[DRAFT_NAME_MAX];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (mkdirat(dir, folder, 0755) < 0 && errno != EEXIST)
			return fault_set(fault, -errno, "%s: %s", folder, strerror(errno));
	}
	return 0;
}
