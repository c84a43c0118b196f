// SPDX-License-Identifier: GPL-2.0-or-later
/* What dnf and rpm were cut off in. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/remedy/dnf.h"
#include "policy/version.h"

#define TWICE_MAX  512 /* packages: one transaction rarely has more */
#define MACROS_MAX (64 * 1024)

int dnf_write_macros(struct report *report, struct fault *fault)
{
	_free_ char *own = NULL, *text = NULL;
	size_t len;
	int r = mkdir(DNF_HOME, 0700) < 0 && errno != EEXIST ? -errno : 0;

	(void)report;
	io_read(AT_FDCWD, "/root/.rpmmacros", MACROS_MAX, &own, &len); /* most have none */
	if (r == 0 && asprintf(&text, "%s\n%%__transaction_unshare %%{nil}\n", own ? own : "") < 0)
		r = -ENOMEM;
	if (r == 0)
		r = io_replace(AT_FDCWD, DNF_HOME "/.rpmmacros", text, strlen(text), 0600);
	return r < 0 ? fault_set(fault, r, DNF_HOME ": %s", strerror(-r)) : 0;
}

/* A rebuilt one has what can be read: a second time there may be less, and no copy as good. */
int dnf_mend_database(struct report *report, struct fault *fault)
{
	const char *path = access("/usr/lib/sysimage/rpm", F_OK) == 0 ? "/usr/lib/sysimage/rpm"
								      : "/var/lib/rpm";
	struct fault why = { 0 };
	char copy[64];
	int r = step_exec(STEP_ARGV(RPM, "--verifydb"), DNF_QUERY_LIMIT, report, &why);

	if (r != -EIO)
		return 0;
	snprintf(copy, sizeof(copy), "%s.damaged", path);
	if (access(copy, F_OK) == 0)
		return fault_set(fault, -EEXIST,
				 "%.200s; it was rebuilt before, from what is in %s: mend it by "
				 "hand, and remove that",
				 why.why, copy);
	report_line(report, "+ rebuilding rpm's database; as it was it is kept in ", copy);
	r = packager_run(STEP_ARGV("/bin/cp", "-aT", path, copy), DNF_QUERY_LIMIT, report, fault);
	return r < 0 ? r
		     : packager_run(STEP_ARGV(RPM, "--rebuilddb"), DNF_INSTALL_LIMIT, report,
				    fault);
}

/* A package of which two versions are installed though only one should be. */
struct twice {
	char *name, *arch, *version;
};

struct twices {
	size_t n;
	struct twice rows[TWICE_MAX];
};

static void drop_twices(struct twices **t)
{
	for (size_t i = 0; *t && i < (*t)->n; i++)
		free((*t)->rows[i].name);
	free(*t);
}

/* NAME, ARCH and VERSION between tabs; what else it says is no package. */
static void take_twice(void *ctx, const char *line)
{
	struct twices *t = ctx;
	struct twice *row = &t->rows[t->n];
	char *rest;

	if (t->n == TWICE_MAX || !isalnum((unsigned char)*line))
		return;
	rest = row->name = strdup(line);
	strsep(&rest, "\t");
	row->arch = strsep(&rest, "\t");
	row->version = rest;
	if (row->version)
		t->n++;
	else
		free(row->name);
}

static bool is_newer(const struct twice *a, const struct twice *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->arch, b->arch) &&
	       version_compare_rpm(a->version, strlen(a->version), b->version, strlen(b->version)) >
		       0;
}

static bool is_newest(const struct twices *t, size_t i)
{
	for (size_t k = 0; k < t->n; k++)
		if (is_newer(&t->rows[k], &t->rows[i]))
			return false;
	return true;
}

/*
 * What rpm would have done itself, had it not been cut off: the old one's scripts are told that
 * another is there, and files that both have stay.
 */
static int remove_old(const struct twice *t, struct report *report, struct fault *fault)
{
	char text[LINE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s-%s.%s", t->name, t->version, t->arch);
	report_line(report, "+ finishing an update: removing ", text);
	return packager_run(STEP_ARGV(RPM, "-e", "--nodeps", text), DNF_INSTALL_LIMIT, report,
			    fault);
}

/* Anew, for what was left undone after its files were there: scripts, and others' triggers. */
static int repeat_new(const struct twice *t, struct report *report, struct fault *fault)
{
	char text[LINE_TEXT_MAX];

	snprintf(text, sizeof(text), "%s-%s.%s", t->name, t->version, t->arch);
	return packager_run(STEP_ARGV(DNF, DNF_OPTIONS, DNF_PAST_AWAY, "reinstall", text),
			    DNF_INSTALL_LIMIT, report, fault);
}

/*
 * rpm puts all new versions there before it removes the first old one, so an update that was cut
 * off amid leaves both.  dnf knows which are meant to lie beside each other, as kernels do.
 */
int dnf_finish(struct report *report, struct fault *fault)
{
	_drop_(drop_twices) struct twices *t = calloc(1, sizeof(*t));
	int r = t ? step_read(STEP_ARGV(DNF, "-q", "-C", DNF_PAST_AWAY, "repoquery", "--installed",
					"--duplicates", "--qf", "%{name}\t%{arch}\t%{evr}\n"),
			      DNF_QUERY_LIMIT, report, take_twice, t, fault)
		  : -ENOMEM;

	for (size_t i = 0; r == 0 && i < t->n; i++)
		if (!is_newest(t, i))
			r = remove_old(&t->rows[i], report, fault);
	for (size_t i = 0; r == 0 && i < t->n; i++)
		if (is_newest(t, i))
			r = repeat_new(&t->rows[i], report, fault);
	return r;
}
