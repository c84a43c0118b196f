// SPDX-License-Identifier: GPL-2.0-or-later
/* How apt-get installs updates, and a provider's packages. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/distribution.h"
#include "agent/posture/pins.h"
#include "agent/remedy/apt.h"
#include "agent/remedy/holds.h"
#include "agent/remedy/packager.h"
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
	size_t n = append(argv, 0, STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS));

	n = append(argv, n, options);
	append(argv, n, STEP_ARGV("--fix-broken", "--no-remove", "install"));
	if (step_exec(STEP_ARGV("/usr/bin/apt-get", "-q", "check"), CHECK_LIMIT, &nobody, &quiet) ==
	    0)
		return -ENOENT;
	report_line(report, "+ ", "installing what installed packages lack");
	return step_exec(argv, INSTALL_LIMIT, report, &quiet);
}

/*
 * Configuration that was removed comes back; a path-exclude of dpkg.cfg(5), which hosts may have
 * for documentation, does not count.
 */
static int install(const struct wanted *w, const char *const *options, struct report *report,
		   struct fault *fault)
{
	const char *argv[ARGS_MAX] = { NULL };
	char spelled[WANTED_MAX][HOLDS_SPELLED];
	struct fault quiet = { 0 };
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
	for (size_t i = 0; i < w->n && n < ARGS_MAX - 1; i++)
		argv[n++] = holds_spell(w->rows[i], spelled[i]);
	report_line(report, "+ installing anew: ", w->provider->title);
	r = step_exec(argv, INSTALL_LIMIT, report, fault);
	if (r < 0 && complete(options, report) == 0)
		r = step_exec(argv, INSTALL_LIMIT, report, fault);
	return r;
}

static int install_as_pinned(const struct wanted *w, struct report *report, struct fault *fault)
{
	return install(w, STEP_ARGV(NULL), report, fault);
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
static int write_pins(const struct wanted *w, struct fault *fault)
{
	_free_ char *own = NULL, *text = NULL;
	size_t n, len;
	FILE *f = open_memstream(&text, &len);
	int r = f ? make_folder() : -ENOMEM;

	if (f) {
		write_packages(f, w);
		if (write_own_release(f) == 0)
			write_packages(f, w);
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

static int install_past_pins(const struct wanted *w, struct report *report, struct fault *fault)
{
	int r = write_pins(w, fault);

	return r < 0 ? r
		     : install(w, STEP_ARGV("-o", "Dir::Etc::Preferences=" OWN_PREFERENCES), report,
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
static int install_from_own(const struct wanted *w, struct report *report, struct fault *fault)
{
	const char *const *own = STEP_ARGV("-o", "Dir::Etc::SourceList=" OWN_FOLDER "/sources.list",
					   "-o", "Dir::Etc::SourceParts=/dev/null", "-o",
					   "Dir::State::Lists=" OWN_FOLDER "/lists", "-o",
					   "APT::Sandbox::User=root", "-o",
					   "Dir::Etc::Preferences=/dev/null", "-o",
					   "Dir::Etc::PreferencesParts=/dev/null");
	const char *argv[ARGS_MAX] = { NULL };
	size_t n = append(argv, 0, STEP_ARGV("/usr/bin/apt-get", "-q", APT_OPTIONS));
	int r = write_sources(w->provider, fault);

	append(argv, append(argv, n, own), STEP_ARGV("update"));
	report_line(report, "+ ", "fetching the lists of the policy's own sources");
	if (r == 0)
		r = step_exec(argv, UPDATE_LIMIT, report, fault);
	return r < 0 ? r : install(w, own, report, fault);
}

static int spell(const struct patch *p, char **ret)
{
	return asprintf(ret, "%s:%s=%s", p->package, p->arch, p->fixed);
}

const struct packager packager_apt = {
	.program = "/usr/bin/apt-get",
	.repair = apt_repair,
	.prepare = apt_prepare,
	.update = STEP_ARGV("/usr/bin/apt-get", "-q", "-y", APT_OPTIONS, "--no-remove",
			    "--only-upgrade", "install"),
	.unfetched = STEP_ARGV("E: Failed to fetch"),
	.spell = spell,
	.hindrance = dpkg_hindrance,
	.unlock = unlock_package,
	.lift = holds_lift,
	.lay = holds_lay,
	.ways = (const struct packager_way[]){ { .install = install_as_pinned },
					       { .install = install_past_pins },
					       { .own = true, .install = install_from_own },
					       { 0 } },
};
