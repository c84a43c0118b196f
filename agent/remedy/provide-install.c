// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/posture/whole.h"
#include "agent/remedy/holds.h"
#include "agent/remedy/packager.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/undivert.h"
#include "agent/remedy/unlock.h"

#define DEBCONF "/usr/bin/debconf-communicate"

static void installed_libraries(const struct provider *p, struct texts *ret)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	whole_libraries(root, p, NULL, ret);
}

static void unlock_all(const struct provider *p, const struct packager *with)
{
	struct texts libraries;

	installed_libraries(p, &libraries);
	for (size_t i = 0; i < p->packages.n; i++)
		with->unlock(p->packages.rows[i], "");
	for (size_t i = 0; i < libraries.n; i++)
		with->unlock(libraries.rows[i], "");
	unlock_provider(p);
}

/* apt-get is content when it cannot fetch what it should install anew, and so may dnf be. */
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

static void list_wanted(const struct provider *p, struct wanted *ret)
{
	ret->provider = p;
	ret->n = 0;
	for (size_t i = 0; i < p->packages.n; i++)
		ret->rows[ret->n++] = p->packages.rows[i];
	installed_libraries(p, &ret->libraries);
	for (size_t i = 0; i < ret->libraries.n; i++)
		ret->rows[ret->n++] = ret->libraries.rows[i];
}

static int install_once(const struct provider *p, const struct packager_way *way,
			struct report *report, struct fault *fault)
{
	struct wanted w;
	int r;

	list_wanted(p, &w);
	r = way->install(&w, report, fault);
	return r < 0 ? r : provide_check(p, fault);
}

/* Its scripts may have been answered that the administrator makes its configuration himself. */
static int install(const struct provider *p, const struct packager_way *way, bool forgotten,
		   struct report *report, struct fault *fault)
{
	int r = install_once(p, way, report, fault);

	if (r != -ENOENT || forgotten || access(DEBCONF, X_OK) < 0)
		return r;
	report_line(report, "  (again, without what its packages were once answered) ", fault->why);
	provide_forget(p);
	r = install_once(p, way, report, fault);
	if (r < 0)
		provide_recall(p);
	return r;
}

/* The fault, behind what of the host's configuration may be its cause. */
static int tell(const struct packager *with, int err, const char *why, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char hindrance[HINDRANCE_MAX], kept[HOLDS_SPELLED];

	fault_set(fault, err, "%s", why);
	if (holds_kept(kept))
		fault_prefix(fault, "on hold as %s (apt-mark unhold takes others)", kept);
	if (with->hindrance && with->hindrance(root, hindrance))
		fault_prefix(fault, "%s", hindrance);
	return err;
}

static int install_some_way(const struct provider *p, const struct packager *with, bool forgotten,
			    struct report *report, struct fault *fault)
{
	struct fault first = { 0 }, last = { 0 };
	int r = 0, now = 0;

	/* What does not end would not by another way. */
	for (const struct packager_way *way = with->ways; way->install && r != -ETIMEDOUT; way++) {
		struct fault f = { 0 };

		if (way->own && !p->n_sources)
			continue;
		if (now < 0 && now != -EOPNOTSUPP)
			report_line(report, "  (going on) ", last.why);
		now = install(p, way, forgotten, report, &f);
		if (now == 0)
			return 0;
		if (now == -EOPNOTSUPP)
			continue;
		/* The host's own way says what is amiss; the others, what they lack besides. */
		r = fault_set(&first, now, "%s", f.why);
		last = f;
	}
	return tell(with, r, first.why, fault);
}

int provide_packages(const struct provider *p, bool forgotten, struct report *report,
		     struct fault *fault)
{
	const struct packager *with = packager_find(fault);
	struct fault quiet = { 0 };
	int r;

	if (!with)
		return -ENOENT;
	unlock_all(p, with);
	undivert(p, report);
	r = steps_run(with->prepare, report, fault);
	if (r < 0)
		return r;
	/* What cannot be lifted shows below. */
	if (with->lift)
		with->lift(p, report, &quiet);
	r = install_some_way(p, with, forgotten, report, fault);
	if (with->lay)
		with->lay(report, &quiet);
	return r;
}
