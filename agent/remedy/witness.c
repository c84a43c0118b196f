// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-witness: sees for lazaretd what that may not, in others' processes.  Of each unit whose
 * process alone tells whether it works it says which that is, by its executable, and whether it is
 * stopped (witnessed.h); of each provider whose scanner of opened files the policy demands, how
 * many places the scanner watches (watched.h): "+ watches NAME N".  Of processes that run code
 * which an update replaced it says the unit and the package (running_say()), and of sockets that
 * wait for others who holds them (holders.h), when the policy asks for a firewall.  It takes
 * nothing from outside and changes nothing; it ends like a remedy (remedy.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/posture/holders.h"
#include "agent/posture/running.h"
#include "agent/posture/unit.h"
#include "agent/posture/watched.h"
#include "agent/posture/witnessed.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/remedy.h"

static int tell_watched(int root, const struct provider *p, const struct unit_run *run,
			struct report *report, struct fault *fault)
{
	int n = run->state ? watched_places(root, run->pid) : 0;
	char line[80];

	if (n < 0)
		return fault_set(fault, n, "cannot see what process %d has open: %s", (int)run->pid,
				 strerror(-n));
	snprintf(line, sizeof(line), "watches %s %d", p->name, n);
	report_line(report, "+ ", line);
	return 0;
}

static int tell(const struct requirement *q, struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct provider *p = q->with.antivirus.provider;
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->n_units; i++) {
		char line[WITNESSED_LINE];
		struct unit_run run;

		if (!witnessed_is_needed(q, &p->units[i]))
			continue;
		unit_run_look(root, &p->units[i], &run);
		witnessed_say(p, &p->units[i], &run, line);
		report_line(report, "+ ", line);
		if (p->units[i].part == PART_ON_ACCESS)
			r = tell_watched(root, p, &run, report, fault);
	}
	return r;
}

/* The checks of the policy, a bit each: one that does not look at patches asks nobody what runs. */
static int demanded_checks(struct fault *fault)
{
	struct policy *p = NULL;
	int r = demand_policy(&p, fault);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t i = 0; i < p->n_requirements; i++)
		r |= 1 << p->requirements[i].check;
	policy_free(p);
	return r;
}

/* Units that run what is no longer installed. */
static int tell_running(struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct running running;
	char line[RUNNING_LINE + 2] = "+ ";
	int r = running_look(root, &running);

	if (r < 0)
		return fault_set(fault, r, "cannot see what processes run: %s", strerror(-r));
	for (size_t i = 0; i < running.n; i++) {
		running_say(&running, &running.rows[i], line + 2);
		report_line(report, "", line);
	}
	running_say(&running, NULL, line + 2);
	report_line(report, "", line);
	return 0;
}

/* Who holds which socket; without it the rest is told all the same. */
static void tell_holders(struct report *report)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_free_ struct holders *h = calloc(1, sizeof(*h));
	char line[HOLDERS_LINE];

	if (!h || holders_look(root, h) < 0)
		return;
	for (size_t i = 0; i < h->n; i++) {
		holders_say(&h->list[i], line);
		report_line(report, "+ ", line);
	}
}

int main(void)
{
	static const struct demand seen = { .remedy = REMEDY_ANY, .each = tell };
	struct report report = { .fd = STDOUT_FILENO };
	struct fault fault = { 0 };
	int r = demand_each(&seen, &report, &fault), checks = 0;

	if (r == 0)
		r = checks = demanded_checks(&fault);
	if (r > 0 && checks & 1 << CHECK_FIREWALL)
		tell_holders(&report);
	if (r > 0)
		r = checks & 1 << CHECK_PATCHES ? tell_running(&report, &fault) : 0;
	report_line(&report, r < 0 ? REMEDY_FAILED : REMEDY_OK, r < 0 ? fault.why : "");
	return r < 0;
}
