// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/ini.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"

const struct unit_folder unit_folders[] = {
	{ "etc/systemd/system.control", false }, { "run/systemd/system.control", false },
	{ "run/systemd/transient", false },	 { "run/systemd/generator.early", false },
	{ "etc/systemd/system", false },	 { "etc/systemd/system.attached", false },
	{ "run/systemd/system", false },	 { "run/systemd/system.attached", false },
	{ "run/systemd/generator", false },	 { "usr/local/lib/systemd/system", false },
	{ "usr/lib/systemd/system", true },	 { "lib/systemd/system", true },
	{ "run/systemd/generator.late", true },	 { NULL, false },
};

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n > m && !strcmp(text + n - m, end);
}

/* "clamd@.service" for "clamd@scan.service"; false: it is nobody's instance. */
static bool template_of(const char *name, char ret[PROVIDER_TEXT_MAX])
{
	const char *at = strchr(name, '@'), *type = strrchr(name, '.');

	if (!at || !type || type < at || strlen(name) >= PROVIDER_TEXT_MAX)
		return false;
	snprintf(ret, PROVIDER_TEXT_MAX, "%.*s%s", (int)(at + 1 - name), name, type);
	return true;
}

/* The unit's own name, and its template's when it has one, which counts after it. */
static void names_of(const char *name, struct texts *ret)
{
	ret->n = 1;
	snprintf(ret->rows[0], PROVIDER_TEXT_MAX, "%s", name);
	ret->n += template_of(name, ret->rows[1]);
}

static bool has_name(const struct texts *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (!strcmp(names->rows[i], name))
			return true;
	return false;
}

