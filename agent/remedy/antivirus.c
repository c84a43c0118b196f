// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an antivirus is switched on again, whichever it is: by what the policy says of it.
 * Each remedy ends with what the one before it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/posture.h"
#include "agent/posture/unit.h"
#include "agent/remedy/antivirus-start.h"
#include "agent/remedy/await.h"
#include "agent/remedy/clear.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/startable.h"
#include "agent/remedy/uncover.h"
#include "agent/remedy/unlock.h"
#include "agent/remedy/unreadable.h"

/* What ran under another unit's name by a link is nobody's once the link is gone. */
static void end_left_over(const struct requirement *q)
{
	const struct provider *p = q->with.antivirus.provider;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; root >= 0 && i < p->n_units; i++) {
		struct unit_run run;

		if (!(manager_kind(q, &p->units[i]) & DEMANDED))
			continue;
		unit_run_look(root, &p->units[i], &run);
		if (run.pid && run.state)
			kill(run.pid, SIGKILL);
	}
}

/* How many were in the way of these units, or -errno. */
static int clear_overrides(const struct requirement *q, unsigned which, struct asides *all,
			   struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int n = 0;

	for (size_t i = 0; i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		int r = manager_kind(q, u) & which ? overrides_set_aside(u, all, report, fault) : 0;

		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

static void stop_all(const struct requirement *q, struct report *report)
{
	struct fault quiet = { 0 };

	manager_does(q, DEMANDED, STEP_ARGV("stop"), report, &quiet);
	end_left_over(q);
}

static int start_anew(const struct requirement *q, struct report *report, struct fault *fault)
{
	int r = manager_reload(report, fault);

	if (r < 0)
		return r;
	stop_all(q, report);
	return antivirus_start(q, report, fault);
}

/*
 * Drop-ins that decide nothing may still be why it does not come up: WorkingDirectory=.  Those that
 * are not stay an administrator's.
 */
static int start_alone(const struct requirement *q, struct report *report, struct fault *fault)
{
	_free_ struct asides *aside = calloc(1, sizeof(*aside));
	struct fault first = { 0 };
	int r = start_past_unreadable(q, report, &first);

	if (r == 0 || r == -EINPROGRESS || r == -ENOENT || !aside ||
	    clear_overrides(q, DEMANDED, aside, report, fault) <= 0)
		return r == 0 ? 0 : fault_set(fault, r, "%s", first.why);
	r = start_anew(q, report, fault);
	if (r < 0 && r != -EINPROGRESS) {
		struct fault quiet = { 0 };

		report_line(report, "+ ", "putting back what was not the cause");
		asides_put_back(aside, report);
		manager_reload(report, &quiet);
	}
	return r;
}

static int unmask(const struct requirement *q, unsigned which, struct report *report,
		  struct fault *fault)
{
	int r = manager_does(q, which, STEP_ARGV("unmask"), report, fault);

	/* What `mask --runtime` made, the call above leaves, and says nothing. */
	return r < 0 ? r : manager_does(q, which, STEP_ARGV("unmask", "--runtime"), report, fault);
}

/* Which of the demanded probes fail in root's eyes: how many, and of these what its updater mends.
 */
struct failing {
	size_t all, fetched;
	bool loaded, stored; /* signatures that it has read, and those on disk */
};

static struct failing count_failing(const struct requirement *q)
{
	static const char *const fetched[] = { "loaded", "signatures", "updates" };
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ struct finding *f = calloc(1, sizeof(*f));
	const struct host host = { .root = root, .now = io_now() };
	struct failing n = { 0 };

	if (root < 0 || !f)
		return n;
	look_antivirus(q, &host, f);
	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		if (!e->demanded || e->grade != GRADE_FAIL)
			continue;
		n.all++;
		n.loaded |= !strcmp(e->probe, "loaded");
		n.stored |= !strcmp(e->probe, "signatures");
		for (size_t k = 0; k < COUNT(fetched); k++)
			n.fetched += !strcmp(e->probe, fetched[k]);
	}
	return n;
}

/* What its updater fetched while the daemon could not be told of it. */
static void have_it_read(const struct requirement *q, const struct failing *n,
			 struct report *report)
{
	const struct provider_answer *a = &q->with.antivirus.provider->answer;
	char answer[16];

	if (!n->loaded || n->stored || a->speaks != TONGUE_CLAMD)
		return;
	report_line(report, "+ ", "having it read the signatures that are there");
	(void)clamd_ask(a->socket, "RELOAD", answer, sizeof(answer), CLAMD_WAIT_MS);
}

/* How many foreign files were in the way of these units, or -errno. */
static int clear(const struct requirement *q, unsigned which, struct report *report,
		 struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int r, n = 0;

	for (size_t i = 0; i < p->n_units; i++)
		if (manager_kind(q, &p->units[i]) & which)
			overrides_unlock(&p->units[i]);
	r = unmask(q, which, report, fault);
	if (r == 0)
		r = n = clear_overrides(q, which, NULL, report, fault);
	if (r >= 0)
		r = manager_reload(report, fault);
	return r < 0 ? r : n;
}

/* A part whose unit is not there keeps the daemon from nothing. */
static int enable_units(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault first = { 0 };
	int r = manager_does(q, DEMANDED, STEP_ARGV("enable"), report, &first);

	if (r < 0)
		r = manager_does(q, SERVICES | SOCKETS, STEP_ARGV("enable"), report, fault);
	return r;
}

/* Whoever switched off an updater that nobody demands may have meant it, until it is missed. */
static void have_it_fetch(const struct requirement *q, struct report *report)
{
	struct fault quiet = { 0 };

	report_line(report, "+ ", "having its updater look for signatures at once");
	if (clear(q, SPARE, report, &quiet) >= 0)
		manager_does(q, SPARE, STEP_ARGV("enable"), NULL, &quiet);
	manager_does(q, UPDATERS | SPARE, STEP_ARGV("--no-block", "restart"), NULL, &quiet);
}

/* anew: what runs so far may be another program, or this one under another's rule. */
static int enable(const struct requirement *q, bool anew, struct report *report,
		  struct fault *fault)
{
	int r = has_programs(q, SERVICES, fault), cleared;
	struct failing n;

	if (r < 0)
		return r;
	report_line(report, "+ ", "unmasking and enabling it");
	cleared = clear(q, DEMANDED, report, fault);
	r = cleared < 0 ? cleared : enable_units(q, report, fault);
	if (r < 0)
		return r;
	if (anew || cleared)
		stop_all(q, report);
	/* Only now: whoever asks a socket starts what stands behind it. */
	n = count_failing(q);
	if (n.fetched)
		have_it_fetch(q, report);
	if (!anew && !cleared)
		have_it_read(q, &n, report);
	return start_alone(q, report, fault);
}

/* What locks its files or stands in its way goes.  Whether other files lay over them. */
static bool lay_bare(const struct requirement *q, struct report *report)
{
	bool covered = uncover(q->with.antivirus.provider, report) > 0;

	unlock_provider(q->with.antivirus.provider);
	clear_way(q->with.antivirus.provider, report);
	return covered;
}

static int enable_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	return enable(q, lay_bare(q, report), report, fault);
}

