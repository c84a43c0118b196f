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
#include "policy/json.h"
#include "policy/store.h"

#define GENERATION "generation-"
#define LINK_NEW   STORE_CURRENT ".new"
#define NAME_ROOM  640
#define TRIES	   3 /* a generation may be replaced while it is being read */

static int make_folder(int dir, const char *name)
{
	return mkdirat(dir, name, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int open_folder(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int store_open(const char *path, int *ret, struct fault *fault)
{
	_close_ int dir = open_folder(AT_FDCWD, path);
	int r;

	if (dir < 0)
		return fault_set(fault, dir, "%s: %s", path, strerror(-dir));
	if (flock(dir, LOCK_EX | LOCK_NB) < 0)
		return fault_set(fault, -EBUSY, "%s: another lazaret-vet is at work", path);
	r = make_folder(dir, "metadata");
	if (r == 0)
		r = make_folder(dir, "targets");
	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	*ret = take_fd(&dir);
	return 0;
}

/* Metadata goes by bare names, targets have their folder in theirs (see tuf.h). */
static void place(const char *name, char out[NAME_ROOM])
{
	snprintf(out, NAME_ROOM, "%s%s", strchr(name, '/') ? "" : "metadata/", name);
}

int store_load(void *ctx, const char *name, char **ret, size_t *len)
{
	char path[NAME_ROOM];

	place(name, path);
	return io_read(*(int *)ctx, path, STORE_FILE_MAX, ret, len);
}

int store_keep(void *ctx, const char *name, const char *data, size_t len)
{
	char path[NAME_ROOM];

	place(name, path);
	return io_replace(*(int *)ctx, path, data, len, 0644);
}

static int read_accepted(int generation, struct accepted *ret, struct fault *fault)
{
	_drop_(drop_json) json_t *root = NULL;
	struct accepted a = { 0 };
	_free_ char *text = NULL;
	int64_t version = 0;
	size_t len;
	int r;

	r = io_read(generation, STORE_ACCEPTED, 4096, &text, &len);
	if (r == 0)
		r = json_read(text, len, &root, fault);
	if (r == 0)
		r = json_need_number(root, "version", 1, INT64_MAX, &version, fault);
	if (r == 0)
		r = json_need_number(root, "expires", 0, INT64_MAX, &a.expires, fault);
	if (r == 0)
		r = json_need_number(root, "accepted", 0, INT64_MAX, &a.accepted, fault);
	if (r < 0) {
		if (r != -ENOENT)
			fault_prefix(fault, STORE_ACCEPTED);
		return r;
	}
	a.version = (uint64_t)version;
	*ret = a;
	return 0;
}

int store_read_accepted(int dir, struct accepted *ret, struct fault *fault)
{
	int r = -ENOENT;

	for (int i = 0; r == -ENOENT && i < TRIES; i++) {
		_close_ int generation = open_folder(dir, STORE_CURRENT);

		if (generation < 0)
			return generation;
		r = read_accepted(generation, ret, fault);
	}
	return r;
}

static int read_policy(int generation, struct policy **ret, struct fault *fault)
{
	_free_ char *text = NULL;
	size_t len;
	int r;

	r = io_read(generation, STORE_POLICY, POLICY_FILE_MAX, &text, &len);
	return r < 0 ? r : policy_parse(text, len, ret, fault);
}

int store_read(int dir, struct policy **policy, struct accepted *accepted, struct fault *fault)
{
	int r = -ENOENT;

	for (int i = 0; r == -ENOENT && i < TRIES; i++) {
		_close_ int generation = open_folder(dir, STORE_CURRENT);
		struct accepted a;

		if (generation < 0)
			return generation;
		r = read_accepted(generation, &a, fault);
		if (r == 0)
			r = read_policy(generation, policy, fault);
		if (r == 0)
			*accepted = a;
	}
	return r;
}

/* A generation has only files, and nobody else writes here. */
static void remove_generation(int dir, const char *name)
{
	_dir_ DIR *d = io_open_dir(dir, name, 0);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	unlinkat(dir, name, AT_REMOVEDIR);
}

/* Everything but the generation named; a failure only leaves something for next time. */
static void sweep(int dir, const char *but)
{
	_dir_ DIR *d = io_open_dir(dir, ".", 0);
	struct dirent *e;

	while (d && (e = readdir(d)))
		if (!strncmp(e->d_name, GENERATION, strlen(GENERATION)) && strcmp(e->d_name, but))
			remove_generation(dir, e->d_name);
	unlinkat(dir, LINK_NEW, 0);
}

/* The name of the generation in force; empty when there is none. */
static int current_name(int dir, char name[NAME_ROOM])
{
	ssize_t n = readlinkat(dir, STORE_CURRENT, name, NAME_ROOM - 1);

	if (n < 0 && errno != ENOENT)
		return -errno;
	name[n > 0 ? n : 0] = '\0';
	return 0;
}

static void next_name(const char *current, char name[NAME_ROOM])
{
	uint64_t n = 0;

	sscanf(current, GENERATION "%" SCNu64, &n);
	snprintf(name, NAME_ROOM, GENERATION "%" PRIu64, n + 1);
}

static int put_file(int generation, const char *name, const char *data, size_t len)
{
	_close_ int fd = openat(generation, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return -errno;
	r = io_write(fd, data, len);
	if (r == 0 && fsync(fd) < 0)
		r = -errno;
	return r;
}

static int put_json(int generation, const char *name, const json_t *value)
{
	_free_ char *text = value ? json_dumps(value, JSON_INDENT(1)) : NULL;

	return text ? put_file(generation, name, text, strlen(text)) : -ENOMEM;
}

static int put_parts(int generation, const char *text, size_t len)
{
	_drop_(drop_json) json_t *root = NULL;
	_drop_(drop_json) json_t *none = json_object();
	const char *mode;
	json_t *allow;
	int r;

	r = json_read(text, len, &root, NULL);
	if (r < 0)
		return r;
	allow = json_object_get(root, "allow");
	r = put_json(generation, STORE_ALLOW, allow ? allow : none);
	mode = json_string_value(json_object_get(root, "mode"));
	if (r == 0 && mode && !strcmp(mode, "enforce"))
		r = put_file(generation, STORE_ENFORCE, "", 0);
	return r;
}

static int put_accepted(int generation, const struct accepted *a)
{
	_drop_(drop_json) json_t *root =
		json_pack("{s:I, s:I, s:I}", "version", (json_int_t)a->version, "expires",
			  (json_int_t)a->expires, "accepted", (json_int_t)a->accepted);

	return put_json(generation, STORE_ACCEPTED, root);
}

static int fill(int dir, const char *name, const char *text, size_t len, const struct accepted *a)
{
	_close_ int generation = -1;
	int r;

	r = make_folder(dir, name);
	if (r == 0)
		r = generation = open_folder(dir, name);
	if (r < 0)
		return r;
	r = put_file(generation, STORE_POLICY, text, len);
	if (r == 0)
		r = put_parts(generation, text, len);
	if (r == 0)
		r = put_accepted(generation, a);
	if (r == 0 && fsync(generation) < 0)
		r = -errno;
	return r;
}

static int swap(int dir, const char *name)
{
	if (symlinkat(name, dir, LINK_NEW) < 0 || fsync(dir) < 0 ||
	    renameat(dir, LINK_NEW, dir, STORE_CURRENT) < 0 || fsync(dir) < 0)
		return -errno;
	return 0;
}

/* Is this text in force already, and with the same words about it? */
static bool same_text(int dir, const char *text, size_t len)
{
	_free_ char *was = NULL;
	size_t was_len;

	return io_read(dir, STORE_CURRENT "/" STORE_POLICY, POLICY_FILE_MAX, &was, &was_len) == 0 &&
	       was_len == len && !memcmp(was, text, len);
}

static bool same_accepted(int dir, const struct accepted *a, bool *same_version)
{
	_close_ int generation = open_folder(dir, STORE_CURRENT);
	struct accepted was = { 0 };

	if (generation < 0 || read_accepted(generation, &was, NULL) < 0)
		return false;
	*same_version = was.version == a->version;
	return *same_version && was.expires == a->expires;
}

/* Remains of runs that were cut short; the name of the generation in force. */
static int tidy(int dir, char current[NAME_ROOM])
{
	int r = current_name(dir, current);

	if (r == 0)
		sweep(dir, current);
	return r;
}

static int replace(int dir, const char *text, size_t len, const struct accepted *accepted)
{
	char current[NAME_ROOM], next[NAME_ROOM];
	int r;

	r = tidy(dir, current);
	if (r < 0)
		return r;
	next_name(current, next);
	r = fill(dir, next, text, len, accepted);
	if (r == 0)
		r = swap(dir, next);
	/* After a failed sync the link may stand already; what it names must stay. */
	tidy(dir, current);
	return r;
}

int store_put(int dir, const char *text, size_t len, const struct accepted *accepted, bool *changed,
	      struct fault *fault)
{
	bool text_same = same_text(dir, text, len), version_same = false;
	bool all_same = same_accepted(dir, accepted, &version_same) && text_same;
	char current[NAME_ROOM];
	int r = all_same ? tidy(dir, current) : replace(dir, text, len, accepted);

	if (r < 0)
		return fault_set(fault, r, "policy cannot be stored: %s", strerror(-r));
	*changed = !text_same || !version_same;
	return 0;
}
