// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <rpm/rpmlib.h>
#include <rpm/rpmlog.h>
#include <rpm/rpmmacro.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/posture/rpm-database.h"
#include "agent/posture/rpm.h"

/* Of what the library would print the first error is the reason why it fails. */
static int keep_first(rpmlogRec rec, void *data)
{
	char *why = data;

	if (!*why && rpmlogRecPriority(rec) <= RPMLOG_ERR) {
		snprintf(why, RPM_WHY_MAX, "%s", rpmlogRecMessage(rec));
		why[strcspn(why, "\n")] = '\0';
	}
	return 0;
}

/* Where this root has it, which may be of another distribution than the library. */
static const char *folder_of(int root)
{
	return faccessat(root, "usr/lib/sysimage/rpm", F_OK, 0) ? "/var/lib/rpm"
								: "/usr/lib/sysimage/rpm";
}

/*
 * Of one that it cannot open rpm's library keeps three descriptors and 100 KB, each time; so sqlite
 * is asked first, where it is sqlite's.
 */
static int try_sqlite(int root, char why[RPM_WHY_MAX])
{
	char path[96];
	sqlite3 *db = NULL;
	int r = 0;

	snprintf(path, sizeof(path), "/proc/self/fd/%d%s/rpmdb.sqlite", root, folder_of(root));
	if (access(path, F_OK) < 0)
		return 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, "select 1 from Packages limit 1", NULL, NULL, NULL) != SQLITE_OK) {
		snprintf(why, RPM_WHY_MAX, "%s", sqlite3_errmsg(db));
		r = -EIO;
	}
	sqlite3_close(db);
	return r;
}

int rpm_database_open(int root, char why[RPM_WHY_MAX], rpmts *ret)
{
	char path[64];

	*ret = NULL;
	if (try_sqlite(root, why) < 0)
		return -EIO;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", root);
	rpmlogSetCallback(keep_first, why);
	rpmReadConfigFiles(NULL, NULL);
	rpmPushMacro(NULL, "_dbpath", NULL, folder_of(root), RMIL_CMDLINE);
	*ret = rpmtsCreate();
	rpmtsSetVSFlags(*ret, RPMVSF_MASK_NOSIGNATURES | RPMVSF_MASK_NODIGESTS);
	if (rpmtsSetRootDir(*ret, path) || rpmtsOpenDB(*ret, O_RDONLY))
		return -EIO;
	*why = '\0'; /* what did not keep it from being opened */
	return 0;
}

void rpm_database_close(rpmts ts)
{
	rpmtsFree(ts);
	rpmlogSetCallback(NULL, NULL);
	rpmFreeMacros(NULL);
	rpmFreeRpmrc();
}

static bool is_newer(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

int rpm_written(int root, struct stat *ret)
{
	/* What is written goes into sqlite's log first; of the older formats there is one file. */
	static const char *const files[] = { "rpmdb.sqlite", "rpmdb.sqlite-wal", "Packages.db",
					     "Packages" };
	bool any = false;

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		char path[64];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder_of(root) + 1, files[i]);
		if (fstatat(root, path, &st, 0) < 0)
			continue;
		if (!any || is_newer(&st.st_ctim, &ret->st_ctim))
			*ret = st;
		any = true;
	}
	return any ? 0 : -ENOENT;
}
