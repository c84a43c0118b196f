// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/unlock.h"

#define PATH_ROOM 512

struct clearing {
	const struct provider_unit *of;
	struct asides *all; /* also what decides nothing; NULL: not that */
	struct report *report;
	struct fault *fault;
	int n;
};

static int set_aside(struct clearing *c, const char *path)
{
	static const char generated[] = "run/systemd/generator";
	char text[PATH_ROOM + 1];
	int r;

	if (!strncmp(path, generated, strlen(generated)))
		return fault_set(c->fault, -EPERM,
				 "/%s is made anew by a generator of systemd: see "
				 "systemd/system-generators in /etc, /run and /usr/local/lib, and "
				 "systemd.mask= on the kernel's command line",
				 path);
	snprintf(text, sizeof(text), "/%s", path);
	r = asides_add(c->all, text, c->report);
	if (r < 0)
		return fault_set(c->fault, r, "cannot set %s aside: %s", text, strerror(-r));
	c->n += r;
	return 0;
}

static bool is_own(const struct provider_unit *of, const char *name)
{
	for (size_t i = 0; i < of->drop_ins.n; i++)
		if (!strcmp(of->drop_ins.rows[i], name))
			return true;
	return false;
}

static bool in_vendor(const char *path)
{
	for (const struct unit_folder *f = unit_folders; f->path; f++)
		if (f->vendor && !strncmp(path, f->path, strlen(f->path)))
			return true;
	return false;
}

/* Of the unit's own name and laid over the package: nobody's but whoever changed it. */
static bool is_foreign(const struct provider_unit *of, const char *path, const char *name)
{
	return strstr(path, of->name) && !is_own(of, name) && !in_vendor(path);
}

static void drop_glob(glob_t *g)
{
	globfree(g);
}

/*
 * lazaretd is not root: what it cannot read it cannot tell from what decides.  Nothing in a drop-in
 * is a secret, for anybody can ask systemd for it (systemd.exec(5), Environment=).
 */
static void let_see(int root, const char *path, const struct stat *st, mode_t bits)
{
	if (!S_ISLNK(st->st_mode) && (st->st_mode & bits) != bits)
		(void)!fchmodat(root, path, (st->st_mode | bits) & 07777, 0);
}

/* A link to what only root may read: its folder is not ours to open. */
static bool is_hidden(int root, const char *path)
{
	struct stat st;

	return fstatat(root, path, &st, 0) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 0004);
}

static int on_drop_in(void *ctx, int root, const char *path, const char *name)
{
	struct clearing *c = ctx;
	_free_ char *text = NULL;
	char sets[32];
	struct stat st;
	size_t len;
	int r;

	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode)))
		return 0;
	if (!*name || (c->all && is_foreign(c->of, path, name)))
		return set_aside(c, path);
	if (is_own(c->of, name) || is_foreign(c->of, path, name))
		let_see(root, path, &st, 0044);
	r = io_read(root, path, INI_FILE_MAX, &text, &len);
	if (r < 0 ? r != -EFBIG
		  : !is_hidden(root, path) &&
			    !drop_in_decides(text, len, is_own(c->of, name), sets))
		return 0;
	return set_aside(c, path);
}

/* What systemd, too, can neither change nor take away (chattr(1)), and looks cannot see into. */
static void open_folder(int root, const char *path)
{
	char text[PATH_ROOM];
	struct stat st;

	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
		return;
	snprintf(text, sizeof(text), "/%s", path);
	unlock_file(text);
	let_see(root, path, &st, 0055);
}

static int each_links(int root, const char *folder,
		      int (*each)(void *ctx, int root, const char *path), void *ctx)
{
	_drop_(drop_glob) glob_t found = { 0 };
	char pattern[PATH_ROOM];
	int r = 0;

	snprintf(pattern, sizeof(pattern), "/%s/*.{wants,requires}", folder);
	glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &found);
	for (size_t i = 0; r == 0 && i < found.gl_pathc; i++)
		r = each(ctx, root, found.gl_pathv[i] + 1);
	return r;
}

static int open_links(void *ctx, int root, const char *path)
{
	(void)ctx;
	open_folder(root, path);
	return 0;
}

void overrides_unlock(const struct provider_unit *of)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (const struct unit_folder *f = unit_folders; root >= 0 && f->path; f++) {
		char path[PATH_ROOM];

		if (f->vendor)
			continue;
		open_folder(root, f->path);
		each_links(root, f->path, open_links, NULL);
		snprintf(path, sizeof(path), "%s/%s.d", f->path, of->name);
		open_folder(root, path);
	}
}

static int clear_link(void *ctx, int root, const char *folder)
{
	struct clearing *c = ctx;
	char path[PATH_ROOM];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", folder, c->of->name);
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || unit_link_counts(root, path))
		return 0;
	return set_aside(c, path);
}

/* `systemctl enable` takes them for links that are there, or does not see them. */
static int clear_links(struct clearing *c, int root)
{
	int r = 0;

	for (const struct unit_folder *f = unit_folders; r == 0 && f->path; f++)
		if (!f->vendor)
			r = each_links(root, f->path, clear_link, c);
	return r;
}

static bool is_laid_over(const struct unit *u)
{
	return u->load == UNIT_OVERRIDDEN || (u->load == UNIT_MASKED && !in_vendor(u->fragment));
}

int overrides_set_aside(const struct provider_unit *of, struct asides *all, struct report *report,
			struct fault *fault)
{
	struct clearing c = { .of = of, .all = all, .report = report, .fault = fault };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct unit unit;
	int r = 0;

	unit_look(root, of, &unit);
	while (r == 0 && is_laid_over(&unit)) {
		r = set_aside(&c, unit.fragment);
		unit_look(root, of, &unit);
	}
	if (r == 0)
		r = unit_each_drop_in(root, of->name, on_drop_in, &c);
	if (r == 0)
		r = clear_links(&c, root);
	return r < 0 ? r : c.n;
}
