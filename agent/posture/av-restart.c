// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files may be right, and what runs may have begun with others.  All services read their unit's
 * files when they begin; ClamAV's programs read their configuration then, and never again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/io.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/remembered.h"
#include "agent/posture/unit.h"
#include "agent/posture/witnessed.h"

#define PROBE "restart"
/* Seconds from the last change of a file to the restart that goes with it. */
#define WRITING_MAX 10

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec > b->tv_sec : a->tv_nsec > b->tv_nsec;
}

enum grade restart_grade(const struct timespec *begun, const struct timespec *changed, int64_t now,
			 int64_t booted)
{
	/* Nothing began before: that clock was wrong then, as without a battery. */
	const struct timespec boot = { .tv_sec = booted };

	if (changed->tv_sec > now || !is_later(changed, begun) || !is_later(changed, &boot))
		return GRADE_PASS;
	return now - changed->tv_sec < WRITING_MAX ? GRADE_UNKNOWN : GRADE_FAIL;
}

static const char *base_of(const struct provider_unit *u)
{
	return strrchr(u->program, '/') + 1;
}

static void tell(struct antivirus *a, const struct provider_unit *u, enum grade grade,
		 const char *file, const char *how)
{
	char todo[160];

	snprintf(todo, sizeof(todo), "restart it: systemctl restart %s", u->name);
	a->moving |= grade == GRADE_UNKNOWN;
	if (grade == GRADE_UNKNOWN)
		antivirus_tell(a, true, PROBE, grade, todo,
			       "whether %s is restarted cannot be told yet: %.80s was just changed",
			       base_of(u), file);
	else
		antivirus_tell(a, true, PROBE, grade, todo, "%s runs since before %.110s %s",
			       base_of(u), file, how);
}

/* Of a product that reads its configuration again, or writes it, its time would tell nothing. */
static bool reads_once(const struct antivirus *a)
{
	return a->provider->answer.speaks == TONGUE_CLAMD;
}

/* A link has a time of its own, at which it was led elsewhere; zeros: it is gone. */
static struct timespec changed_at(int root, const char *file)
{
	struct stat st = { 0 }, link = { 0 };

	if (fstatat(root, file + 1, &st, 0) < 0 ||
	    fstatat(root, file + 1, &link, AT_SYMLINK_NOFOLLOW) < 0)
		return (struct timespec){ 0 };
	return is_later(&link.st_ctim, &st.st_ctim) ? link.st_ctim : st.st_ctim;
}

/* The first file that a part's settings are for and that it has not read as it is; else NULL. */
static const char *find_unread(const struct antivirus *a, enum part part,
			       const struct timespec *begun, enum grade *grade)
{
	const struct provider *p = a->provider;
	const int64_t booted = a->host->now - (int64_t)(io_boot_ms() / 1000);

	for (size_t i = 0; reads_once(a) && i < p->n_settings; i++) {
		const struct provider_setting *s = &p->settings[i];
		struct timespec at;

		if (s->of != part || (i && s[-1].of == part && !strcmp(s->file, s[-1].file)))
			continue;
		at = changed_at(a->host->root, s->file);
		*grade = restart_grade(begun, &at, a->host->now, booted);
		if (*grade != GRADE_PASS)
			return s->file;
	}
	return NULL;
}

/* Has it told of one? */
static bool judge(struct antivirus *a, const struct provider_unit *u, const struct timespec *begun)
{
	const char *file;
	struct misled m;
	enum grade grade;

	if (remembered_misled(a->host->remembered, a->provider->name, u->name, &m) &&
	    m.begun.tv_sec == begun->tv_sec && m.begun.tv_nsec == begun->tv_nsec) {
		tell(a, u, GRADE_FAIL, m.by, "was put right");
		return true;
	}
	file = find_unread(a, u->part, begun, &grade);
	if (file)
		tell(a, u, grade, file, "was changed");
	return file != NULL;
}

/*
 * While a part's files are wrong, that says more; how long it ran with them is kept.  All is well
 * only when each that runs could be judged.
 */
void probe_restart(struct antivirus *a)
{
	const struct provider *p = a->provider;
	bool told = false, judged = false, wrong = false;

	for (size_t i = 0; a->installed && i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		struct misled m = { .begun = unit_begun(a->host->root, u->name) };

		if (!*u->program || !antivirus_demands(a, u->part) || !m.begun.tv_sec)
			continue;
		memcpy(m.by, a->wrong[u->part], sizeof(m.by));
		wrong |= *m.by;
		judged = true;
		if (*m.by)
			remembered_set_misled(a->host->remembered, p->name, u->name, &m);
		else if (!told)
			told = judge(a, u, &m.begun);
	}
	if (judged && !told && !wrong)
		antivirus_tell(a, true, PROBE, GRADE_PASS, NULL,
			       "what runs began with its files as they are");
}