static bool is_same(int root, const char *one, const char *other)
{
	struct stat a, b;

	return fstatat(root, one, &a, 0) == 0 && fstatat(root, other, &b, 0) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Whether a link leads to the packages' own file of such a name; another's is another unit. */
static bool is_own_link(int root, const char *path, const char *to, const struct texts *names)
{
	static const char *const homes[] = { "usr/lib/systemd/system", "lib/systemd/system" };

	for (size_t i = 0; i < COUNT(homes); i++)
		for (size_t k = 0; k < names->n; k++) {
			char own[UNIT_PATH_MAX];

			snprintf(own, sizeof(own), "%s/%s", homes[i], names->rows[k]);
			if (*to == '/' ? !strcmp(to + 1, own) : is_same(root, path, own))
				return true;
		}
	return false;
}

/* A unit file that is there: a link to the packages' own one is that one. */
static enum unit_load load_of(int root, const char *path, const struct texts *names, bool vendor)
{
	char to[UNIT_PATH_MAX];
	ssize_t n = readlinkat(root, path, to, sizeof(to) - 1);
	struct stat st;

	if (n >= 0) {
		to[n] = '\0';
		if (!strcmp(to, "/dev/null"))
			return UNIT_MASKED;
		return vendor || is_own_link(root, path, to, names) ? UNIT_PLAIN : UNIT_OVERRIDDEN;
	}
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return UNIT_ABSENT;
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return UNIT_MASKED;
	return vendor ? UNIT_PLAIN : UNIT_OVERRIDDEN;
}

/* Whether the search is over: what was found outranks a package's. */
static bool find_in(int root, const struct unit_folder *f, const char *name,
		    const struct texts *names, struct unit *u)
{
	char path[UNIT_PATH_MAX];
	enum unit_load load;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	load = load_of(root, path, names, f->vendor);
	if (load == UNIT_ABSENT)
		return false;
	if (u->load != UNIT_ABSENT)
		return f->vendor;
	u->load = load;
	memcpy(u->fragment, path, sizeof(path));
	return false;
}

static void find_fragment(int root, const char *name, struct unit *u)
{
	struct texts names;

	names_of(name, &names);
	for (size_t i = 0; i < names.n; i++)
		for (const struct unit_folder *f = unit_folders; f->path; f++)
			if (find_in(root, f, names.rows[i], &names, u))
				return;
	/* Some products bring their unit to /etc: nothing is overridden then. */
	if (u->load == UNIT_OVERRIDDEN)
		u->load = UNIT_PLAIN;
}

static int each_in(int root, const char *folder, const char *base,
		   int (*each)(void *ctx, int root, const char *path, const char *name), void *ctx)
{
	char at[UNIT_PATH_MAX];
	_dir_ DIR *dir = NULL;
	struct dirent *e;
	int r = 0;

	snprintf(at, sizeof(at), "%s/%s.d", folder, base);
	dir = io_open_dir(root, at, 0);
	if (!dir && errno == EACCES) /* what is in it counts all the same */
		return each(ctx, root, at, "");
	while (r == 0 && dir && (e = readdir(dir))) {
		char path[UNIT_PATH_MAX + 256];

		if (!ends_with(e->d_name, ".conf"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", at, e->d_name);
		r = each(ctx, root, path, e->d_name);
	}
	return r;
}

static int each_of_name(int root, const char *unit,
			int (*each)(void *ctx, int root, const char *path, const char *name),
			void *ctx)
{
	const char *type = strrchr(unit, '.');
	char base[PROVIDER_TEXT_MAX + 16], *dash;
	int r = 0;

	/* foo-bar.service, foo-.service, service */
	snprintf(base, sizeof(base), "%s", unit);
	while (r == 0) {
		for (const struct unit_folder *f = unit_folders; r == 0 && f->path; f++)
			r = each_in(root, f->path, base, each, ctx);
		if (!strchr(base, '.'))
			break;
		*strrchr(base, '.') = '\0';
		if (*base && base[strlen(base) - 1] == '-')
			base[strlen(base) - 1] = '\0';
		dash = strrchr(base, '-');
		snprintf(dash ? dash + 1 : base,
			 sizeof(base) - (size_t)(dash ? dash + 1 - base : 0), "%s",
			 dash ? type : type + 1);
	}
	return r;
}

/* Whether an entry of a folder is a link to a unit of one of these names. */
static bool is_alias(int dir, const struct dirent *e, const struct texts *names)
{
	char to[PATH_MAX];
	const char *base;
	ssize_t n = e->d_type == DT_LNK || e->d_type == DT_UNKNOWN
			    ? readlinkat(dir, e->d_name, to, sizeof(to) - 1)
			    : -1;

	if (n < 0)
		return false;
	to[n] = '\0';
	base = strrchr(to, '/');
	return has_name(names, base ? base + 1 : to) && !has_name(names, e->d_name);
}

struct drop_ins {
	int (*each)(void *ctx, int root, const char *path, const char *name);
	void *ctx;
	struct texts names;
};

/* Adds what leads to one of the names already there, links of links, too. */
static int add_aliases(int root, const char *folder, const char *type, struct drop_ins *d)
{
	_dir_ DIR *dir = io_open_dir(root, folder, 0);
	struct dirent *e;
	int r = 0;

	while (r == 0 && dir && (e = readdir(dir))) {
		size_t len = strlen(e->d_name);
		char path[UNIT_PATH_MAX + 256];

		if (!ends_with(e->d_name, type) || !is_alias(dirfd(dir), e, &d->names))
			continue;
		if (d->names.n < PROVIDER_ROWS && len < PROVIDER_TEXT_MAX) {
			memcpy(d->names.rows[d->names.n++], e->d_name, len + 1);
			continue;
		}
		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		r = d->each(d->ctx, root, path, "");
	}
	return r;
}

static int find_names(int root, const char *type, struct drop_ins *d)
{
	size_t before = 0;
	int r = 0;

	while (r == 0 && before < d->names.n) {
		before = d->names.n;
		for (const struct unit_folder *f = unit_folders; r == 0 && f->path; f++)
			r = add_aliases(root, f->path, type, d);
	}
	return r;
}

int unit_each_drop_in(int root, const char *unit,
		      int (*each)(void *ctx, int root, const char *path, const char *name),
		      void *ctx)
{
	struct drop_ins d = { .each = each, .ctx = ctx, .names.n = 1 };
	const char *type = strrchr(unit, '.');
	char template[PROVIDER_TEXT_MAX];
	int r;

	if (!type || strlen(unit) >= PROVIDER_TEXT_MAX)
		return -EINVAL;
	snprintf(d.names.rows[0], PROVIDER_TEXT_MAX, "%s", unit);
	r = find_names(root, type, &d);
	for (size_t i = 0; r == 0 && i < d.names.n; i++)
		r = each_of_name(root, d.names.rows[i], each, ctx);
	if (r == 0 && template_of(unit, template))
		r = each_of_name(root, template, each, ctx);
	return r;
}

struct search {
	const struct provider_unit *of;
	struct unit *unit;
};

/* What systemd cannot read either; a link to /dev/null is how one masks a drop-in. */
static bool has_no_effect(int err)
{
	return err == -ENOENT || err == -ENOTDIR || err == -ELOOP || err == -EISDIR;
}

static int on_drop_in(void *ctx, int root, const char *path, const char *name)
{
	struct search *s = ctx;
	_free_ char *text = NULL;
	bool own = false;
	size_t len;
	int r = *name ? io_read(root, path, INI_FILE_MAX, &text, &len) : -EACCES;

	for (size_t i = 0; i < s->of->drop_ins.n; i++)
		own |= !strcmp(s->of->drop_ins.rows[i], name);
	if (r < 0 ? has_no_effect(r) : !drop_in_decides(text, len, own, s->unit->sets))
		return 0;
	if (r < 0) /* root's systemd reads what this user may not, and what is larger */
		snprintf(s->unit->sets, sizeof(s->unit->sets), "%s",
			 *name || ends_with(path, ".d") ? UNREADABLE : "one name too many");
	snprintf(s->unit->drop_in, sizeof(s->unit->drop_in), "%s", path);
	return 1;
}

void unit_look(int root, const struct provider_unit *of, struct unit *ret)
{
	struct unit u = { .load = UNIT_ABSENT };
	struct search s = { of, &u };

	find_fragment(root, of->name, &u);
	if (u.load != UNIT_ABSENT) {
		u.enabled = unit_is_enabled(root, of->name, u.fragment);
		unit_each_drop_in(root, of->name, on_drop_in, &s);
	}
	*ret = u;
}
