// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restarts the host, when the policy allows it at this moment.  Whoever asked is believed in
 * nothing but that there is something to restart for.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/span.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/package-locks.h"
#include "agent/remedy/reboot-hold.h"
#include "agent/remedy/remedy.h"

#define WALL	    "/usr/bin/wall"
#define WALL_S	    10
#define SYSTEMCTL_S 90
#define GO_MS	    30000
#define COMING_S    5
#define DOWN_MS	    60000 /* until systemd has ended us */

DEFINE_DROP(policy, policy_free)

static const struct reboot_rule *find_rule(const struct policy *p)
{
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];

		if (q->check == CHECK_PATCHES && q->with.patches.reboot.given)
			return &q->with.patches.reboot;
	}
	return NULL;
}

static bool is_open(const struct reboot_rule *rule)
{
	int64_t now = io_now(), from, to;

	return window_next(rule->windows, rule->n_windows, now, &from, &to) && from <= now;
}

static int may_now(const struct policy *p, const struct reboot_rule *rule, struct fault *fault)
{
	if (p->mode != MODE_ENFORCE || !rule)
		return fault_set(fault, -EPERM, "the policy lets nobody restart this host");
	if (!is_open(rule) && !rule->force)
		return fault_set(fault, -EPERM, "no window of the policy is open");
	return 0;
}

/* 0 when nobody is in the way.  Whether it is the deadline's turn, who asks knows. */
static int await_nobody(const struct reboot_rule *rule, struct fault *fault)
{
	char user[64];
	int r;

	if (!rule->despite_users && !rule->force && hold_users(user))
		return fault_set(fault, -EBUSY, "%s is logged in", user);
	r = hold_inhibitor(fault);
	return r > 0 ? -EBUSY : r;
}

/* May it be, as the policy and the host are now?  *notice: how long before it is to be told. */
static int weigh(uint64_t *notice, struct fault *fault)
{
	_drop_(drop_policy) struct policy *p = NULL;
	const struct reboot_rule *rule;
	char user[64];
	int r = demand_policy(&p, fault);

	if (r < 0)
		return fault_set(fault, r, "no policy lets anybody restart this host");
	rule = find_rule(p);
	r = may_now(p, rule, fault);
	if (r == 0)
		r = await_nobody(rule, fault);
	if (r == 0)
		*notice = hold_users(user) || !is_open(rule) ? rule->notice : 0;
	return r;
}

/* False when whoever asked has gone away: then it is called off. */
static bool is_asked(const struct report *report, int ms)
{
	struct pollfd p = { .fd = report->fd, .events = POLLRDHUP };

	return poll(&p, 1, ms) == 0 || !(p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

static void tell_all(const char *text, struct report *report)
{
	struct fault quiet = { 0 };

	report_line(report, "+ ", text);
	if (access(WALL, X_OK) == 0)
		step_exec(STEP_ARGV(WALL, text), WALL_S, report, &quiet);
}

/* At its beginning, and when a quarter of an hour, five minutes and one are left. */
static bool is_told(uint64_t left, uint64_t notice)
{
	return left == notice || left == 900 || left == 300 || left == 60;
}

static void tell_left(uint64_t left, struct report *report)
{
	char text[200], span[SPAN_TEXT];

	snprintf(text, sizeof(text),
		 "This host restarts in %s to complete updates; save your work "
		 "(see: lazaret status).",
		 span_text(left, span));
	tell_all(text, report);
}

/* Whoever comes later is told as well, once his terminal is there. */
static int announce(uint64_t notice, struct report *report, struct fault *fault)
{
	uint64_t again = 0;
	char user[64];
	unsigned there = hold_users(user), before = there;

	for (uint64_t left = notice; left; left--, before = there) {
		there = hold_users(user);
		if (there > before)
			again = left > COMING_S ? left - COMING_S : 1;
		if (is_told(left, notice) || left == again)
			tell_left(left, report);
		if (!is_asked(report, 1000))
			return fault_set(fault, -ECANCELED, "called off");
	}
	return 0;
}

/* lazaretd has it in its ledger, so that it never asks for the same again. */
static int await_go(struct report *report, struct fault *fault)
{
	int r;

	report_line(report, "+ ", REMEDY_READY);
	r = remedy_await_go(report->fd, GO_MS);
	if (r == -ECANCELED)
		return fault_set(fault, r, "called off: it is no longer wanted");
	return r < 0 ? fault_set(fault, -ECANCELED, "called off: nobody said that it is kept") : 0;
}

static int go_down(struct report *report, struct fault *fault)
{
	int r = await_go(report, fault);

	if (r == 0)
		r = step_exec(SYSTEMCTL("reboot"), SYSTEMCTL_S, report, fault);
	/* With the locks on packages, until systemd ends this. */
	if (r == 0)
		step_sleep(DOWN_MS);
	return r;
}

/* What was so before it was announced may not be any more. */
static int prepare(uint64_t notice, struct report *report, struct fault *fault)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (notice)
		r = announce(notice, report, fault);
	if (r == 0 && notice)
		r = weigh(&notice, fault);
	return r < 0 ? r : package_locks_take(root, fault);
}

static int reboot_host(struct report *report, struct fault *fault)
{
	uint64_t notice = 0;
	int r = weigh(&notice, fault);

	if (r < 0)
		return r;
	r = prepare(notice, report, fault);
	if (r == 0)
		r = go_down(report, fault);
	if (r < 0 && notice)
		tell_all("The restart of this host is called off.", report);
	return r;
}

const struct step steps_host_reboot[] = {
	{ .call = reboot_host },
	{ 0 },
};
