// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/posture/account.h"
#include "agent/posture/clamd.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/clear.h"
#include "agent/remedy/legible.h"

#define SYSUSERS_LIMIT 30 /* seconds */

/* The folder of its signatures, which is its home and its own; "-": nobody says. */
static void put_home(const struct provider *p, char ret[PROVIDER_TEXT_MAX])
{
	const char *file = p->signatures.files.rows[0], *end = strrchr(file, '/');

	snprintf(ret, PROVIDER_TEXT_MAX, "%.*s", end > file ? (int)(end - file) : 1,
		 end > file ? file : "-");
}

/*
 * Packages make it when they are first configured, and never again.  With the numbers that own its
 * home, so that its files are its own again (sysusers.d(5), ID).
 */
static void make_account(int root, const struct provider *p, struct report *report)
{
	char home[PROVIDER_TEXT_MAX], user[320], group[200], id[16] = "-";
	struct fault fault = { 0 };
	struct stat st;

	if (!*p->account || account_find(root, p->account) != 0)
		return;
	put_home(p, home);
	if (*home == '/' && stat(home, &st) == 0 && st.st_uid)
		snprintf(id, sizeof(id), "%u", (unsigned)st.st_uid);
	snprintf(group, sizeof(group), "g %s %s", p->account, home);
	snprintf(user, sizeof(user), "u %s %s:%s - %s", p->account, id, p->account, home);
	report_line(report, "+ making the account ", p->account);
	if (step_exec(STEP_ARGV("/usr/bin/systemd-sysusers", "--inline", group, user),
		      SYSUSERS_LIMIT, report, &fault) < 0)
		report_line(report, "  ", fault.why);
}

static void set_aside(const char *path, struct report *report)
{
	if (asides_add(NULL, path, report) < 0)
		report_line(report, "  cannot be set aside: ", path);
}

/* A link to what it has to be may be the administrator's way. */
static void clear_other(const char *path, mode_t kind, struct report *report)
{
	struct stat st;

	if (*path && !(stat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind))
		set_aside(path, report);
}

/* One that is closed to clamd it passes over without a word, or does not start with. */
static void clear_databases(int root, const struct texts *files, struct report *report)
{
	for (size_t i = 0; i < files->n; i++) {
		struct clamd_version v;

		if (database_look(root, files->rows[i] + 1, &v) == -EBADMSG)
			set_aside(files->rows[i], report);
		else
			legible_make(files->rows[i], report);
	}
}

void clear_way(const struct provider *p, struct report *report)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return;
	make_account(root, p, report);
	clear_other(p->answer.socket, S_IFSOCK, report);
	/* For what comes out of a FIFO its package's scripts would wait, too. */
	for (size_t i = 0; i < p->n_settings; i++)
		clear_other(p->settings[i].file, S_IFREG, report);
	if (p->signatures.from != VINTAGE_CLAMAV)
		return;
	clear_databases(root, &p->signatures.files, report);
	clear_databases(root, &p->signatures.base, report);
}
