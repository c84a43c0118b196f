// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/distribution.h"
#include "agent/posture/pins.h"
#include "agent/posture/whole.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/undivert.h"
#include "agent/remedy/unlock.h"

#define ARGS_MAX	96
#define INSTALL_LIMIT	900 /* seconds */
#define UPDATE_LIMIT	300
#define CHECK_LIMIT	60
#define OWN_FOLDER	"/tmp/lazaret-sources" /* the unit's own /tmp */
#define OWN_PREFERENCES OWN_FOLDER "/preferences"
#define PREFERENCES	"/" APT_PREFERENCES
#define PREFERENCES_MAX (256 * 1024)
#define OWN_PRIORITY	990 /* over all that hosts usually pin; under 1000, so nothing goes back */
#define OTHER_PRIORITY	100 /* as backports have: what the own release has is taken from there */

static void installed_libraries(const struct provider *p, struct texts *ret)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	whole_libraries(root, p, NULL, ret);
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
	for (size_t i = 0; i < p->signatures.base.n; i++)
		unlock_file(p->signatures.base.rows[i]);
}

static size_t append(const char **argv, size_t n, const char *const *words)
{
	for (; *words && n < ARGS_MAX - 1; words++)
		argv[n++] = *words;
	return n;
}

/* apt-get is content when it cannot fetch what it should install anew. */
int provide_check(const struct provider *p, struct fault *fault)
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
	whole_libraries(root, p, NULL, &libraries);
	for (size_t i = 0; i < libraries.n; i++)
		if (whole_look(root, libraries.rows[i], NULL, &budget, wrong) == -EUCLEAN)
			return fault_set(fault, -EUCLEAN, "still %s", wrong);
	return 0;
}

/* Where something that others need is gone, apt-get installs nothing else: 0 when it is back. */
static int complete(const char *const *options, struct report *report)
{
	const char *argv[ARGS_MAX] = { NULL };
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault quiet = { 0 };
	size_t n = append(argv, 0, STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS));

	n = append(argv, n, options);
	append(argv, n, STEP_ARGV("--fix-broken", "--no-remove", "install"));
	if (step_exec(STEP_ARGV("/usr/bin/apt-get", "-q", "check"), CHECK_LIMIT, &nobody, &quiet) ==
	    0)
		return -ENOENT;
	report_line(report, "+ ", "installing what installed packages lack");
	return step_exec(argv, INSTALL_LIMIT, report, &quiet);
}

/* What is installed anew: the provider's packages, and its libraries as far as they are there. */
struct wanted {
	size_t n;
	const char *rows[2 * PROVIDER_ROWS];
	struct texts libraries;
};

static void list_wanted(const struct provider *p, struct wanted *ret)
{
	ret->n = 0;
	for (size_t i = 0; i < p->packages.n; i++)
		ret->rows[ret->n++] = p->packages.rows[i];
	installed_libraries(p, &ret->libraries);
	for (size_t i = 0; i < ret->libraries.n; i++)
		ret->rows[ret->n++] = ret->libraries.rows[i];
}

/*
 * Configuration that was removed comes back; a path-exclude of dpkg.cfg(5), which hosts may have
 * for documentation, does not count.
 */
static int install(const struct provider *p, const char *const *options, struct report *report,
		   struct fault *fault)
{
	const char *argv[ARGS_MAX] = { NULL };
	struct wanted w;
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
				    "DPkg::Options::=--path-include=/var/*"));

	/* Whether that is possible shows below. */
	apt_unpack_again(options, report, &quiet);
	n = append(argv, n, options);
	n = append(argv, n, STEP_ARGV("--no-remove", "install", "--reinstall"));
	list_wanted(p, &w);
	for (size_t i = 0; i < w.n && n < ARGS_MAX - 1; i++)
		argv[n++] = w.rows[i];
	report_line(report, "+ installing anew: ", p->title);
	r = step_exec(argv, INSTALL_LIMIT, report, &first);
	if (r < 0 && complete(options, report) == 0)
		r = step_exec(argv, INSTALL_LIMIT, report, &first);
	if (r == 0)
		r = provide_check(p, &first);
	return r < 0 ? fault_set(fault, r, "%s", first.why) : 0;
}

static int install_as_pinned(const struct provider *p, struct report *report, struct fault *fault)
{
	return install(p, STEP_ARGV(NULL), report, fault);
}

/* Which suites are the host's own release: Ubuntu's have one code name, Debian's one archive. */
static int write_own_release(FILE *f)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ char *text = NULL;
	struct distribution d;
	int r = distribution_read(root, &text, &d, NULL);

	if (r < 0 || !d.codename.len || memchr(d.codename.p, '/', d.codename.len))
		return -ENODATA;
	fprintf(f, "Pin: release %c=/^%.*s(-security|-updates)?$/\nPin-Priority: %d\n\n",
		word_is(d.id, "ubuntu", 6) ? 'a' : 'n', (int)d.codename.len, d.codename.p,
		OWN_PRIORITY);
	return 0;
}

