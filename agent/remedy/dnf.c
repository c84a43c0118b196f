// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/sources.h"
#include "agent/remedy/dnf.h"
#include "agent/remedy/package-locks.h"
#include "agent/remedy/unlock.h"

#define ARGS_MAX      48
#define REFRESH_LIMIT 300 /* seconds */
#define CACHE	      "/var/cache"

/* Of dnf 4 and of dnf 5, whose locks of versions are not of a plugin. */
#define PAST_EXCLUDES "--setopt=disable_excludes=all,*", "--disableplugin=versionlock"

DEFINE_DROP(inventory, inventory_free)
DEFINE_DROP(findings, findings_free)

static int make_room(struct report *report, struct fault *fault)
{
	if (!packager_lacks_room(CACHE))
		return 0;
	report_line(report, "+ ", "little room is left: removing packages that were downloaded");
	return packager_run(STEP_ARGV(DNF, "-q", "clean", "packages"), DNF_QUERY_LIMIT, report,
			    fault);
}

/* At the first repository that is away dnf ends, and has not fetched what comes after it. */
static int refresh(struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r = packager_run(STEP_ARGV(DNF, "-q", DNF_OPTIONS, "--refresh", "makecache"),
			     REFRESH_LIMIT, report, fault);

	if (r < 0 && r != -ETIMEDOUT)
		packager_run(STEP_ARGV(DNF, "-q", DNF_OPTIONS, DNF_PAST_AWAY, "--refresh",
				       "makecache"),
			     REFRESH_LIMIT, report, &quiet);
	return r;
}

/* dnf believes what it has while the server's index is the same, and reads it only in part. */
static bool is_damaged(struct fault *fault)
{
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_findings) struct findings *found = NULL;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct sources_ask ask = { root, NULL, io_now(), UINT64_MAX, .all = true };
	struct seen seen;

	return inventory_read(root, &inv, NULL) == 0 &&
	       sources_find(&ask, inv, &seen, &found, fault) == -EBADMSG;
}

static int drop_damaged(struct report *report, struct fault *fault)
{
	struct fault why = { 0 };

	if (!is_damaged(&why))
		return 0;
	report_line(report, "+ fetching all lists anew: ", why.why);
	return packager_run(STEP_ARGV(DNF, "-q", "clean", "metadata"), DNF_QUERY_LIMIT, report,
			    fault);
}

/* What another is at work with looks like what was cut off. */
static const struct step repair[] = {
	{ .call = dnf_write_macros },
	{ .call = package_locks_await },
	{ .call = make_room, .may_fail = true },
	{ .call = dnf_mend_database },
	{ .say = "finishing what dnf left half done", .call = dnf_finish, .may_fail = true },
	{ .call = drop_damaged },
	{ .say = "fetching the package lists", .call = refresh, .may_fail = true, .owes = true },
	{ 0 },
};

static const struct step prepare[] = {
	{ .call = dnf_write_macros },
	{ .call = package_locks_await },
	{ .call = make_room, .may_fail = true },
	{ .call = dnf_mend_database, .may_fail = true },
	{ .say = "finishing what dnf left half done", .call = dnf_finish, .may_fail = true },
	{ .call = drop_damaged, .may_fail = true },
	{ .say = "fetching the package lists", .call = refresh, .may_fail = true },
	{ 0 },
};

static int spell(const struct patch *p, char **ret)
{
	return asprintf(ret, "%s-%s.%s", p->package, p->fixed, p->arch);
}

static void unlock_line(void *ctx, const char *line)
{
	size_t *n = ctx;

	if (*line == '/')
		*n += unlock_listed(line);
}

static struct report nobody(void)
{
	return (struct report){ .fd = -1, .sent = STEP_OUTPUT_MAX };
}

static size_t unlock(const char *package, const char *arch)
{
	struct report silent = nobody();
	struct fault quiet = { 0 };
	char name[LINE_TEXT_MAX];
	size_t n = 0;

	snprintf(name, sizeof(name), "%s%s%s", package, *arch ? "." : "", arch);
	step_read(STEP_ARGV(RPM, "-ql", "--", name), DNF_QUERY_LIMIT, &silent, unlock_line, &n,
		  &quiet);
	return n;
}

