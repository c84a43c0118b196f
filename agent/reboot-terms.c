// SPDX-License-Identifier: GPL-2.0-or-later
/* What speaks for and against a restart of the host, of what the last looks saw. */
#include <stdio.h>

#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/due.h"
#include "agent/helpdesk.h"
#include "agent/memory.h"
#include "agent/posture/patches.h"
#include "agent/reboot.h"

static const struct subject *find_subject(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct requirement *q = d->subjects[i].req;

		if (q->check == CHECK_PATCHES && q->with.patches.reboot.given)
			return &d->subjects[i];
	}
	return NULL;
}

/* Services are restarted by themselves, as long as that may help. */
static bool restarts_services(struct daemon *d, const struct requirement *req)
{
	const struct ladder *l = memory_ladder(d->memory, req);
	bool may = false;

	for (size_t i = 0; i < req->n_remedies; i++)
		may |= req->remedies[i] == REMEDY_SERVICES_RESTART;
	return may && l && !l->rounds;
}

static void say_why(struct reboot *r, const struct patch *p, size_t before)
{
	if (!before)
		snprintf(r->why, sizeof(r->why), "%.50s%s%.30s: %.60s", p->package,
			 *p->fixed ? " " : "", p->fixed, p->why);
}

static int64_t due_of(const struct daemon *d, const struct subject *s, const struct findings *f,
		      const struct patch *p)
{
	const struct deadlines *given = &s->req->with.patches.deadlines;
	const struct due_terms t = { s->req, memory_offered(d->memory),
				     deadlines_risk(given, (unsigned)d->config->risk), io_now() };
	struct due due;

	if (!(s->req->with.patches.fails_on >> PATCH_RESTART & 1))
		return INT64_MAX;
	if (given->given)
		return due_patch(&t, f, p, &due) ? due.until : INT64_MAX;
	return s->verdict.until ? s->verdict.until : INT64_MAX;
}

static bool sees_all(const struct daemon *d)
{
	return !d->host.running || running_saw_all(d->host.running);
}

/* What waits for a restart of the host, and what of it was not restarted for yet. */
static void count(struct daemon *d, const struct subject *s, const struct findings *f,
		  struct reboot_terms *t)
{
	struct reboot *r = d->reboot;
	bool services = restarts_services(d, s->req);
	size_t n;
	const struct patch *p = findings_list(f, &n);

	for (; n && t->waiting < REBOOT_WAITS; n--, p++) {
		int64_t until;

		if (p->state != PATCH_RESTART || (!p->reboot && services))
			continue;
		r->ids[t->waiting] = findings_id(p);
		t->stuck += reboots_stuck(memory_reboots(d->memory), r->ids[t->waiting]);
		if (!reboots_over(memory_reboots(d->memory), r->ids[t->waiting])) {
			until = due_of(d, s, f, p);
			t->until = until < t->until ? until : t->until;
			say_why(r, p, t->open++);
		} else if (!t->open) {
			say_why(r, p, t->waiting);
		}
		t->waiting++;
	}
	/* A look that did not see all that runs forgets nothing. */
	if (t->sure && !services && sees_all(d))
		reboots_forget(memory_reboots(d->memory), r->ids, t->waiting, t->now);
}

/* The host's clock may be set meanwhile. */
static int64_t retry_at(const struct reboot *r)
{
	uint64_t now = io_boot_ms();

	return r->retry_ms > now ? io_now() + (int64_t)(r->retry_ms - now) / 1000 + 1 : 0;
}

void reboot_weigh(struct daemon *d)
{
	const struct subject *s = find_subject(d);
	const struct findings *f = s ? patches_of(d->host.patches, s->req) : NULL;
	struct reboot *r = d->reboot;
	static const struct reboot_rule none;
	struct reboot_terms t = {
		.rule = s ? &s->req->with.patches.reboot : &none,
		.until = INT64_MAX,
		.enforce = d->decision.mend,
		.sure = s && (s->finding.grade == GRADE_PASS || s->finding.grade == GRADE_FAIL),
		.busy = d->run || d->witness.round || d->health.round,
		.released = helpdesk_until(d),
		.retry = retry_at(r),
		.now = io_now(),
	};

	r->why[0] = '\0';
	if (f)
		count(d, s, f, &t);
	t.last = reboots_last(memory_reboots(d->memory));
	if (reboots_retry(memory_reboots(d->memory)) > t.retry)
		t.retry = reboots_retry(memory_reboots(d->memory));
	r->terms = t;
}
