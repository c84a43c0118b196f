// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/posture/clamd.h"
#include "agent/posture/unit.h"
#include "agent/remedy/answer.h"
#include "agent/remedy/await.h"
#include "agent/remedy/manager.h"
#include "agent/remedy/remedy.h"
#include "agent/remedy/startable.h"

#define UP_LIMIT_MS 90000 /* one that uses no processor any more */
#define LOAD_LIMIT_MS \
	480000 /* less than any remedy has; all of ClamAV's take a small board minutes */
#define UP_SOON_MS    2000
#define HEALTH_MS     10000 /* more than lazaret-health gives a program */
#define SOON_PAUSE_MS 100
#define UP_PAUSE_MS   500
#define MARGIN_MS     2000

#define LOAD_QUIET_MS 10000
#define LOAD_LEAST_US 20000		/* of a processor, until it counts as used again */
#define LOAD_MOST_US  (600 * 1000000LL) /* in all: what has used more spins, or has long worked */

bool loading_goes_on(struct loading *l, int64_t used_us, uint64_t now_ms)
{
	if (used_us < l->used_us || used_us - l->used_us >= LOAD_LEAST_US)
		*l = (struct loading){ used_us, now_ms };
	return used_us > 0 && used_us < LOAD_MOST_US && now_ms - l->moved_ms < LOAD_QUIET_MS;
}

static int64_t used_us(const struct provider *p)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int64_t sum = -1;

	for (size_t i = 0; root >= 0 && i < p->n_units; i++) {
		const struct provider_unit *u = &p->units[i];
		int64_t us = u->part == PART_DAEMON && *u->program ? unit_cpu_us(root, u->name)
								   : -1;

		if (us >= 0)
			sum = us + (sum < 0 ? 0 : sum);
	}
	return sum;
}

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

static int tell_loading(const struct provider *p, struct fault *fault)
{
	return fault_set(fault, -EINPROGRESS,
			 "%s still loads: it runs, and uses the processor; starting it anew would "
			 "only cost it what it has",
			 p->title);
}

static int tell_down(const struct provider *p, struct fault *fault)
{
	return fault_set(fault, -ESRCH,
			 "%s did not come up: see systemctl status of its units and whether it has "
			 "signatures",
			 p->title);
}

static int let_ask(const struct provider_answer *a, struct report *report)
{
	_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (a->speaks == TONGUE_CLAMD)
		answer_open(root, a->socket + 1, report);
	return 0;
}

/* No use in waiting: it ended, or was switched off or taken away meanwhile. */
static int see_down(const struct requirement *q, struct report *report, struct fault *fault)
{
	struct fault quiet = { 0 };
	int r = startable(q, SERVICES, fault);

	/* A unit whose condition failed "starts" all the same. */
	if (r == 0 &&
	    manager_does(q, SERVICES, STEP_ARGV("is-active", "--quiet"), report, &quiet) < 0)
		r = tell_down(q->with.antivirus.provider, fault);
	return r;
}

int await_work(const struct requirement *q, struct report *report, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	const uint64_t limit = step_left(report, LOAD_LIMIT_MS + MARGIN_MS), begun = io_awake_ms();
	struct loading l = { .moved_ms = begun };
	uint64_t spent;
	bool loads;
	int r;

	do {
		if (works(q))
			return let_ask(&p->answer, report);
		spent = io_awake_ms() - begun;
		loads = loading_goes_on(&l, used_us(p), io_awake_ms());
		r = spent > UP_SOON_MS ? see_down(q, report, fault) : 0;
		if (r < 0)
			return r;
		step_sleep(spent > UP_SOON_MS ? UP_PAUSE_MS : SOON_PAUSE_MS);
	} while (spent + MARGIN_MS < limit && (loads || spent < UP_LIMIT_MS));
	return loads ? tell_loading(p, fault)
		     : fault_set(fault, -ETIMEDOUT, "%s runs and does not answer", p->title);
}

int await_quiet(const struct requirement *q, struct fault *fault)
{
	const struct provider *p = q->with.antivirus.provider;
	int64_t before = used_us(p);
	struct loading l = { before, 0 };

	if (before <= 0 || works(q))
		return 0;
	step_sleep(UP_SOON_MS);
	/* Nothing since then would be as if it had been quiet for long. */
	return loading_goes_on(&l, used_us(p), LOAD_QUIET_MS) && !works(q) ? tell_loading(p, fault)
									   : 0;
}