/* --- a provider's packages --- */

static bool is_installed(const char *package)
{
	struct report silent = nobody();
	struct fault quiet = { 0 };

	return step_exec(STEP_ARGV(RPM, "-q", "--", package), DNF_QUERY_LIMIT, &silent, &quiet) ==
	       0;
}

struct names {
	size_t n;
	const char *rows[WANTED_MAX];
};

static void pick(const struct wanted *w, bool installed, struct names *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < w->n; i++)
		if (is_installed(w->rows[i]) == installed)
			ret->rows[ret->n++] = w->rows[i];
}

static int carry_out(const char *command, const struct names *names, const char *const *options,
		     struct report *report, struct fault *fault)
{
	const char *const *fixed = STEP_ARGV(DNF, DNF_OPTIONS, DNF_PAST_AWAY);
	const char *argv[ARGS_MAX + WANTED_MAX] = { NULL };
	size_t n = 0;

	while (*fixed)
		argv[n++] = *fixed++;
	while (*options && n < ARGS_MAX - 2)
		argv[n++] = *options++;
	argv[n++] = command;
	for (size_t i = 0; i < names->n; i++)
		argv[n++] = names->rows[i];
	report_line(report, "+ dnf ", command);
	return packager_run(argv, DNF_INSTALL_LIMIT, report, fault);
}

static int install(const struct wanted *w, const char *const *options, struct report *report,
		   struct fault *fault)
{
	struct names missing, there;
	int r = 0;

	pick(w, false, &missing);
	pick(w, true, &there);
	if (missing.n)
		r = carry_out("install", &missing, options, report, fault);
	if (r == 0 && there.n)
		r = carry_out("reinstall", &there, options, report, fault);
	return r;
}

/* What the repositories no longer have in this version cannot be had anew but in a newer one. */
static int upgrade(const struct wanted *w, const char *const *options, struct report *report,
		   struct fault *fault)
{
	struct names missing, there;

	pick(w, false, &missing);
	pick(w, true, &there);
	return missing.n ? -EOPNOTSUPP : carry_out("upgrade", &there, options, report, fault);
}

static int install_as_host_has_it(const struct wanted *w, struct report *report,
				  struct fault *fault)
{
	return install(w, STEP_ARGV(NULL), report, fault);
}

static int upgrade_as_host_has_it(const struct wanted *w, struct report *report,
				  struct fault *fault)
{
	return upgrade(w, STEP_ARGV(NULL), report, fault);
}

static int install_past_excludes(const struct wanted *w, struct report *report, struct fault *fault)
{
	return install(w, STEP_ARGV(PAST_EXCLUDES), report, fault);
}

static int upgrade_past_excludes(const struct wanted *w, struct report *report, struct fault *fault)
{
	return upgrade(w, STEP_ARGV(PAST_EXCLUDES), report, fault);
}

static int refuse_own(const struct wanted *w, struct report *report, struct fault *fault)
{
	(void)w;
	(void)fault;
	report_line(report, "  ", "the policy's own sources are apt's: dnf cannot use them");
	return -EOPNOTSUPP;
}

const struct packager packager_dnf = {
	.program = "/usr/bin/dnf",
	.repair = repair,
	.prepare = prepare,
	/*
	 * The best or none, where it would pass over what it cannot install.  "upgrade" leaves it
	 * as it is whether somebody asked for the package.
	 */
	.update = STEP_ARGV(DNF, DNF_OPTIONS, DNF_PAST_AWAY, "--setopt=best=1",
			    "--setopt=install_weak_deps=0", "upgrade"),
	.unfetched = STEP_ARGV("Error downloading packages", "Failed to download packages"),
	.spell = spell,
	.unlock = unlock,
	.ways = (const struct packager_way[]){ { .install = install_as_host_has_it },
					       { .install = upgrade_as_host_has_it },
					       { .install = install_past_excludes },
					       { .install = upgrade_past_excludes },
					       { .own = true, .install = refuse_own },
					       { 0 } },
};
