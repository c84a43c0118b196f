// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/posture/patches.h"
#include "agent/posture/remembered.h"
#include "agent/posture/witnessed.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"
#include "agent/witness.h"

#define EVERY_MS 30000
#define OLD_MS	 (15 * 60 * 1000) /* what was said that long ago is not known any more */

static bool is_about_processes(const struct requirement *q)
{
	const struct provider *p = q->with.antivirus.provider;

	for (size_t i = 0; i < p->n_units; i++)
		if (witnessed_is_needed(q, &p->units[i]))
			return true;
	return false;
}

/* Others can reach a socket that the policy asks about, and it is not known whose it is. */
static bool is_nameless(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];

		if (s->req->check == CHECK_FIREWALL && s->req->with.firewall.exposed.demanded &&
		    s->finding.nameless)
			return true;
	}
	return false;
}

/* What it sees may change without an event, or the look cannot go on without it. */
static bool is_demanded(const struct daemon *d)
{
	const struct policy *p = d->policy;

	for (size_t i = 0; i < p->n_requirements; i++)
		switch (p->requirements[i].check) {
		case CHECK_ANTIVIRUS:
			if (is_about_processes(&p->requirements[i]))
				return true;
			break;
		case CHECK_PATCHES:
			if (d->host.running)
				return true;
			break;
		case CHECK_FIREWALL:
		case CHECK_COUNT: break;
		}
	return is_nameless(d);
}

static void on_line(void *ctx, const char *line)
{
	struct daemon *d = ctx;
	char name[PROVIDER_NAME_MAX];
	bool news = false;
	int n, before;
	long at;

	if (running_hear(&d->hearing, line) || holders_hear(&d->hearing_holders, line))
		return;
	if (witnessed_hear(d->host.remembered, line, io_now(), &news)) {
		d->witness.news |= news;
		return;
	}
	_Static_assert(PROVIDER_NAME_MAX == 32, "the width below");
	if (sscanf(line, "watches %31s %d", name, &n) != 2 || n < 0)
		return;
	before = remembered_marks(d->host.remembered, name, &at);
	remembered_set_marks(d->host.remembered, name, n, io_now());
	d->witness.news |= before < 0 || !before != !n;
}

static void take_running(struct daemon *d, const struct running *r)
{
	if (!running_same(&d->processes, r)) {
		patches_forget(d->host.patches);
		d->witness.news = true;
	}
	d->processes = *r;
}

static void take_holders(struct daemon *d, const struct holders *h)
{
	d->witness.news |= is_nameless(d) && memcmp(&d->holders, h, sizeof(*h)) != 0;
	d->holders = *h;
}

static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;

	errand_drop(&d->witness);
	take_holders(d, &d->hearing_holders);
	if (err < 0)
		log_warn("lazaret-witness: %s", why);
	else if (d->hearing.whole) {
		take_running(d, &d->hearing);
		d->processes_heard = io_boot_ms();
	}
	if (errand_matters(&d->witness))
		round_look(d, "seen by lazaret-witness");
}

static void start(struct daemon *d)
{
	struct fault fault = { 0 };

	d->witness.asked = io_boot_ms();
	d->hearing = (struct running){ 0 };
	d->hearing_holders = (struct holders){ 0 };
	if (errand_start(d, &d->witness, helper_witness, on_line, on_done, &fault) < 0)
		log_warn("lazaret-witness cannot be asked: %s", fault.why);
}

/* A unit began anew: until its process was seen, its look knows nothing. */
static bool is_waited_for(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++)
		if (d->subjects[i].req->check == CHECK_ANTIVIRUS && d->subjects[i].finding.moving)
			return true;
	return false;
}

static uint64_t pause_of(const struct daemon *d)
{
	return is_waited_for(d) ? 0 : EVERY_MS;
}

void witness_ask(struct daemon *d)
{
	const struct running unknown = { 0 };
	uint64_t now = io_boot_ms();

	if (d->processes.whole && now - d->processes_heard > OLD_MS)
		take_running(d, &unknown);
	if (d->policy && is_demanded(d) && !d->witness.run &&
	    (!d->witness.asked || now - d->witness.asked >= pause_of(d)))
		start(d);
}

bool witness_look(struct daemon *d)
{
	if (!d->policy || !is_demanded(d))
		return false;
	errand_drop(&d->witness);
	start(d);
	d->witness.round = d->witness.run != NULL;
	return d->witness.round;
}

bool witness_awaited(struct daemon *d)
{
	if (!d->witness.asked)
		witness_look(d);
	return d->witness.round && !d->processes_heard;
}
