// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/posture/antivirus.h"

#define PROBE  "signatures"
#define ADVICE "fetch them anew"

/* 0; -ENOENT, -EBADMSG for one that is damaged, -errno for one that cannot be read. */
static int read_vintage(const struct antivirus *a, const char *path, struct clamd_version *ret)
{
	struct stat st;

	if (a->provider->signatures.from != VINTAGE_MTIME)
		return database_look(a->host->root, path + 1, ret);
	if (fstatat(a->host->root, path + 1, &st, 0) < 0)
		return -errno;
	*ret = (struct clamd_version){ .made = st.st_mtime };
	return 0;
}

/* How many of them are there; the newest, and of those that are bad the first and why. */
struct stored {
	size_t n;
	struct clamd_version newest;
	const char *bad;
	int err;
	const char *closed; /* the first that lazaretd may not read, or not even see */
};

static void look_at(const struct antivirus *a, const struct texts *files, struct stored *s)
{
	*s = (struct stored){ 0 };
	for (size_t i = 0; i < files->n; i++) {
		struct clamd_version v;
		int r = read_vintage(a, files->rows[i], &v);

		s->n += r == 0;
		if (r == 0 && v.made > s->newest.made)
			s->newest = v;
		if (r == -EACCES && !s->closed)
			s->closed = files->rows[i];
		if (r == 0 || r == -ENOENT || s->bad)
			continue;
		s->bad = files->rows[i];
		s->err = r;
	}
}

/* Its updater may keep them to itself; then the daemon that reads them tells how old they are. */
static bool vouched(const struct antivirus *a, const struct stored *s)
{
	return s->closed && a->loaded;
}

/* Whether nothing more is to be told: its next start reads all of them, and stops at a bad one. */
static bool tell_bad(struct antivirus *a, const struct texts *files, const struct stored *s)
{
	if (s->err == -EBADMSG)
		antivirus_tell(a, true, PROBE, GRADE_FAIL, ADVICE,
			       "stored signatures are damaged: %s", s->bad);
	else if (s->n || vouched(a, s))
		return false;
	else if (s->bad)
		antivirus_tell(a, true, PROBE, GRADE_UNKNOWN, ADVICE,
			       "stored signatures cannot be read: %s: %s", s->bad,
			       strerror(-s->err));
	else
		antivirus_tell(a, true, PROBE, GRADE_FAIL, ADVICE,
			       "no signatures are stored: no %s", files->rows[0]);
	return true;
}

/* A daemon goes on with what it has loaded when its files are gone, until its next start. */
void probe_signatures(struct antivirus *a)
{
	const struct provider_signatures *from = &a->provider->signatures;
	struct stored daily, base;

	if (from->from == VINTAGE_NONE || !a->installed)
		return;
	look_at(a, &from->files, &daily);
	look_at(a, &from->base, &base);
	if (tell_bad(a, &from->files, &daily) || (from->base.n && tell_bad(a, &from->base, &base)))
		return;
	daily.newest.engine[0] = '\0';
	if (daily.n)
		antivirus_judge_age(a, PROBE, "the stored", &daily.newest);
	else
		antivirus_tell(a, false, PROBE, GRADE_UNKNOWN, NULL,
			       "lazaretd may not read %s: those that are loaded tell",
			       daily.closed);
}
