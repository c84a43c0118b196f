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
#include "agent/posture/whole.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/undivert.h"
#include "agent/remedy/unlock.h"

#define ARGS_MAX      96
#define INSTALL_LIMIT 900 /* seconds */
#define UPDATE_LIMIT  300
#define CHECK_LIMIT   60
#define ANSWERS_LIMIT 30
#define ASIDE	      ".lazaret"
#define DROP_INS      "/etc/systemd/system/%s.d/%s"
#define PATH_ROOM     (int)(sizeof(DROP_INS) + 2 * PROVIDER_TEXT_MAX + sizeof(ASIDE))
#define PAST_PINS \
	"-o", "Dir::Etc::Preferences=/dev/null", "-o", "Dir::Etc::PreferencesParts=/dev/null"
#define OWN_FOLDER "/tmp/lazaret-sources" /* the unit's own /tmp */

static int mend_file(const struct provider *p, const char *path, struct report *report,
		     struct fault *fault)
{
	_free_ char *text = NULL, *mended = NULL;
	char line[200];
	struct stat st;
	size_t len;
	int n, r = io_read(AT_FDCWD, path, SETTINGS_FILE_MAX, &text, &len);

	if (r == 0 && stat(path, &st) < 0)
		r = -errno;
	if (r < 0)
		return fault_set(fault, r, "%s: %s", path, strerror(-r));
	n = settings_mend(p, path, text, len, &mended, &len);
	if (n <= 0)
		return n;
	snprintf(line, sizeof(line), "+ setting %d lines of %s aside", n, path);
	report_line(report, "", line);
	unlock_file(path);
	r = io_replace(AT_FDCWD, path, mended, len, st.st_mode & 07777);
	if (r == 0 && chown(path, st.st_uid, st.st_gid) < 0)
		r = -errno;
	return r < 0 ? fault_set(fault, r, "cannot write %s: %s", path, strerror(-r)) : n;
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

/* Calls each with every file that decides how the daemon comes up and that its package makes. */
static int each_own(const struct provider *p, int (*each)(const char *file, struct report *report),
		    struct report *report)
{
	int n = 0;

	for (size_t i = 0; n >= 0 && i < p->n_settings; i++) {
		const char *file = file_of_daemon(p, i);
		int r = file ? each(file, report) : 0;

		n = r < 0 ? r : n + r;
	}
	for (size_t i = 0; i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		size_t k = *u->program ? 0 : u->drop_ins.n; /* a socket's no script brings back */

		for (; n >= 0 && k < u->drop_ins.n; k++) {
			char file[sizeof(DROP_INS) + 2 * PROVIDER_TEXT_MAX];
			int r;

			snprintf(file, sizeof(file), DROP_INS, u->name, u->drop_ins.rows[k]);
			r = each(file, report);
			n = r < 0 ? r : n + r;
		}
	}
	return n;
}

/*
 * Answers that its scripts took from a configuration nobody can read: asked again without a
 * person, some packages ask for ever (debconf-communicate(1)).
 */
static void forget_answers(const struct provider *p)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };

	for (size_t i = 0; i < p->packages.n; i++)
		step_exec(STEP_ARGV("/bin/sh", "-c", "echo PURGE | debconf-communicate \"$1\"",
				    "sh", p->packages.rows[i]),
			  ANSWERS_LIMIT, &nobody, &quiet);
}

static int aside_of(const char *file, char to[PATH_ROOM])
{
	return snprintf(to, PATH_ROOM, "%s" ASIDE, file) < PATH_ROOM ? 0 : -ENAMETOOLONG;
}

static int set_aside(const char *file, struct report *report)
{
	char aside[PATH_ROOM];
	int r = aside_of(file, aside);

	if (r < 0 || access(file, F_OK) < 0)
		return r;
	unlock_file(file);
	unlock_file(aside);
	if (rename(file, aside) < 0)
		return -errno;
	report_line(report, "+ setting aside what it does not start with: ", file);
	return 1;
}

int provide_set_aside(const struct provider *p, struct report *report)
{
	int n = each_own(p, set_aside, report);

	if (n > 0)
		forget_answers(p);
	return n;
}

