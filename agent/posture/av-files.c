// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/loose.h"
#include "agent/posture/settings.h"
#include "agent/posture/whole.h"

#define BLANKS " \t\n:" /* between its names */

/* Of the demanded parts those whose settings lie in that file, a bit each. */
static unsigned parts_in(const struct antivirus *a, const char *file)
{
	const struct provider *p = a->provider;
	unsigned parts = 0;

	for (size_t i = 0; i < p->n_settings; i++)
		if (!strcmp(p->settings[i].file, file) && antivirus_demands(a, p->settings[i].of))
			parts |= 1u << p->settings[i].of;
	return parts;
}

/* What is not demanded must not hide, by coming first, what is. */
static bool is_broken(const struct antivirus *a, const char *file, const char *text, size_t len,
		      struct broken *ret)
{
	unsigned demanded = 0;

	for (enum part p = PART_DAEMON; p < PART_COUNT; p++)
		demanded |= antivirus_demands(a, p) ? 1u << p : 0;
	return settings_judge(a->provider, file, demanded, text, len, ret) ||
	       settings_judge(a->provider, file, SETTINGS_ALL, text, len, ret);
}

/*
 * An updater's may have a proxy's password in it, and be its own; how the updater fares shows by
 * what it brings.  What the daemon's says, nothing else shows.
 */
static void tell_closed(struct antivirus *a, const char *file, const char *probe)
{
	struct stat st;
	bool sees = fstatat(a->host->root, file + 1, &st, 0) == 0;
	size_t folder = (size_t)(strrchr(file, '/') - file);
	char todo[160];

	snprintf(todo, sizeof(todo), "let lazaretd %s: setfacl -m g:lazaret:%s %.*s",
		 sees ? "read it" : "into its folder", sees ? "r" : "x",
		 (int)(sees ? strlen(file) : folder), file);
	antivirus_tell(a, parts_in(a, file) & ~(1u << PART_UPDATER), probe, GRADE_UNKNOWN, todo,
		       "lazaretd may not read %s", file);
}

/* Of a FIFO or a device a program reads something else each time. */
static int read_settings(int root, const char *file, char **ret, size_t *len)
{
	struct stat st;

	if (fstatat(root, file + 1, &st, 0) == 0 && !S_ISREG(st.st_mode))
		return -EBADF;
	return io_read(root, file + 1, SETTINGS_FILE_MAX, ret, len);
}

static void tell_broken(struct antivirus *a, const char *file, const struct broken *b)
{
	static const char todo[] = "put it right and restart what reads it, or put what it says "
				   "into the policy";
	const unsigned parts = b->setting ? 1u << b->setting->of : parts_in(a, file);
	bool demanded = b->setting ? antivirus_demands(a, b->setting->of) : parts;

	antivirus_misled(a, parts, file);
	antivirus_tell(a, demanded, strrchr(file, '/') + 1, GRADE_FAIL, todo, "%s, line %u: %s",
		       file, b->line, b->why);
}

static void probe_file(struct antivirus *a, const char *file)
{
	bool demanded = parts_in(a, file);
	const char *probe = strrchr(file, '/') + 1;
	_free_ char *text = NULL;
	struct broken b;
	size_t len;
	int r = read_settings(a->host->root, file, &text, &len);

	if (r == -ENOENT || r == -EBADF)
		antivirus_tell(a, demanded, probe, GRADE_FAIL, "install it anew",
			       r == -ENOENT ? "%s is gone" : "%s is no regular file", file);
	else if (r == -EACCES)
		tell_closed(a, file, probe);
	else if (r < 0)
		antivirus_tell(a, demanded, probe, GRADE_UNKNOWN, "see ls -l on it",
			       "%s cannot be read: %s", file, strerror(-r));
	else if (is_broken(a, file, text, len, &b))
		tell_broken(a, file, &b);
	else
		antivirus_tell(a, demanded, probe, GRADE_PASS, NULL,
			       "%s says nothing that is not allowed", file);
}

void probe_settings(struct antivirus *a)
{
	const struct provider *p = a->provider;

	for (size_t i = 0; a->installed && i < p->n_settings; i++)
		if (provider_file(p, i))
			probe_file(a, p->settings[i].file);
}

