// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/health.h"
#include "agent/posture/remembered.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"

#define EVERY 10		    /* seconds */
#define OLD   (HEALTH_MAX_AGE - 20) /* a look takes its time, too */

static void ask(struct daemon *d, int64_t max_age);

/* A row of which nothing that young is known; HEALTH_NONE. */
static enum health find_due(const struct daemon *d, int64_t max_age)
{
	const struct policy *p = d->policy;
	struct health_word w;

	for (size_t i = 0; i < p->n_requirements; i++) {
		const struct requirement *q = &p->requirements[i];
		enum health row = q->check == CHECK_ANTIVIRUS
					  ? q->with.antivirus.provider->answer.ask
					  : HEALTH_NONE;

		if (row != HEALTH_NONE &&
		    !remembered_health(d->host.remembered, row, io_now(), max_age, &w))
			return row;
	}
	return HEALTH_NONE;
}

static void note(struct daemon *d, enum health row, int err, const char *why)
{
	struct health_word w = { .at = io_now(), .err = err };

	snprintf(w.why, sizeof(w.why), "%s", why);
	d->health.news |= remembered_set_health(d->host.remembered, row, &w);
}

/* Nobody answers: what was said counts until it is old. */
static void doubt(struct daemon *d, const char *why)
{
	struct health_word w;

	log_warn("%s", why);
	for (int row = HEALTH_NONE + 1; row < HEALTH_COUNT; row++)
		if (!remembered_health(d->host.remembered, (enum health)row, io_now(), OLD, &w))
			note(d, (enum health)row, -ENOTCONN, why);
}

static void on_line(void *ctx, const char *line)
{
	(void)ctx, (void)line;
}

/* One row after the other; each is asked once in a row of questions, however long that takes. */
static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;

	errand_drop(&d->health);
	if (err == 0 || err == -EIO) {
		note(d, d->health_row, err, why);
		ask(d, EVERY + (int64_t)((io_boot_ms() - d->health.asked) / 1000));
	} else {
		doubt(d, "lazaret-health ended without an answer");
	}
	if (!d->health.run && errand_matters(&d->health))
		round_look(d, "told by lazaret-health");
}

static int start(struct daemon *d, struct fault *fault)
{
	int r = errand_start(d, &d->health, helper_health, on_line, on_done, fault);

	if (r == 0)
		r = remedy_answer(d->health.run, (char)(HEALTH_BYTE + (int)d->health_row));
	if (r < 0)
		errand_drop(&d->health);
	return r;
}

static void ask(struct daemon *d, int64_t max_age)
{
	enum health row = d->policy ? find_due(d, max_age) : HEALTH_NONE;
	struct fault fault = { 0 };
	int r;

	if (d->health.run || row == HEALTH_NONE)
		return;
	d->health_row = row;
	r = start(d, &fault);
	if (r == 0)
		return;
	fault_set(&fault, r, "%s", strerror(-r));
	fault_prefix(&fault, "lazaret-health cannot be asked");
	doubt(d, fault.why);
}

static void begin(struct daemon *d, int64_t max_age)
{
	if (!d->health.run)
		d->health.asked = io_boot_ms();
	ask(d, max_age);
}

void health_ask(struct daemon *d)
{
	begin(d, EVERY);
}

bool health_awaited(struct daemon *d)
{
	if (find_due(d, OLD) == HEALTH_NONE)
		return false;
	begin(d, OLD);
	d->health.round = d->health.run != NULL;
	return d->health.round;
}

void health_forget(struct daemon *d)
{
	errand_drop(&d->health);
	remembered_forget_words(d->host.remembered);
}