static int put_back(const char *file, struct report *report)
{
	char aside[PATH_ROOM];

	(void)report;
	if (aside_of(file, aside) == 0)
		(void)!rename(aside, file);
	return 0;
}

void provide_put_back(const struct provider *p)
{
	each_own(p, put_back, NULL);
}

static void installed_libraries(const struct provider *p, struct texts *ret)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	whole_libraries(root, p, ret);
}

static void unlock_all(const struct provider *p)
{
	struct texts libraries;

	installed_libraries(p, &libraries);
	for (size_t i = 0; i < p->packages.n; i++)
		unlock_package(p->packages.rows[i]);
	for (size_t i = 0; i < libraries.n; i++)
		unlock_package(libraries.rows[i]);
	for (size_t i = 0; i < p->n_settings; i++)
		unlock_file(p->settings[i].file);
	for (size_t i = 0; i < p->signatures.files.n; i++)
		unlock_file(p->signatures.files.rows[i]);
}

static size_t append(const char **argv, size_t n, const char *const *words)
{
	for (; *words && n < ARGS_MAX - 1; words++)
		argv[n++] = *words;
	return n;
}

/* Where something that others need is gone, apt-get installs nothing else: 0 when it is back. */
static int complete(const char *const *options, struct report *report)
{
	const char *argv[ARGS_MAX] = { NULL };
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };
	size_t n = append(argv, 0,
			  STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, PAST_PINS));

	n = append(argv, n, options);
	append(argv, n, STEP_ARGV("--fix-broken", "--no-remove", "install"));
	if (step_exec(STEP_ARGV("/usr/bin/apt-get", "-q", "check"), CHECK_LIMIT, &nobody, &quiet) ==
	    0)
		return -ENOENT;
	report_line(report, "+ ", "installing what installed packages lack");
	return step_exec(argv, INSTALL_LIMIT, report, &quiet);
}

/*
 * Configuration that was removed comes back; neither a pin that forbids the packages counts nor a
 * path-exclude of dpkg.cfg(5), which hosts may have for documentation.
 */
static int install(const struct provider *p, const char *const *options, struct report *report,
		   struct fault *fault)
{
	const char *argv[ARGS_MAX] = { NULL };
	struct texts libraries;
	struct fault quiet = { 0 }, first = { 0 };
	int r;
	size_t n = append(argv, 0,
			  STEP_ARGV("/usr/bin/env", "UCF_FORCE_CONFFMISS=1", "/usr/bin/apt-get",
				    "-y", APT_OPTIONS, "-o", "DPkg::Options::=--force-confmiss",
				    "-o", "DPkg::Options::=--path-include=/etc/*", "-o",
				    "DPkg::Options::=--path-include=/lib*", "-o",
				    "DPkg::Options::=--path-include=/opt/*", "-o",
				    "DPkg::Options::=--path-include=/sbin/*", "-o",
				    "DPkg::Options::=--path-include=/usr/[!s]*", "-o",
				    "DPkg::Options::=--path-include=/usr/sbin/*", "-o",
				    "DPkg::Options::=--path-include=/var/*", PAST_PINS));

