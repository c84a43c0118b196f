// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/unit.h"
#include "agent/remedy/antivirus-enable.h"
#include "agent/remedy/antivirus-start.h"
#include "agent/remedy/asides.h"
#include "agent/remedy/failing.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/startable.h"
#include "agent/remedy/unreadable.h"

#define FETCH_LIMIT_MS 15000 /* in quarantine names take ten seconds to be not found */
#define FETCH_PAUSE_MS 300

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

static void have_it_read(const struct requirement *q, struct report *report)
{
	const struct provider_answer *a = &q->with.antivirus.provider->answer;
	char answer[16];

	if (a->speaks != TONGUE_CLAMD)
		return;
	report_line(report, "+ ", "having it read the signatures that are there");
	(void)clamd_ask(a->socket, "RELOAD", answer, sizeof(answer), CLAMD_WAIT_MS);
}

/*
 * An updater tells the daemon of what it has fetched, unless it does not know the socket, or the
 * daemon is down just then.  What comes later than this is seen by the files' event.
 */
static void await_signatures(const struct requirement *q, struct report *report)
{
	const uint64_t begun = io_awake_ms();
	struct failing n = count_failing(q), before = { .stored = true };
	bool told = false;

	while (n.fetched && io_awake_ms() - begun < FETCH_LIMIT_MS) {
		if (!told && n.loaded && !n.stored && !before.stored) {
			have_it_read(q, report);
			told = true;
		}
		step_sleep(FETCH_PAUSE_MS);
		before = n;
		n = count_failing(q);
	}
}

int antivirus_enable(const struct requirement *q, bool anew, struct report *report,
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
	r = start_alone(q, report, fault);
	if (r == 0 && n.fetched)
		await_signatures(q, report);
	return r;
}
