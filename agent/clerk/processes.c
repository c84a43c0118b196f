// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/clerk/clerk.h"
#include "agent/posture/process.h"
#include "agent/posture/running.h"

#define PROC_FILE_MAX 65536
#define NO_LOGIN      UINT32_MAX /* the audit id of what no login began (pam_loginuid(8)) */

static void drop_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

static bool read_of(const struct clerk *c, long pid, const char *name, char **ret, size_t *len)
{
	char path[48];

	snprintf(path, sizeof(path), "proc/%ld/%s", pid, name);
	return io_read(c->root, path, PROC_FILE_MAX, ret, len) == 0;
}

/* Only root can undo a repair; what others call themselves accuses nobody. */
static bool is_roots(const struct clerk *c, long pid)
{
	unsigned id[PROCESS_IDS];

	return process_ids(c->root, pid, id) == 0 && !id[PROCESS_EFFECTIVE];
}

/* By the host's own file: a directory service may be out of reach just now. */
static void name_user(uint32_t uid, char *ret, size_t room)
{
	_drop_(drop_file) FILE *f = fopen("/etc/passwd", "re");
	const struct passwd *p;

	snprintf(ret, room, "%" PRIu32, uid);
	while (f && (p = fgetpwent(f)))
		if (p->pw_uid == uid) {
			snprintf(ret, room, "%s", p->pw_name);
			return;
		}
}

/* ", login of alice", also after su and sudo; "" for what no login began. */
static void name_login(const struct clerk *c, long pid, char *ret, size_t room)
{
	_free_ char *text = NULL;
	char user[40];
	uint32_t uid;
	size_t len;

	*ret = '\0';
	if (!read_of(c, pid, "loginuid", &text, &len) || sscanf(text, "%" SCNu32, &uid) != 1 ||
	    uid == NO_LOGIN)
		return;
	name_user(uid, user, sizeof(user));
	snprintf(ret, room, ", login of %s", user);
}

/* Ours repair; what lives in the unit itself is what was switched off. */
static bool is_suspect(const struct matter *m, const char *unit)
{
	return strncmp(unit, "lazaret", 7) && !topic_in(&m->topic, unit);
}

static void tell(struct clerk *c, struct matter *m, long pid, const char *command)
{
	struct act a = { .at = c->now, .rank = ACT_DONE };
	_free_ char *cgroup = NULL;
	char unit[RUNNING_UNIT] = "-", login[60];
	size_t len;

	if (read_of(c, pid, "cgroup", &cgroup, &len))
		running_unit(cgroup, unit);
	if (!is_suspect(m, unit))
		return;
	name_login(c, pid, login, sizeof(login));
	if (*login)
		a.rank = ACT_NAMED;
	snprintf(a.text, sizeof(a.text), "process %ld of %.80s%.40s: %s", pid,
		 strcmp(unit, "-") ? unit : "no unit", login, command);
	clerk_tell(c, m, &a);
}

static void look(struct clerk *c, long pid)
{
	_free_ char *command = NULL;
	size_t len;

	if (!read_of(c, pid, "cmdline", &command, &len) || !len)
		return;
	for (size_t i = 0; i + 1 < len; i++)
		if (!command[i])
			command[i] = ' ';
	for (size_t i = 0; i < c->n; i++)
		if (deed_is(command, &c->matters[i].topic) && is_roots(c, pid))
			tell(c, &c->matters[i], pid, command);
}

void clerk_processes(struct clerk *c)
{
	_dir_ DIR *proc = io_open_dir(c->root, "proc", 0);
	const struct dirent *e;

	while (proc && (e = readdir(proc))) {
		long pid = strtol(e->d_name, NULL, 10);

		if (pid > 1)
			look(c, pid);
	}
}
