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
#include "agent/posture/posture.h"
#include "agent/posture/unit.h"
#include "agent/remedy/await.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"

/* One that hangs neither answers nor ends by itself. */
static int restart_silent(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r;

	report_line(report, "+ ", "waiting until it answers");
	r = await_work(q, report, &quiet);
	if (r == 0 || r == -EINPROGRESS)
		return r == 0 ? 0 : fault_set(fault, r, "%s", quiet.why);
	report_line(report, "  ", quiet.why);
	r = manager_restart(q, report, fault);
	return r < 0 ? r : await_work(q, report, fault);
}

static bool is_any(const struct requirement *q, bool (*is)(const struct unit_run *run))
{
	const struct provider *p = q->with.antivirus.provider;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; root >= 0 && i < p->n_units; i++) {
		struct unit_run run;

		unit_run_look(root, &p->units[i], &run);
		if (is(&run))
			return true;
	}
	return root < 0;
}

static bool is_halted(const struct unit_run *run)
{
	return run->frozen || run->state == 'T' || run->state == 't';
}

static bool is_starved(const struct unit_run *run)
{
	return run->starved;
}

/* What is frozen or stopped is there already: starting it would change nothing. */
static void go_on(const struct requirement *q)
{
	struct fault quiet = { 0 };

	if (!is_any(q, is_halted))
		return;
	manager_does(q, SERVICES | OTHERS, STEP_ARGV("thaw"), NULL, &quiet);
	manager_does(q, SERVICES | OTHERS, STEP_ARGV("kill", "--signal=SIGCONT"), NULL, &quiet);
}

/* What was simply stopped is there again after one call; the rest costs time. */
static int start_services(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };

	if (manager_does(q, SERVICES, STEP_ARGV("start"), NULL, &quiet) == 0)
		return 0;
	manager_does(q, SERVICES | SOCKETS | OTHERS, STEP_ARGV("reset-failed"), NULL, &quiet);
	return manager_does(q, SERVICES, STEP_ARGV("start"), report, fault);
}

static int start_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r;

	go_on(q);
	report_line(report, "+ starting ", q->with.antivirus.provider->title);
	r = start_services(q, report, fault);
	/* The cgroup that somebody else has set a limit of goes with the service. */
	if (r == 0 && is_any(q, is_starved))
		r = manager_restart(q, report, fault);
	/* Anew: an updater then looks for signatures, a scanner of opened files watches again. */
	if (r == 0)
		r = manager_does(q, OTHERS, STEP_ARGV("restart"), report, fault);
	if (r < 0)
		return r;
	/* Refused while the service runs, which then has the socket already. */
	manager_does(q, SOCKETS, STEP_ARGV("start"), NULL, &quiet);
	return restart_silent(q, report, fault);
}

/* What ran under another unit's name by a link is nobody's once the link is gone. */
static void end_left_over(const struct provider *p)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; root >= 0 && i < p->n_units; i++) {
		struct unit_run run;

		unit_run_look(root, &p->units[i], &run);
		if (run.pid && run.state)
			kill(run.pid, SIGKILL);
	}
}

/* How many were in the way, or -errno. */
static int clear_overrides(const struct requirement *q, bool all, struct report *report,
			   struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int n = 0;

	for (size_t i = 0; i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		int r = all && u->part != PART_DAEMON ? 0
						      : overrides_set_aside(u, all, report, fault);

		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

static void stop_all(const struct requirement *q, struct report *report)
{
	struct fault quiet = { 0 };

	manager_does(q, SERVICES | SOCKETS | OTHERS, STEP_ARGV("stop"), report, &quiet);
	end_left_over(q->with.antivirus.provider);
}

/* Drop-ins that decide nothing may still be why it does not come up: WorkingDirectory=. */
static int start_alone(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault first = { 0 };
	int r = start_one(q, report, &first);

	if (r == 0)
		return 0;
	if (r == -EINPROGRESS || clear_overrides(q, true, report, fault) <= 0)
		return fault_set(fault, r, "%s", first.why);
	r = manager_reload(report, fault);
	if (r < 0)
		return r;
	stop_all(q, report);
	return start_one(q, report, fault);
}

static int enable_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	struct fault quiet = { 0 };
	int r, cleared;

	report_line(report, "+ ", "unmasking and enabling it");
	for (size_t i = 0; i < p->n_units; i++)
		overrides_unlock(&p->units[i]);
	r = manager_does(q, SERVICES | SOCKETS | OTHERS | SPARE, STEP_ARGV("unmask"), report,
			 fault);
	/* What `mask --runtime` made, the call above leaves, and says nothing. */
	if (r == 0)
		r = manager_does(q, SERVICES | SOCKETS | OTHERS | SPARE,
				 STEP_ARGV("unmask", "--runtime"), report, fault);
	cleared = r < 0 ? r : clear_overrides(q, false, report, fault);
	if (cleared >= 0)
		r = manager_reload(report, fault);
	if (cleared >= 0 && r == 0)
		r = manager_does(q, SERVICES | SOCKETS | OTHERS, STEP_ARGV("enable"), report,
				 fault);
	if (cleared < 0 || r < 0)
		return cleared < 0 ? cleared : r;
	if (manager_does(q, SPARE, STEP_ARGV("enable"), NULL, &quiet) == 0)
		/* Anew, so that it looks for signatures at once. */
		manager_does(q, SPARE, STEP_ARGV("--no-block", "restart"), NULL, &quiet);
	/* What runs so far may be another program, or this one under another's rule. */
	if (cleared)
		stop_all(q, report);
	return start_alone(q, report, fault);
}

static int restore_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	int r = provide_settings(q->with.antivirus.provider, report, fault);

	if (r > 0)
		r = manager_restart(q, report, fault);
	return r < 0 ? r : enable_one(q, report, fault);
}

static int begin_anew(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	/* Whatever ran so far may be another program, or this one as it was before. */
	int r = manager_reload(report, fault);

	if (r == 0)
		manager_does(q, SERVICES | SOCKETS | OTHERS, STEP_ARGV("stop"), report, &quiet);
	return r < 0 ? r : restore_one(q, report, fault);
}

/* How many of the demanded probes fail in root's eyes, and how many for what its updater fetches.
 */
struct failing {
	size_t all, fetched;
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
		for (size_t k = 0; k < COUNT(fetched); k++)
			n.fetched += !strcmp(e->probe, fetched[k]);
	}
	return n;
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
		r = begin_anew(q, report, &again);
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
	int r = await_quiet(q, fault);

	if (r == 0)
		r = refuse_whole(q, fault);
	if (r < 0)
		return r;
	r = provide_packages(q->with.antivirus.provider, report, fault);
	/* One that does not end may ask for ever what its configuration does not answer. */
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	if (r == 0)
		r = begin_anew(q, report, fault);
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
