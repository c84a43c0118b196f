// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/posture/unit.h"
#include "agent/remedy/antivirus-start.h"
#include "agent/remedy/await.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/startable.h"
#include "agent/remedy/thaw.h"

#define ASK_LIMIT_S   10
#define PARTS_WAIT_MS 3000
#define PARTS_STEP_MS 20

/* One that hangs neither answers nor ends by itself. */
static int restart_silent(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r;

	report_line(report, "+ ", "waiting until it answers");
	r = await_work(q, report, &quiet);
	if (r != -ESRCH && r != -ETIMEDOUT)
		return r == 0 ? 0 : fault_set(fault, r, "%s", quiet.why);
	report_line(report, "  ", quiet.why);
	r = manager_restart(q, report, fault);
	return r < 0 ? r : await_work(q, report, fault);
}

/* The first of these units that is so; NULL: none.  A timer has nothing that could run. */
static const struct provider_unit *find_unit(const struct requirement *q, unsigned which,
					     bool (*is)(const struct unit_run *run))
{
	const struct provider *p = q->with.antivirus.provider;
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (size_t i = 0; i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		struct unit_run run;

		if (!(manager_kind(q, u) & which) || !*u->program)
			continue;
		unit_run_look(root, u, &run);
		if (is(&run))
			return u;
	}
	return NULL;
}

static bool is_halted(const struct unit_run *run)
{
	return run->frozen || unit_run_is_stopped(run);
}

/* No restart takes a slice's limit away. */
static bool is_starved(const struct unit_run *run)
{
	return run->starved;
}

static bool is_down(const struct unit_run *run)
{
	return !run->pid;
}

static bool is_held_up(const struct unit_run *run)
{
	return is_down(run) || is_halted(run) || is_starved(run);
}

bool antivirus_runs(const struct requirement *q)
{
	return !find_unit(q, SERVICES | OTHERS, is_held_up);
}

/* Whoever freezes a slice freezes all that is in it. */
static void thaw_slices(struct report *report)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (const char *const *slice = unit_slices; *slice; slice++) {
		_free_ char *text = NULL;
		struct fault fault = { 0 };
		char path[UNIT_PATH_MAX];
		size_t len;

		snprintf(path, sizeof(path), "%s/cgroup.freeze", *slice);
		if (io_read(root, path, sizeof(path), &text, &len) == 0 && *text == '1' &&
		    thaw_slice(strrchr(*slice, '/') + 1, root, path, &fault) < 0)
			report_line(report, "  ", fault.why);
	}
}

/* What is frozen or stopped is there already: starting it would change nothing. */
static void go_on(const struct requirement *q, struct report *report)
{
	const struct provider *p = q->with.antivirus.provider;
	struct fault quiet = { 0 };

	if (!find_unit(q, SERVICES | OTHERS, is_halted))
		return;
	report_line(report, "+ ", "letting it go on");
	thaw_slices(report);
	for (size_t i = 0; i < p->n_units; i++)
		if (manager_kind(q, &p->units[i]) & (SERVICES | OTHERS) &&
		    thaw(p->units[i].name, &quiet) < 0)
			report_line(report, "  ", quiet.why);
	manager_does(q, SERVICES | OTHERS, STEP_ARGV("kill", "--signal=SIGCONT"), NULL, &quiet);
}

/* The manager calls a part active before it has tried to run its program. */
static int await_parts(const struct requirement *q, struct report *report, struct fault *fault)
{
	const uint64_t begun = io_awake_ms();
	const struct provider_unit *u;
	struct fault quiet = { 0 };
	int r = 0;

	while ((u = find_unit(q, OTHERS, is_down)) && r == 0 &&
	       io_awake_ms() - begun < PARTS_WAIT_MS) {
		step_sleep(PARTS_STEP_MS);
		r = step_exec(SYSTEMCTL("is-active", "--quiet", u->name), ASK_LIMIT_S, report,
			      &quiet);
	}
	return u ? fault_set(fault, -ESRCH, "%s does not come up: see systemctl status %s",
			     u->program, u->name)
		 : 0;
}

/* One that cannot be started keeps neither another nor the daemon from it. */
static int start_parts(const struct requirement *q, struct report *report, struct fault *fault)
{
	static const struct {
		unsigned which;
		const char *by;
	} rows[] = {
		{ WATCHERS, "restart" }, /* it watches again only when it begins anew */
		{ UPDATERS, "start" },
	};
	int first = 0;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fault own = { 0 };
		int r = startable(q, rows[i].which, &own);

		if (r == 0)
			r = manager_begins(q, rows[i].which, rows[i].by, report, &own);
		if (r < 0 && first == 0)
			first = fault_set(fault, r, "%s", own.why);
	}
	return first;
}

int antivirus_start(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 }, owed = { 0 };
	int r = startable(q, SERVICES, fault), parts;

	if (r < 0)
		return r;
	go_on(q, report);
	report_line(report, "+ starting ", q->with.antivirus.provider->title);
	r = manager_begins(q, SERVICES, "start", report, fault);
	/* The cgroup that somebody else has set a limit of goes with the service. */
	if (r == 0 && find_unit(q, SERVICES | OTHERS, is_starved))
		r = manager_restart(q, report, fault);
	if (r < 0)
		return r;
	parts = start_parts(q, report, &owed);
	/* Refused while the service runs, which then has the socket already. */
	manager_does(q, SOCKETS, STEP_ARGV("start"), NULL, &quiet);
	r = restart_silent(q, report, fault);
	if (r < 0 || parts == 0)
		return r < 0 ? r : await_parts(q, report, fault);
	return fault_set(fault, parts, "%s", owed.why);
}
