// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/list.h"
#include "agent/remedy/apt.h"

#define LOCKS_LIMIT_MS (5 * 60 * 1000) /* unattended-upgrades may be in the middle of its work */
#define LOCKS_PAUSE_MS 250
#define LOCKS_TRIES    3

#define CONFIGURE_LIMIT 900 /* seconds */
#define UPDATE_LIMIT	300
#define AGAIN_LIMIT	900

#define ARGS_MAX   48
#define AGAIN_MAX  64 /* dpkg unpacks one after the other */
#define STATUS_MAX (64 * 1024 * 1024)

#define ARCHIVES    "/var/cache/apt/archives"
#define ROOM_WANTED (256ull * 1024 * 1024)

#define LISTS "/var/lib/apt/lists"

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(apt, apt_free)

static const char *const locks[] = {
	"/var/lib/dpkg/lock-frontend",
	"/var/lib/dpkg/lock",
	LISTS "/lock",
};

/* The process that holds the lock, or 0. */
static pid_t holder(const char *path)
{
	_close_ int fd = open(path, O_RDWR | O_CLOEXEC);
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	if (fd < 0 || fcntl(fd, F_GETLK, &l) < 0 || l.l_type == F_UNLCK)
		return 0;
	return l.l_pid;
}

static pid_t first_holder(const char **path)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(*locks); i++) {
		pid_t pid = holder(locks[i]);

		*path = locks[i];
		if (pid)
			return pid;
	}
	return 0;
}

int apt_await_locks(struct report *report, struct fault *fault)
{
	const uint64_t limit = step_left(report, LOCKS_LIMIT_MS), end = io_awake_ms() + limit;
	const char *path;
	char text[120];
	pid_t pid = first_holder(&path);

	if (!pid)
		return 0;
	snprintf(text, sizeof(text), "waiting for process %d, which holds %s", (int)pid, path);
	report_line(report, "+ ", text);
	while (io_awake_ms() < end) {
		step_sleep(LOCKS_PAUSE_MS);
		pid = first_holder(&path);
		if (!pid)
			return 0;
	}
	return fault_set(fault, -ETIMEDOUT,
			 "process %d still holds %s after %u s: see what it does", (int)pid, path,
			 (unsigned)(limit / 1000));
}

/* Another one may take the lock between our look and our program: that is no failure of ours. */
static int run_locked(const char *const *argv, unsigned limit_s, struct report *report,
		      struct fault *fault)
{
	const char *path;
	int r = 0;

	for (int tries = 0; tries < LOCKS_TRIES; tries++) {
		struct fault own = { 0 };

		r = apt_await_locks(report, fault);
		if (r < 0)
			return r;
		r = step_exec(argv, limit_s, report, &own);
		if (r == 0)
			return 0;
		if (tries + 1 == LOCKS_TRIES || !first_holder(&path))
			return fault_set(fault, r, "%s", own.why);
		report_line(report, "  (again) ", own.why);
	}
	return r;
}

int apt_is_there(struct report *report, struct fault *fault)
{
	(void)report;
	return access("/usr/bin/apt-get", X_OK) == 0
		       ? 0
		       : fault_set(fault, -ENOENT,
				   "this host has no apt-get, and no other package manager is "
				   "called: install what is missing by hand");
}

int apt_configure(struct report *report, struct fault *fault)
{
	return run_locked(STEP_ARGV("/usr/bin/dpkg", "--force-confdef", "--force-confold",
				    "--configure", "-a"),
			  CONFIGURE_LIMIT, report, fault);
}

int apt_update(struct report *report, struct fault *fault)
{
	/* By itself apt-get is content when a server that it knows cannot be reached. */
	return run_locked(STEP_ARGV("/usr/bin/apt-get", "-q", APT_OPTIONS, "-o",
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
	return run_locked(argv, AGAIN_LIMIT, report, fault);
}

int apt_make_room(struct report *report, struct fault *fault)
{
	struct statvfs fs;

	if (statvfs(ARCHIVES, &fs) < 0 || (uint64_t)fs.f_bavail * fs.f_frsize >= ROOM_WANTED)
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

int apt_drop_damaged(struct report *report, struct fault *fault)
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
