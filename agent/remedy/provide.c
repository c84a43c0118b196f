// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/settings.h"
#include "agent/remedy/folder.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/unlock.h"

#define ANSWERS_LIMIT 30 /* seconds */
#define DROP_INS      "/etc/systemd/system/%s.d/%s"

/* In a folder that may be another account's: what is read is what is replaced. */
static int mend_in(int dir, const char *name, const struct provider *p, const char *path,
		   struct report *report)
{
	_close_ int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	_free_ char *text = NULL, *mended = NULL;
	char line[200];
	struct stat st;
	size_t len;
	int n, r = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (r == 0)
		r = io_read_fd(fd, SETTINGS_FILE_MAX, &text, &len);
	if (r < 0)
		return r;
	n = settings_mend(p, path, text, len, &mended, &len);
	if (n <= 0)
		return n;
	snprintf(line, sizeof(line), "+ setting %d lines of %s aside", n, path);
	report_line(report, "", line);
	unlock_file(path);
	r = io_replace_as(dir, name, mended, len, &st);
	return r < 0 ? r : n;
}

static int mend_file(const struct provider *p, const char *path, struct report *report,
		     struct fault *fault)
{
	const char *name;
	_close_ int dir = folder_holding(AT_FDCWD, path, &name);
	int n = dir < 0 ? dir : mend_in(dir, name, p, path, report);

	return n < 0 ? fault_set(fault, n, "cannot mend %s: %s", path, strerror(-n)) : n;
}

int provide_settings(const struct provider *p, struct report *report, struct fault *fault)
{
	int n = 0;

	for (size_t i = 0; i < p->n_settings; i++) {
		const struct provider_setting *s = &p->settings[i];
		int r;

		if (i && !strcmp(s->file, s[-1].file))
			continue;
		/* Of a part that is not installed there is nothing to mend. */
		if (s->of != PART_DAEMON && access(s->file, F_OK) < 0)
			continue;
		r = mend_file(p, s->file, report, fault);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

/* The file of that row of settings, when it is the daemon's and no row before has it. */
static const char *file_of_daemon(const struct provider *p, size_t i)
{
	const struct provider_setting *s = &p->settings[i];

	return s->of != PART_DAEMON || (i && !strcmp(s->file, s[-1].file)) ? NULL : s->file;
}

/* Every file that decides how the daemon comes up and that its package makes. */
static int each_own(const struct provider *p, struct asides *a, struct report *report)
{
	int n = 0;

	for (size_t i = 0; n >= 0 && i < p->n_settings; i++) {
		const char *file = file_of_daemon(p, i);
		int r = file ? asides_add(a, file, report) : 0;

		n = r < 0 ? r : n + r;
	}
	for (size_t i = 0; i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		size_t k = *u->program ? 0 : u->drop_ins.n; /* a socket's no script brings back */

		for (; n >= 0 && k < u->drop_ins.n; k++) {
			char file[ASIDE_PATH];
			int r;

			snprintf(file, sizeof(file), DROP_INS, u->name, u->drop_ins.rows[k]);
			r = asides_add(a, file, report);
			n = r < 0 ? r : n + r;
		}
	}
	return n;
}

/*
 * Answers that its scripts took from a configuration nobody can read: asked again without a
 * person, some packages ask for ever (debconf-communicate(1)).  They are kept in a file meanwhile
 * (debconf-copydb(1)).
 */
#define KEPT "--config=Name:kept --config=Driver:File --config=Filename:/tmp/lazaret-answers-\"$1\""
#define FORGET_ANSWERS                                              \
	"debconf-copydb configdb kept --pattern=\"^$1/\" " KEPT ";" \
	"echo PURGE | debconf-communicate \"$1\""
#define RECALL_ANSWERS "debconf-copydb kept configdb " KEPT

static void answers_do(const struct provider *p, const char *script)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };

	for (size_t i = 0; i < p->packages.n; i++)
		step_exec(STEP_ARGV("/bin/sh", "-c", script, "sh", p->packages.rows[i]),
			  ANSWERS_LIMIT, &nobody, &quiet);
}

void provide_forget(const struct provider *p)
{
	answers_do(p, FORGET_ANSWERS);
}

void provide_recall(const struct provider *p)
{
	answers_do(p, RECALL_ANSWERS);
}

int provide_set_aside(const struct provider *p, struct asides *ret, struct report *report)
{
	int n = each_own(p, ret, report);

	if (n > 0)
		provide_forget(p);
	return n;
}

void provide_put_back(const struct provider *p, const struct asides *a, struct report *report)
{
	asides_put_back(a, report);
	provide_recall(p);
}