/* With settings that cannot be put right, what runs is not stopped. */
static int restore(const struct requirement *q, bool anew, struct report *report,
		   struct fault *fault)
{
	int r = provide_settings(q->with.antivirus.provider, report, fault);

	return r < 0 ? r : enable(q, anew || r > 0, report, fault);
}

static int restore_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	return restore(q, lay_bare(q, report), report, fault);
}

static bool fails(const struct requirement *q)
{
	return count_failing(q).all > 0;
}

static bool lacks_signatures_only(const struct requirement *q)
{
	struct failing n = count_failing(q);

	return n.fetched && n.fetched == n.all;
}

/* No package has newer signatures than its updater fetches. */
static int refuse_whole(const struct requirement *q, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	struct fault quiet = { 0 };

	if (!lacks_signatures_only(q) || provide_check(p, &quiet) < 0)
		return 0;
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
		r = provide_packages(p, report, &again);
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
	bool covered = lay_bare(q, report);
	int r = await_quiet(q, fault);

	/* What runs so far may have been read from what lay there. */
	if (r == 0 && !covered)
		r = refuse_whole(q, fault);
	if (r < 0)
		return r;
	r = provide_packages(q->with.antivirus.provider, report, fault);
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
	static const struct demand start = { REMEDY_ANTIVIRUS_START, fails, antivirus_start };

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