	/* Whether that is possible shows below. */
	apt_unpack_again(options, report, &quiet);
	n = append(argv, n, options);
	n = append(argv, n, STEP_ARGV("--no-remove", "install", "--reinstall"));
	for (size_t i = 0; i < p->packages.n && n < ARGS_MAX - 1; i++)
		argv[n++] = p->packages.rows[i];
	installed_libraries(p, &libraries);
	for (size_t i = 0; i < libraries.n && n < ARGS_MAX - 1; i++)
		argv[n++] = libraries.rows[i];
	report_line(report, "+ installing anew: ", p->title);
	r = step_exec(argv, INSTALL_LIMIT, report, &first);
	if (r < 0 && complete(options, report) == 0)
		return step_exec(argv, INSTALL_LIMIT, report, fault);
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

static int write_sources(const struct provider *p, struct fault *fault)
{
	char text[PROVIDER_ROWS * 5 * PROVIDER_TEXT_MAX];
	size_t len = 0;
	int r = 0;

	for (size_t i = 0; i < p->n_sources; i++) {
		const struct provider_source *s = &p->sources[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"deb [signed-by=/usr/share/keyrings/%s] %s %s %s\n",
					s->keyring, s->uri, s->suite, s->component);
	}
	for (size_t i = 0; r == 0 && i < 2; i++)
		if (mkdir(i ? OWN_FOLDER "/lists" : OWN_FOLDER, 0755) < 0 && errno != EEXIST)
			r = -errno;
	if (r == 0)
		r = io_replace(AT_FDCWD, OWN_FOLDER "/sources.list", text, len, 0644);
	return r < 0 ? fault_set(fault, r, OWN_FOLDER ": %s", strerror(-r)) : 0;
}

/* Sources that somebody took away stay away: what we use for this once is beside them. */
static int install_from_own(const struct provider *p, struct report *report, struct fault *fault)
{
	const char *const *own = STEP_ARGV("-o", "Dir::Etc::SourceList=" OWN_FOLDER "/sources.list",
					   "-o", "Dir::Etc::SourceParts=/dev/null", "-o",
					   "Dir::State::Lists=" OWN_FOLDER "/lists", "-o",
					   "APT::Sandbox::User=root");
	const char *argv[ARGS_MAX] = { NULL };
	size_t n = append(argv, 0, STEP_ARGV("/usr/bin/apt-get", "-q", APT_OPTIONS));
	int r = write_sources(p, fault);

	append(argv, append(argv, n, own), STEP_ARGV("update"));
	report_line(report, "+ ", "fetching the lists of the policy's own sources");
	if (r == 0)
		r = step_exec(argv, UPDATE_LIMIT, report, fault);
	return r < 0 ? r : install(p, own, report, fault);
}

static const struct step before[] = {
	{ .call = apt_await_locks },
	{ .call = apt_make_room, .may_fail = true },
	{ .say = "finishing what dpkg left half done", .call = apt_configure, .may_fail = true },
	{ .say = "fetching the package lists", .call = apt_update, .may_fail = true },
	{ 0 },
};

/* apt-get is content when it cannot fetch what it should install anew. */
static int check_whole(const struct provider *p, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct texts libraries;
	size_t budget = SIZE_MAX;
	char wrong[120];

	for (size_t i = 0; i < p->n_units; i++)
		if (p->units[i].part == PART_DAEMON && *p->units[i].program &&
		    access(p->units[i].program, X_OK) < 0)
			return fault_set(fault, -ENOEXEC, "still no program: %s",
					 p->units[i].program);
	for (size_t i = 0; i < p->n_settings; i++)
		if (p->settings[i].of == PART_DAEMON && access(p->settings[i].file, F_OK) < 0)
			return fault_set(fault, -ENOENT, "still gone: %s", p->settings[i].file);
	for (size_t i = 0; i < p->packages.n; i++)
		if (whole_look(root, p->packages.rows[i], NULL, &budget, wrong) == -EUCLEAN)
			return fault_set(fault, -EUCLEAN, "still %s", wrong);
	whole_libraries(root, p, &libraries);
	for (size_t i = 0; i < libraries.n; i++)
		if (whole_look(root, libraries.rows[i], NULL, &budget, wrong) == -EUCLEAN)
			return fault_set(fault, -EUCLEAN, "still %s", wrong);
	return 0;
}

int provide_packages(const struct provider *p, struct report *report, struct fault *fault)
{
	struct fault first = { 0 };
	int r;

	unlock_all(p);
	undivert(p, report);
	r = steps_run(before, report, fault);
	if (r < 0)
		return r;
	r = install(p, STEP_ARGV(NULL), report, &first);
	if (r == 0)
		r = check_whole(p, &first);
	if (r < 0 && p->n_sources) {
		report_line(report, "  (going on) ", first.why);
		r = install_from_own(p, report, fault);
		return r < 0 ? r : check_whole(p, fault);
	}
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}
