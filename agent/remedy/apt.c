// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/list.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/holds.h"
#include "agent/remedy/package-locks.h"

#define CONFIGURE_LIMIT 900 /* seconds */
#define UPDATE_LIMIT	300
#define AGAIN_LIMIT	900

#define ARGS_MAX   48
#define AGAIN_MAX  64 /* dpkg unpacks one after the other */
#define STATUS_MAX (64 * 1024 * 1024)

#define ARCHIVES "/var/cache/apt/archives"
#define LISTS	 "/var/lib/apt/lists"

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(apt, apt_free)

static int unlock(void *ctx, const struct package *p, bool half)
{
	char name[160], arch[40];

	if (!half)
		return 0;
	snprintf(name, sizeof(name), "%.*s", (int)p->name.len, p->name.p);
	snprintf(arch, sizeof(arch), "%.*s", (int)p->arch.len, p->arch.p);
	packager_unlock(&packager_apt, name, arch, ctx);
	return 0;
}

/* A package stays half done whose configuration file cannot be replaced. */
static void unlock_half_done(struct report *report)
{
	_close_ int status = open("/" DPKG_STATUS, O_RDONLY | O_CLOEXEC);

	if (status >= 0)
		dpkg_walk(status, unlock, report, NULL);
}

static int configure(struct report *report, struct fault *fault)
{
	int r = package_locks_await(report, fault);

	if (r < 0)
		return r;
	unlock_half_done(report);
	return packager_run(STEP_ARGV("/usr/bin/dpkg", "--force-confdef", "--force-confold",
				      "--configure", "-a"),
			    CONFIGURE_LIMIT, report, fault);
}

static int update(struct report *report, struct fault *fault)
{
	/* By itself apt-get is content when a server that it knows cannot be reached. */
	return packager_run(STEP_ARGV("/usr/bin/apt-get", "-q", APT_OPTIONS, "-o",
				      "APT::Update::Error-Mode=any", "update"),
			    UPDATE_LIMIT, report, fault);
}

/* The names in a status file of what wants to be unpacked again; they are cut out of its text. */
static size_t cut_off(char *status, const char **names, size_t room)
{
	char *rest, *line, *name = NULL;
	size_t n = 0;

	for (line = strtok_r(status, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!strncmp(line, "Package: ", 9))
			name = line + 9;
		/* No name begins with a hyphen (deb-control(5)). */
		else if (name && n < room && isalnum((unsigned char)*name) &&
			 !strncmp(line, "Status: ", 8) && strstr(line, " reinstreq "))
			names[n++] = name;
	}
	return n;
}

int apt_unpack_again(const char *const *options, struct report *report, struct fault *fault)
{
	const char *const *fixed = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS);
	const char *argv[ARGS_MAX + AGAIN_MAX + 1] = { NULL };
	_free_ char *status = NULL;
	size_t n = 0, n_names, len;
	int r = io_read(AT_FDCWD, "/" DPKG_STATUS, STATUS_MAX, &status, &len);

	if (r < 0)
		return fault_set(fault, r, "/" DPKG_STATUS ": %s", strerror(-r));
	while (*fixed)
		argv[n++] = *fixed++;
	while (*options && n < ARGS_MAX - 2)
		argv[n++] = *options++;
	argv[n++] = "--reinstall";
	argv[n++] = "install";
	n_names = cut_off(status, argv + n, AGAIN_MAX);
	if (!n_names)
		return 0;
	report_line(report, "+ unpacking again: ", argv[n]);
	return packager_run(argv, AGAIN_LIMIT, report, fault);
}

static int make_room(struct report *report, struct fault *fault)
{
	if (!packager_lacks_room(ARCHIVES))
		return 0;
	report_line(report, "+ ", "little room is left: removing packages that were downloaded");
	return step_exec(STEP_ARGV("/usr/bin/apt-get", "clean"), CONFIGURE_LIMIT, report, fault);
}

/* Each alone may be whole, and yet be another than its Release file says. */
static bool do_agree(void)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_apt) struct apt *apt = NULL;
	const struct apt_ask ask = { root, APT_LISTS, io_now(), UINT64_MAX, .all = true };

	return inventory_read(root, &inv, NULL) < 0 || apt_read(&ask, inv, &apt, NULL) != -EBADMSG;
}

static int drop_damaged(struct report *report, struct fault *fault)
{
	_dir_ DIR *lists = io_open_dir(AT_FDCWD, LISTS, 0);
	const struct dirent *e;
	bool agree;
	int r = 0;

	if (!lists)
		return errno == ENOENT ? 0
				       : fault_set(fault, -errno, LISTS ": %s", strerror(errno));
	agree = do_agree();
	while (r == 0 && (e = readdir(lists))) {
		if (fnmatch("*_Packages*", e->d_name, 0) ||
		    (agree && list_check(dirfd(lists), e->d_name, NULL) != -EBADMSG))
			continue;
		report_line(report, "  fetching it anew: ", e->d_name);
		if (unlinkat(dirfd(lists), e->d_name, 0) < 0)
			r = fault_set(fault, -errno, LISTS "/%s: %s", e->d_name, strerror(errno));
	}
	return r;
}

static int unpack_again(struct report *report, struct fault *fault)
{
	return apt_unpack_again(STEP_ARGV(NULL), report, fault);
}

const struct step apt_repair[] = {
	{ .call = make_room, .may_fail = true },
	{ .call = holds_lay, .may_fail = true },
	/* What depends on a package that was cut off cannot be configured before that is whole. */
	{ .say = "finishing what dpkg left half done", .call = configure, .may_fail = true },
	{ .call = drop_damaged },
	/*
	 * One source that is gone, or one package whose script always fails, must not keep every
	 * other update away for ever.
	 */
	{ .say = "fetching the package lists", .call = update, .may_fail = true, .owes = true },
	{ .call = unpack_again, .may_fail = true },
	{ .limit_s = 900,
	  .may_fail = true,
	  .argv = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, "--no-remove",
			    "--fix-broken", "install") },
	{ .say = "finishing what is left of that",
	  .call = configure,
	  .may_fail = true,
	  .owes = true },
	{ 0 },
};

const struct step apt_prepare[] = {
	{ .call = package_locks_await },
	{ .call = make_room, .may_fail = true },
	{ .say = "finishing what dpkg left half done", .call = configure, .may_fail = true },
	{ .say = "fetching the package lists", .call = update, .may_fail = true },
	{ 0 },
};
