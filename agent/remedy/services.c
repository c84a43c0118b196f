// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Restarts services that run what an update replaced: those that the policy lists, and no other.
 * What runs is asked of lazaret-witness, so that this needs no power over others' processes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "agent/base/cleanup.h"
#include "agent/posture/running.h"
#include "agent/remedy/demand.h"
#include "agent/remedy/lines.h"
#include "agent/remedy/remedy.h"

#define WITNESS	     "/run/lazaret/witness.sock"
#define ASK_SECONDS  15
#define ASK_AGAIN    20 /* it serves one at a time, and lazaretd asks it, too */
#define ASK_PAUSE_MS 500
#define RESTART_S    120

DEFINE_DROP(policy, policy_free)

static void on_line(void *ctx, const char *line)
{
	if (!strncmp(line, "+ ", 2))
		running_hear(ctx, line + 2);
}

static int hear(int fd, struct running *ret)
{
	const struct timeval limit = { .tv_sec = ASK_SECONDS };
	struct lines lines = { 0 };
	char buf[4096];
	ssize_t n;

	*ret = (struct running){ 0 };
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		lines_feed(&lines, buf, (size_t)n, on_line, ret);
	if (n < 0)
		return -errno;
	lines_end(&lines, on_line, ret);
	return ret->whole ? 0 : -EAGAIN;
}

static int ask(struct running *ret)
{
	const struct sockaddr_un to = { .sun_family = AF_UNIX, .sun_path = WITNESS };
	_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return hear(fd, ret);
}

static int ask_witness(struct running *ret, struct fault *fault)
{
	int r = ask(ret);

	for (int i = 0; r == -EAGAIN && i < ASK_AGAIN; i++) {
		step_sleep(ASK_PAUSE_MS);
		r = ask(ret);
	}
	return r < 0 ? fault_set(fault, r, "cannot learn what runs: " WITNESS ": %s", strerror(-r))
		     : 0;
}

static bool is_listed(const struct policy *p, const char *unit)
{
	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];

		for (size_t k = 0; q->check == CHECK_PATCHES && k < q->with.patches.n_restart; k++)
			if (!strcmp(q->with.patches.restart[k], unit))
				return true;
	}
	return false;
}

static bool was_before(const struct running *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(r->rows[i].unit, r->rows[at].unit))
			return true;
	return false;
}

/* Who is not running is left alone; systemd itself changes over without a restart. */
static int restart(const char *unit, struct report *report, struct fault *fault)
{
	char text[RUNNING_UNIT + 20];

	snprintf(text, sizeof(text), "restarting %s", unit);
	report_line(report, "+ ", text);
	if (!strcmp(unit, "init.scope"))
		return step_exec(SYSTEMCTL("daemon-reexec"), RESTART_S, report, fault);
	return step_exec(SYSTEMCTL("try-restart", "--", unit), RESTART_S, report, fault);
}

/* One that cannot be restarted keeps no other from it. */
static int restart_listed(const struct policy *p, const struct running *running,
			  struct report *report, struct fault *fault)
{
	const char *left = NULL;
	int r = 0, n = 0;

	for (size_t i = 0; i < running->n; i++) {
		const char *unit = running->rows[i].unit;
		struct fault own = { 0 };
		int err;

		if (was_before(running, i))
			continue;
		if (!is_listed(p, unit)) {
			left = unit;
			continue;
		}
		n++;
		err = restart(unit, report, &own);
		if (err < 0)
			r = fault_set(fault, err, "%s: %.180s", unit, own.why);
	}
	if (!n && left)
		return fault_set(fault, -ENOENT,
				 "%s runs what was replaced, and the policy does not list it under "
				 "\"restart\"",
				 strcmp(left, "-") ? left : "a process of no unit");
	return r;
}

static int restart_services(struct report *report, struct fault *fault)
{
	_drop_(drop_policy) struct policy *p = NULL;
	struct running running;
	int r = demand_policy(&p, fault);

	if (r < 0)
		return fault_set(fault, r, "no policy says what may be restarted");
	r = ask_witness(&running, fault);
	return r < 0 ? r : restart_listed(p, &running, report, fault);
}

const struct step steps_services_restart[] = {
	{ .call = restart_services },
	{ 0 },
};