static bool is_locked(const struct antivirus *a, const char *path)
{
	_close_ int fd = openat(a->host->root, path + 1,
				O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int flags;

	return fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0 &&
	       flags & (FS_IMMUTABLE_FL | FS_APPEND_FL);
}

/* chattr +i hurts nobody until a repair or an update meets it; remedies take it away. */
static void probe_locks(struct antivirus *a)
{
	const struct provider *p = a->provider;
	const char *path = NULL;

	for (size_t i = 0; !path && i < p->n_units; i++)
		if (*p->units[i].program && is_locked(a, p->units[i].program))
			path = p->units[i].program;
	for (size_t i = 0; !path && i < p->n_settings; i++)
		if (provider_file(p, i) && is_locked(a, p->settings[i].file))
			path = p->settings[i].file;
	for (size_t i = 0; !path && i < p->signatures.files.n; i++)
		if (is_locked(a, p->signatures.files.rows[i]))
			path = p->signatures.files.rows[i];
	if (path)
		antivirus_tell(a, false, "locks", GRADE_FAIL, NULL,
			       "%s cannot be replaced: chattr +i", path);
}

static void tell_loose(struct antivirus *a, enum loose kind, const char *folder, const char *name)
{
	switch (kind) {
	case LOOSE_NOT:
	case LOOSE_KINDS: return;
	/* They may be an administrator's: told, for nothing else says so. */
	case LOOSE_PARDONS:
		antivirus_tell(a, false, "passed over", GRADE_FAIL, NULL,
			       "what %s/%.80s names is not found", folder, name);
		return;
	case LOOSE_RETYPES:
		antivirus_tell(a, false, "passed over", GRADE_FAIL, NULL,
			       "what %s/%.80s names is taken for mail", folder, name);
		return;
	case LOOSE_CLOSED:
		antivirus_tell(a, true, "kinds", GRADE_UNKNOWN,
			       "let lazaretd read it: setfacl -m g:lazaret:r",
			       "lazaretd may not read %s/%.80s", folder, name);
		return;
	case LOOSE_BLINDS:
		antivirus_misled(a, 1u << PART_DAEMON, folder);
		antivirus_tell(a, true, "kinds", GRADE_FAIL, "remove it, and start its unit anew",
			       "%s/%.80s keeps kinds of files from being scanned", folder, name);
	}
}

/* Of each kind one is told. */
static void probe_loose(struct antivirus *a)
{
	char folder[PROVIDER_TEXT_MAX], first[LOOSE_KINDS][NAME_MAX + 1] = { 0 };
	_dir_ DIR *dir = NULL;
	const struct dirent *e;

	if (!a->installed || !loose_folder(a->provider, folder))
		return;
	dir = io_open_dir(a->host->root, folder + 1, 0);
	while (dir && (e = readdir(dir)))
		snprintf(first[loose_judge(dirfd(dir), e->d_name)], NAME_MAX + 1, "%s", e->d_name);
	if (dir && !*first[LOOSE_CLOSED] && !*first[LOOSE_BLINDS])
		antivirus_tell(a, true, "kinds", GRADE_PASS, NULL,
			       "nothing in %s keeps kinds of files from being scanned", folder);
	for (enum loose kind = LOOSE_NOT; kind < LOOSE_KINDS; kind++)
		if (*first[kind])
			tell_loose(a, kind, folder, first[kind]);
}

/* What ld.so(8) loads into each program before its own libraries. */
static void probe_preload(struct antivirus *a)
{
	static const char file[] = "/etc/ld.so.preload";
	_free_ char *text = NULL;
	const char *first;
	size_t len;
	int r = io_read(a->host->root, file + 1, SETTINGS_FILE_MAX, &text, &len);

	if (r == -ENOENT)
		return;
	if (r < 0) {
		antivirus_tell(a, false, "preload", GRADE_UNKNOWN, NULL, "%s cannot be read: %s",
			       file, strerror(-r));
		return;
	}
	first = text + strspn(text, BLANKS);
	if (*first)
		antivirus_tell(a, false, "preload", GRADE_FAIL, NULL, "all programs load %.*s: %s",
			       (int)strcspn(first, BLANKS), first, file);
}

static void probe_package(struct antivirus *a, const char *package, size_t *budget)
{
	char wrong[120];
	int r = whole_look(a->host->root, package, a->host->remembered, budget, wrong);

	if (r == -EUCLEAN)
		antivirus_misled(a, SETTINGS_ALL, package);

	if (r == -EUCLEAN)
		antivirus_tell(a, true, package, GRADE_FAIL, "install it anew", "%s: %s", package,
			       wrong);
	else if (r == 0)
		antivirus_tell(a, true, package, GRADE_PASS, NULL, "%s is as it was packaged",
			       package);
	else if (r == -EXDEV)
		antivirus_tell(a, false, package, GRADE_UNKNOWN, NULL,
			       "of %s some files lie where lazaretd may not look", package);
	else if (r == -EAGAIN || r == -ENOENT)
		antivirus_tell(
			a, false, package, GRADE_UNKNOWN, NULL,
			r == -EAGAIN
				? "%s has not been compared in whole yet"
				: "%s cannot be compared: no package of that name is installed",
			package);
	else if (r == -EBADMSG)
		antivirus_tell(a, true, package, GRADE_UNKNOWN, "install it anew",
			       "%s cannot be compared: its hashes are gone or damaged", package);
	else
		antivirus_tell(a, true, package, GRADE_UNKNOWN,
			       "let everybody read it, or name no packages in the provider",
			       "%s cannot be compared: %s", package, wrong);
}

void probe_packages(struct antivirus *a)
{
	const struct provider *p = a->provider;
	size_t budget = WHOLE_PER_LOOK;
	struct texts libraries = { 0 };

	for (size_t i = 0; a->installed && i < p->packages.n; i++)
		probe_package(a, p->packages.rows[i], &budget);
	if (a->installed)
		whole_libraries(a->host->root, p, a->host->remembered, &libraries);
	for (size_t i = 0; i < libraries.n; i++)
		probe_package(a, libraries.rows[i], &budget);
	probe_locks(a);
	probe_loose(a);
	if (a->installed)
		probe_preload(a);
}
