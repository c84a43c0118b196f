// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an antivirus is switched on again, whichever it is: by what the policy says of it.
 * Each remedy ends with what the one before it does.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/antivirus-enable.h"
#include "agent/remedy/antivirus-start.h"
#include "agent/remedy/await.h"
#include "agent/remedy/clear.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/failing.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/unblind.h"
#include "agent/remedy/uncover.h"
#include "agent/remedy/unlock.h"

/* Of one that does not run no look is taken, which costs time. */
static struct failing fails_running(const struct requirement *q)
{
	const struct failing down = { .all = 1 };

	return antivirus_runs(q) ? count_failing(q) : down;
}

/* One that was only slow to answer is well by now, and left alone. */
static int start_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };

	if (fails_running(q).restart)
		manager_restart(q, report, &quiet);
	return antivirus_start(q, report, fault);
}

/*
 * What locks its files or stands in its way goes.  Whether what runs may have begun with others:
 * with such as lay over them, as their times say, or when root finds that all is well, and lazaretd
 * has seen what was not: other than a file that was closed to it.
 */
static bool lay_bare(const struct requirement *q, struct report *report)
{
	const struct provider *p = q->with.antivirus.provider;
	bool covered = uncover(p, report) > 0, closed;
	struct failing n;

	unlock_provider(p);
	clear_way(p, report);
	closed = disclose(p, report) > 0;
	n = fails_running(q);
	return covered || n.restart || (!n.all && !n.unknown && !closed);
}

static int enable_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	return antivirus_enable(q, lay_bare(q, report), report, fault);
}

/* With settings that cannot be put right, what runs is not stopped. */
static int restore(const struct requirement *q, bool anew, struct report *report,
		   struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int r = provide_settings(p, report, fault);

	if (r < 0)
		return r;
	anew |= r > 0 || unblind(p, report) > 0;
	return antivirus_enable(q, anew, report, fault);
}

static int restore_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	return restore(q, lay_bare(q, report), report, fault);
}

static bool fails(const struct requirement *q)
{
	return count_failing(q).all > 0;
}

/* What works is not stopped for what no package mends. */
static int refuse_whole(const struct requirement *q, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	const struct failing n = count_failing(q);
	struct fault quiet = { 0 };

	if (!fails_elsewhere(&n) || provide_check(p, &quiet) < 0)
		return 0;
	if (n.starved)
		return fault_set(fault, -EALREADY,
				 "%s is whole, and its slice starves it, which no package changes: "
				 "systemctl set-property system.slice CPUQuota=",
				 p->title);
	return fault_set(fault, -EALREADY,
			 "%s is whole and only lacks new signatures, which no package brings: see "
			 "its updater's log, and whether its mirror answers",
			 p->title);
}

/*
 * What does not come up though all of it is there may have a configuration that nobody can read
 * any more, which no package manager replaces.
 */
static int configure_anew(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	_free_ struct asides *aside = calloc(1, sizeof(*aside));
	struct fault again = { 0 };
	int r = aside ? provide_set_aside(p, aside, report) : -ENOMEM;

	if (r > 0)
		r = provide_packages(p, true, report, &again);
	else if (r == 0)
		r = -ENOENT;
	if (r == 0)
		r = restore(q, true, report, &again);
	if (r == 0)
		*fault = (struct fault){ 0 };
	/* One that now reads its signatures has understood what it has. */
	if (r < 0 && r != -EINPROGRESS && aside && aside->n) {
		report_line(report, "  (its configuration is not the cause) ", again.why);
		provide_put_back(p, aside, report);
	}
	return r;
}

static bool has_one_of(const struct texts *files)
{
	bool any = !files->n;

	for (size_t i = 0; !any && i < files->n; i++)
		any = access(files->rows[i], F_OK) == 0;
	return any;
}

static bool has_signatures(const struct provider *p)
{
	return p->signatures.from == VINTAGE_NONE ||
	       (has_one_of(&p->signatures.files) && has_one_of(&p->signatures.base));
}

static int reinstall_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	bool anew = lay_bare(q, report);
	int r = await_quiet(q, fault);

	if (r == 0 && !anew)
		r = refuse_whole(q, fault);
	if (r < 0)
		return r;
	r = provide_packages(q->with.antivirus.provider, false, report, fault);
	/* One that does not end may ask for ever what its configuration does not answer. */
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	if (r == 0)
		r = restore(q, true, report, fault);
	if (r == 0 || r == -EINPROGRESS || !has_signatures(q->with.antivirus.provider))
		return r;
	return configure_anew(q, report, fault) == 0 ? 0 : r;
}

static int start_all(struct report *report, struct fault *fault)
{
	static const struct demand start = { REMEDY_ANTIVIRUS_START, fails, start_one };

	return demand_each(&start, report, fault);
}

static int enable_all(struct report *report, struct fault *fault)
{
	static const struct demand enabling = { REMEDY_ANTIVIRUS_ENABLE, fails, enable_one };

	return demand_each(&enabling, report, fault);
}

static int restore_all(struct report *report, struct fault *fault)
{
	static const struct demand restoring = { REMEDY_ANTIVIRUS_RESTORE, fails, restore_one };

	return demand_each(&restoring, report, fault);
}

static int reinstall_all(struct report *report, struct fault *fault)
{
	static const struct demand reinstall = { REMEDY_ANTIVIRUS_REINSTALL, fails, reinstall_one };

	return demand_each(&reinstall, report, fault);
}

const struct step steps_antivirus_start[] = { { .call = start_all }, { 0 } };
const struct step steps_antivirus_enable[] = { { .call = enable_all }, { 0 } };
const struct step steps_antivirus_restore[] = { { .call = restore_all }, { 0 } };
const struct step steps_antivirus_reinstall[] = { { .call = reinstall_all }, { 0 } };
