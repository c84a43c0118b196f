// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
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

/* Whether a link leads to the packages' own file of that name; another's is another unit. */
static bool is_own_link(const char *to, const char *name)
{
	const char *folder = strstr(to, "lib/systemd/system/");

	return folder && !strstr(to, "/local/") &&
	       !strcmp(folder + strlen("lib/systemd/system/"), name);
}

/* A unit file that is there: a link to the packages' own one is that one. */
static enum unit_load load_of(int root, const char *path, const char *name, bool vendor)
{
	char to[UNIT_PATH_MAX];
	ssize_t n = readlinkat(root, path, to, sizeof(to) - 1);
	struct stat st;

	if (n >= 0) {
		to[n] = '\0';
		if (!strcmp(to, "/dev/null"))
			return UNIT_MASKED;
		return vendor || is_own_link(to, name) ? UNIT_PLAIN : UNIT_OVERRIDDEN;
	}
	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return UNIT_ABSENT;
	if (S_ISREG(st.st_mode) && st.st_size == 0)
		return UNIT_MASKED;
	return vendor ? UNIT_PLAIN : UNIT_OVERRIDDEN;
}

static void find_fragment(int root, const char *name, struct unit *u)
{
	for (const struct unit_folder *f = unit_folders; f->path; f++) {
		char path[UNIT_PATH_MAX];
		enum unit_load load;

		snprintf(path, sizeof(path), "%s/%s", f->path, name);
		load = load_of(root, path, name, f->vendor);
		if (load == UNIT_ABSENT)
			continue;
		if (u->load == UNIT_ABSENT) {
			u->load = load;
			memcpy(u->fragment, path, sizeof(path));
		} else if (f->vendor) {
			return; /* what was found outranks it */
		}
	}
	/* Some products bring their unit to /etc: nothing is overridden then. */
	if (u->load == UNIT_OVERRIDDEN)
		u->load = UNIT_PLAIN;
}

