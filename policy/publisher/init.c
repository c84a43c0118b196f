// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/publisher/release.h"
#include "policy/publisher/ring.h"
#include "policy/publisher/tool.h"

/* ROLE=N */
static int set_threshold(unsigned thresholds[ROLE_COUNT], const char *text)
{
	for (int role = 0; role < ROLE_COUNT; role++) {
		size_t n = strlen(role_kinds[role].name);

		if (strncmp(text, role_kinds[role].name, n) || text[n] != '=')
			continue;
		if (text[n + 1] < '1' || text[n + 1] > '0' + RING_THRESHOLD_MAX || text[n + 2])
			break;
		thresholds[role] = (unsigned)(text[n + 1] - '0');
		return 0;
	}
	return fprintf(stderr,
		       "--threshold %s: must be ROLE=N, with N from 1 to %d and a ROLE of root, "
		       "targets, snapshot, timestamp\n",
		       text, RING_THRESHOLD_MAX),
	       -EINVAL;
}

static int make_root(struct workshop *w, const struct options *o,
		     const unsigned thresholds[ROLE_COUNT], struct ring *ring, struct fault *fault)
{
	_drop_(drop_json) json_t *file = json_pack("{s:[], s:{s:b, s:{}, s:{}}}", "signatures",
						   "signed", "consistent_snapshot", 1, "keys",
						   "roles");
	json_t *root = json_object_get(file, "signed");
	int64_t expires = io_now() + (int64_t)options_life(o, ROOT_LIFE);
	int r = file ? draft_renew(root, ROLE_ROOT, 1, expires, fault) : -ENOMEM;

	for (int role = 0; r == 0 && role < ROLE_COUNT; role++)
		r = ring_renew(ring, o, w->hand, (enum role)role, thresholds[role], root, fault);
	if (r == 0)
		r = ring_store(ring, o, w, fault);
	if (r < 0)
		return r;
	r = workshop_put_draft(w, "root", file, fault);
	if (r == 0)
		r = release_run(w, o, fault);
	if (r < 0 && r != -EINPROGRESS && !w->root)
		ring_undo(ring, w->dir);
	return r;
}

static const struct {
	const char *name;
	mode_t mode;
} folders[] = { { "keys", 0700 }, { "metadata", 0755 }, { "targets", 0755 } };
#define FOLDERS COUNT(folders)

static int refuse_folder(const char *path, int dir, const char *name, struct fault *fault)
{
	int64_t version = 0;

	(void)workshop_version(dir, "root", &version, NULL);
	return fault_set(
		fault, -EEXIST, "%s/%s: is there already; nothing was changed%s", path, name,
		version || faccessat(dir, "draft/root.json", F_OK, 0) == 0
			? ""
			: ". There is no root yet: when an init was interrupted here, begin "
			  "again in an empty folder");
}

static int make_folders(const char *path, int *ret, struct fault *fault)
{
	_close_ int dir = -1;

	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return fault_set(fault, -errno, "%s: %s", path, strerror(errno));
	for (size_t i = 0; i < FOLDERS; i++)
		if (faccessat(dir, folders[i].name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			return refuse_folder(path, dir, folders[i].name, fault);
	for (size_t i = 0; i < FOLDERS; i++)
		if (mkdirat(dir, folders[i].name, folders[i].mode) < 0) {
			int err = fault_set(fault, -errno, "%s/%s: %s", path, folders[i].name,
					    strerror(errno));

			while (i--)
				unlinkat(dir, folders[i].name, AT_REMOVEDIR);
			return err;
		}
	*ret = take_fd(&dir);
	return 0;
}

static void clear_keys(int dir)
{
	_dir_ DIR *d = io_open_dir(dir, "keys", 0);
	struct dirent *e;

	while (d && (e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
}

/* So that a failed try can be made again: all in them was made by it. */
static void remove_folders(int dir)
{
	clear_keys(dir);
	unlinkat(dir, "draft/root.json", 0);
	unlinkat(dir, "draft", AT_REMOVEDIR);
	for (size_t i = 0; i < FOLDERS; i++)
		unlinkat(dir, folders[i].name, AT_REMOVEDIR);
}

static int init(const char *path, const struct options *o, const unsigned thresholds[ROLE_COUNT],
		struct fault *fault)
{
	struct workshop w = { .dir = -1 };
	struct ring ring = { .n = 0 };
	int r = ring_check(o, NULL, fault);

	if (r == 0)
		r = make_folders(path, &w.dir, fault);
	if (r < 0)
		return r;
	r = hand_open(w.dir, o, false, &w.hand, fault);
	if (r == 0)
		r = make_root(&w, o, thresholds, &ring, fault);
	if (r == -EINPROGRESS)
		release_tell(&w);
	else if (r < 0 && !w.root)
		remove_folders(w.dir);
	ring_clear(&ring);
	workshop_close(&w);
	return r;
}

int init_main(int argc, char **argv)
{
	unsigned thresholds[ROLE_COUNT] = { 1, 1, 1, 1 };
	struct fault fault = { 0 };
	struct options o;
	int r;

	if (options_read(argc, argv, "TekpnuK", 1, 1, &o) < 0)
		return tool_usage("init");
	for (size_t i = 0; i < o.thresholds.n; i++)
		if (set_threshold(thresholds, o.thresholds.at[i]) < 0)
			return tool_usage("init");
	r = init(o.args[0], &o, thresholds, &fault);
	if (r == -EINPROGRESS)
		return EXIT_WAITS;
	if (r < 0)
		return options_fail("nothing was made", r, &fault);
	printf("%s/keys: keep these secret, and the root keys off this machine\n"
	       "%s/metadata/1.root.json: give this to each host as its trusted root\n",
	       o.args[0], o.args[0]);
	return 0;
}