static void write_packages(FILE *f, const struct wanted *w)
{
	fputs("Package:", f);
	for (size_t i = 0; i < w->n; i++)
		fprintf(f, " %.*s", (int)strcspn(w->rows[i], ":"), w->rows[i]);
	fputc('\n', f);
}

static int make_folder(void)
{
	for (size_t i = 0; i < 2; i++)
		if (mkdir(i ? OWN_FOLDER "/lists" : OWN_FOLDER, 0755) < 0 && errno != EEXIST)
			return -errno;
	return 0;
}

/*
 * Of records that name a package the first that fits a version counts (apt_preferences(5)), and
 * this file is read before those in preferences.d: for these packages the host's own release
 * comes first, and others only where that does not have them.  All else is as the host wants it.
 */
static int write_pins(const struct provider *p, struct fault *fault)
{
	_free_ char *own = NULL, *text = NULL;
	struct wanted w;
	size_t n, len;
	FILE *f = open_memstream(&text, &len);
	int r = f ? make_folder() : -ENOMEM;

	if (f) {
		list_wanted(p, &w);
		write_packages(f, &w);
		if (write_own_release(f) == 0)
			write_packages(f, &w);
		fprintf(f, "Pin: release *\nPin-Priority: %d\n\n", OTHER_PRIORITY);
		if (io_read(AT_FDCWD, PREFERENCES, PREFERENCES_MAX, &own, &n) == 0)
			fputs(own, f);
		if (fclose(f) != 0)
			r = -ENOMEM;
	}
	if (r == 0)
		r = io_replace(AT_FDCWD, OWN_PREFERENCES, text, len, 0644);
	return r < 0 ? fault_set(fault, r, OWN_PREFERENCES ": %s", strerror(-r)) : 0;
}

static int install_past_pins(const struct provider *p, struct report *report, struct fault *fault)
{
	int r = write_pins(p, fault);

	return r < 0 ? r
		     : install(p, STEP_ARGV("-o", "Dir::Etc::Preferences=" OWN_PREFERENCES), report,
			       fault);
}

static int write_sources(const struct provider *p, struct fault *fault)
{
	char text[PROVIDER_ROWS * 5 * PROVIDER_TEXT_MAX];
	size_t len = 0;
	int r = make_folder();

	for (size_t i = 0; i < p->n_sources; i++) {
		const struct provider_source *s = &p->sources[i];

		len += (size_t)snprintf(text + len, sizeof(text) - len,
					"deb [signed-by=/usr/share/keyrings/%s] %s %s %s\n",
					s->keyring, s->uri, s->suite, s->component);
	}
	if (r == 0)
		r = io_replace(AT_FDCWD, OWN_FOLDER "/sources.list", text, len, 0644);
	return r < 0 ? fault_set(fault, r, OWN_FOLDER ": %s", strerror(-r)) : 0;
}

/*
 * Sources that somebody took away stay away: what we use for this once is beside them.  It is the
 * policy's choice and there is nothing else to choose from, so no pins count.
 */
static int install_from_own(const struct provider *p, struct report *report, struct fault *fault)
{
	const char *const *own = STEP_ARGV("-o", "Dir::Etc::SourceList=" OWN_FOLDER "/sources.list",
					   "-o", "Dir::Etc::SourceParts=/dev/null", "-o",
					   "Dir::State::Lists=" OWN_FOLDER "/lists", "-o",
					   "APT::Sandbox::User=root", "-o",
					   "Dir::Etc::Preferences=/dev/null", "-o",
					   "Dir::Etc::PreferencesParts=/dev/null");
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
	{ .call = apt_is_there },
	{ .call = apt_await_locks },
	{ .call = apt_make_room, .may_fail = true },
	{ .say = "finishing what dpkg left half done", .call = apt_configure, .may_fail = true },
	{ .say = "fetching the package lists", .call = apt_update, .may_fail = true },
	{ 0 },
};

int provide_packages(const struct provider *p, struct report *report, struct fault *fault)
{
	static int (*const ways[])(const struct provider *p, struct report *report,
				   struct fault *fault) = { install_as_pinned, install_past_pins,
							    install_from_own };
	size_t n = p->n_sources ? 3 : 2;
	int r;

	unlock_all(p);
	undivert(p, report);
	r = steps_run(before, report, fault);
	if (r < 0)
		return r;
	for (size_t i = 0;; i++) {
		struct fault f = { 0 };

		r = ways[i](p, report, &f);
		/* What does not end would not by another way. */
		if (r == -ETIMEDOUT || (r < 0 && i == n - 1))
			return fault_set(fault, r, "%s", f.why);
		if (r == 0)
			return 0;
		report_line(report, "  (going on) ", f.why);
	}
}