static bool is_linked(int root, const char *folder, const char *name)
{
	_dir_ DIR *dir = io_open_dir(root, folder, 0);
	struct dirent *e;

	while (dir && (e = readdir(dir))) {
		char link[UNIT_PATH_MAX + 256];
		struct stat st;

		if (!ends_with(e->d_name, ".wants") && !ends_with(e->d_name, ".requires"))
			continue;
		snprintf(link, sizeof(link), "%s/%s", e->d_name, name);
		if (fstatat(dirfd(dir), link, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return true;
	}
	return false;
}

static bool is_enabled(int root, const char *name, const char *fragment)
{
	static const char *const folders[] = { "etc/systemd/system", "usr/lib/systemd/system",
					       "lib/systemd/system" };
	_free_ char *text = NULL;
	size_t len;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++)
		if (is_linked(root, folders[i], name))
			return true;
	return io_read(root, fragment, INI_FILE_MAX, &text, &len) == 0 &&
	       !strstr(text, "[Install]");
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

int unit_each_drop_in(int root, const char *unit,
		      int (*each)(void *ctx, int root, const char *path, const char *name),
		      void *ctx)
{
	const char *type = strrchr(unit, '.');
	char base[PROVIDER_TEXT_MAX + 16], *dash;
	int r = 0;

	if (!type || strlen(unit) >= PROVIDER_TEXT_MAX)
		return -EINVAL;
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

#define UNREADABLE "what cannot be read"

struct decides {
	bool own, yes;
	char *sets;
};

/*
 * Beginnings of keys; what only describes, orders or restarts is not among them, nor what shows
 * by the daemon's not coming up.
 */
static const char *const decisive[] = {
	"Condition",
	"Assert",
	"Exec",
	"Type",
	"RefuseManualStart",
	"Conflicts",
	"BindsTo",
	"CPU",
	"StartupCPU",
	"StartupIO",
	"AllowedCPUs",
	"CapabilityBoundingSet",
	"Memory",
	"TasksMax",
	"IO",
	"Limit",
	"RuntimeMaxSec",
	"RootDirectory",
	"RootImage",
	"Inaccessible",
	"TemporaryFileSystem",
	"ProtectHome",
	"SystemCall",
	"User",
	"Group",
	"DynamicUser",
	"Listen",
	"Sockets",
	"Nice",
	"JoinsNamespaceOf",
	"StartLimit",
	"JobTimeout",
};

/* The same, but empty or "no" they narrow nothing: so container managers write them. */
static const char *const narrowing[] = {
	"AppArmorProfile",     "BPFProgram",
	"BindPaths",	       "BindReadOnlyPaths",
	"EnvironmentFile",     "ExtensionDirectories",
	"ExtensionImages",     "IPAddressDeny",
	"IPEgressFilterPath",  "IPIngressFilterPath",
	"MountImages",	       "NetworkNamespacePath",
	"NoExecPaths",	       "PrivateNetwork",
	"PrivateUsers",	       "ReadOnly",
	"RestrictFileSystems", "RestrictNetworkInterfaces",
	"SELinuxContext",      "SmackProcessLabel",
};
static const char *const around[] = { "ExecStartPre", "ExecStartPost", "ExecReload",
				      "ExecStopPost" };

static bool begins_one(const char *key, const char *const *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strncmp(key, list[i], strlen(list[i])))
			return true;
	return false;
}

static bool says_no(const char *value)
{
	static const char *const no[] = { "", "0", "no", "false", "off", "n", "f" };

	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (!strcasecmp(value, no[i]))
			return true;
	return false;
}

/* The loader's own variables (ld.so(8)); a proxy's address is nobody's business. */
static bool loads_other_code(const char *value)
{
	return strstr(value, "LD_") || strstr(value, "GLIBC_TUNABLES");
}

static bool is_decisive(const char *key, const char *value)
{
	if (!strcmp(key, "Environment"))
		return loads_other_code(value);
	if (!strcmp(key, "Slice")) /* others may have limits of their own */
		return strcmp(value, "system.slice") && strcmp(value, "lazaret.slice");
	if (!strcmp(key, "ProtectSystem"))
		return !strcmp(value, "strict");
	if (begins_one(key, narrowing, sizeof(narrowing) / sizeof(*narrowing)))
		return !says_no(value);
	return begins_one(key, decisive, sizeof(decisive) / sizeof(*decisive));
}

static int on_line(void *ctx, const struct ini_line *l, struct fault *fault)
{
	struct decides *d = ctx;

	(void)fault;
	for (size_t i = 0; d->own && i < sizeof(around) / sizeof(*around); i++)
		if (!strcmp(l->key, around[i]))
			return 0;
	if (!d->yes && is_decisive(l->key, l->value)) {
		d->yes = true;
		snprintf(d->sets, 32, "%s", l->key);
	}
	return 0;
}

bool drop_in_decides(char *text, size_t len, bool own, char sets[32])
{
	struct decides d = { .own = own, .sets = sets };

	for (char *at = text; (at = memchr(at, '\r', len - (size_t)(at - text)));)
		*at = '\n'; /* a line's end to systemd as well */
	if (ini_parse(INI_SYSTEMD, text, len, on_line, &d, NULL) < 0 && !d.yes) {
		d.yes = true;
		snprintf(sets, 32, UNREADABLE);
	}
	return d.yes;
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
	int r = io_read(root, path, INI_FILE_MAX, &text, &len);

	for (size_t i = 0; i < s->of->drop_ins.n; i++)
		own |= !strcmp(s->of->drop_ins.rows[i], name);
	if (r < 0 ? has_no_effect(r) : !drop_in_decides(text, len, own, s->unit->sets))
		return 0;
	if (r < 0) /* root's systemd reads what this user may not, and what is larger */
		snprintf(s->unit->sets, sizeof(s->unit->sets), UNREADABLE);
	snprintf(s->unit->drop_in, sizeof(s->unit->drop_in), "%s", path);
	return 1;
}

void unit_look(int root, const struct provider_unit *of, struct unit *ret)
{
	struct unit u = { .load = UNIT_ABSENT };
	struct search s = { of, &u };

	find_fragment(root, of->name, &u);
	if (u.load != UNIT_ABSENT) {
		u.enabled = is_enabled(root, of->name, u.fragment);
		unit_each_drop_in(root, of->name, on_drop_in, &s);
	}
	*ret = u;
}
