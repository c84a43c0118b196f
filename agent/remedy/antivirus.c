// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How an antivirus is switched on again, whichever it is: by what the policy says of it.
 * Each remedy ends with what the one before it does.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/unit.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/overrides.h"
#include "agent/remedy/provide.h"
#include "agent/remedy/remedy.h"

#define UP_LIMIT_MS 90000 /* all of ClamAV's signatures take a slow disk that long */
#define UP_SOON_MS  2000
#define HEALTH_MS   10000 /* more than lazaret-health gives a program */
#define UP_PAUSE_MS 100

static bool works(const struct requirement *q)
{
	const struct provider_answer *a = &q->with.antivirus.provider->answer;
	struct fault quiet = { 0 };
	char answer[16], row[] = { (char)(HEALTH_BYTE + (int)a->ask), 0 };

	switch (a->speaks) {
	case TONGUE_CLAMD:
		return clamd_ask(a->socket, "PING", answer, sizeof(answer), CLAMD_WAIT_MS) == 0 &&
		       !strcmp(answer, "PONG");
	case TONGUE_TEXT: return socket_expect(a->socket, a->send, a->expect, CLAMD_WAIT_MS) == 0;
	case TONGUE_COMMAND: return socket_expect(HEALTH_SOCKET, row, REMEDY_OK, HEALTH_MS) == 0;
	case TONGUE_NONE: break;
	}
	return manager_does(q, SERVICES, STEP_ARGV("is-active", "--quiet"), NULL, &quiet) == 0;
}

static int await_work(const struct requirement *q, struct report *report, struct fault *fault)
{
	const uint64_t limit = step_left(report, UP_LIMIT_MS);
	uint64_t begun = io_awake_ms(), spent = 0;
	const char *title = q->with.antivirus.provider->title;

	for (; spent < limit; spent = io_awake_ms() - begun) {
		struct fault quiet = { 0 };

		if (works(q))
			return 0;
		/* A unit whose condition failed "starts" all the same: no use in waiting for it. */
		if (spent > UP_SOON_MS &&
		    manager_does(q, SERVICES, STEP_ARGV("is-active", "--quiet"), report, &quiet) <
			    0)
			return fault_set(
				fault, -ESRCH,
				"%s did not come up: see systemctl status of its units and "
				"whether it has signatures",
				title);
		step_sleep(UP_PAUSE_MS);
	}
	return fault_set(fault, -ETIMEDOUT, "%s runs and does not answer", title);
}

/* One that hangs neither answers nor ends by itself. */
static int restart_silent(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r;

	report_line(report, "+ ", "waiting until it answers");
	if (await_work(q, report, &quiet) == 0)
		return 0;
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
static int clear_overrides(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int n = 0;

	for (size_t i = 0; i < p->n_units; i++) {
		int r = overrides_set_aside(&p->units[i], report, fault);

		if (r < 0)
			return r;
		n += r;
	}
	return n;
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
	cleared = r < 0 ? r : clear_overrides(q, report, fault);
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
	if (cleared) {
		manager_does(q, SERVICES | SOCKETS | OTHERS, STEP_ARGV("stop"), report, &quiet);
		end_left_over(p);
	}
	return start_one(q, report, fault);
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

/*
 * What does not come up though all of it is there may have a configuration that nobody can read
 * any more, which no package manager replaces.
 */
static int configure_anew(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	struct fault again = { 0 };
	int r;

	if (provide_set_aside(p, report) <= 0)
		return -ENOENT;
	r = provide_packages(p, report, &again);
	if (r == 0)
		r = begin_anew(q, report, &again);
	if (r < 0) {
		report_line(report, "  (its configuration is not the cause) ", again.why);
		provide_put_back(p);
	} else {
		*fault = (struct fault){ 0 };
	}
	return r;
}

static int reinstall_one(const struct requirement *q, struct report *report, struct fault *fault)
{
	int r = provide_packages(q->with.antivirus.provider, report, fault);

	/* One that does not end may ask for ever what its configuration does not answer. */
	if (r < 0 && r != -ETIMEDOUT)
		return r;
	if (r == 0)
		r = begin_anew(q, report, fault);
	return r < 0 && configure_anew(q, report, fault) == 0 ? 0 : r;
}

static int start_all(struct report *report, struct fault *fault)
{
	return demand_each(REMEDY_ANTIVIRUS_START, start_one, report, fault);
}

static int enable_all(struct report *report, struct fault *fault)
{
	return demand_each(REMEDY_ANTIVIRUS_ENABLE, enable_one, report, fault);
}

static int restore_all(struct report *report, struct fault *fault)
{
	return demand_each(REMEDY_ANTIVIRUS_RESTORE, restore_one, report, fault);
}

static int reinstall_all(struct report *report, struct fault *fault)
{
	return demand_each(REMEDY_ANTIVIRUS_REINSTALL, reinstall_one, report, fault);
}

const struct step steps_antivirus_start[] = { { .call = start_all }, { 0 } };
const struct step steps_antivirus_enable[] = { { .call = enable_all }, { 0 } };
const struct step steps_antivirus_restore[] = { { .call = restore_all }, { 0 } };
const struct step steps_antivirus_reinstall[] = { { .call = reinstall_all }, { 0 } };
