// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/clerk/updates.h"
#include "agent/daemon.h"
#include "agent/inquiry.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/posture/cgroup.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"
#include "agent/trigger/nftables.h"
#include "netfilter/watch.h"

#define EVERY_MS (10 * 60 * 1000) /* how updaters fare */
/* Clocks of logs count whole seconds, and a look takes its time. */
#define SLACK 2
/* The first moments are the repair's: systemd would make the clerk's sandbox beside it. */
#define LATER_USEC 250000

static void ask(struct daemon *d);

/* An act explains one failure: what was known at the one before has nothing to do with this one. */
static bool fits(const struct inquiry *q, const struct act *a)
{
	if (a->at < q->passed - SLACK || a->at > q->fell + SLACK || a->at < q->answered)
		return false;
	return a->at != q->known.at || strcmp(a->text, q->known.text);
}

static void on_line(void *ctx, const char *line)
{
	struct daemon *d = ctx;
	char id[POLICY_ID_MAX], provider[PROVIDER_NAME_MAX];
	struct updates u;
	struct act a;

	if (updates_hear(line, provider, &u))
		d->clerk.news |= remembered_set_updates(d->host.remembered, provider, &u);
	if (!act_hear(line, id, &a))
		return;
	for (size_t i = 0; i < d->n_subjects; i++) {
		struct inquiry *q = &d->subjects[i].inquiry;

		if (!q->asked || strcmp(d->subjects[i].req->id, id) || !fits(q, &a))
			continue;
		if (!*q->act.text || a.rank > q->act.rank ||
		    (a.rank == q->act.rank && a.at > q->act.at))
			q->act = a;
	}
}

static void conclude(struct daemon *d, struct subject *s)
{
	struct inquiry *q = &s->inquiry;
	char by[UNDONE_TEXT];

	q->asked = false;
	q->answered = io_now();
	snprintf(by, sizeof(by), "%s%s%s", q->hands, *q->hands && *q->act.text ? "; " : "",
		 q->act.text);
	memory_undo(d->memory, s->req->id, q->fell, by);
	if (*by)
		log_entry(LOG_ID_UNDONE,
			  LOG_FIELDS({ "LAZARET_REQUIREMENT", s->req->id }, { "LAZARET_WHO", by }),
			  "%s: just before it failed: %s", s->req->id, by);
	if (q->tugged)
		mend_tell_tug(d, s);
	q->tugged = false;
}

static void conclude_all(struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++)
		if (d->subjects[i].inquiry.asked)
			conclude(d, &d->subjects[i]);
	round_keep(d);
}

static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;
	bool again = d->clerk_again, look = errand_matters(&d->clerk);

	errand_drop(&d->clerk);
	d->clerk_again = false;
	if (err < 0)
		log_warn("lazaret-clerk: %s", why);
	if (again)
		ask(d);
	if (!d->clerk.run)
		conclude_all(d);
	if (look)
		round_look(d, "told by lazaret-clerk");
}

static void ask(struct daemon *d)
{
	struct fault fault = { 0 };

	if (d->clerk.run) {
		d->clerk_again = true;
		return;
	}
	d->clerk.asked = io_boot_ms();
	if (errand_start(d, &d->clerk, helper_clerk, on_line, on_done, &fault) < 0)
		log_warn("lazaret-clerk cannot be asked: %s", fault.why);
}

static int on_later(sd_event_source *s, uint64_t usec, void *userdata)
{
	struct daemon *d = userdata;

	(void)s, (void)usec;
	d->clerk_later = sd_event_source_disable_unref(d->clerk_later);
	ask(d);
	if (!d->clerk.run)
		conclude_all(d);
	return 0;
}

static void ask_later(struct daemon *d)
{
	if (!d->clerk_later && sd_event_add_time_relative(d->loop, &d->clerk_later, CLOCK_MONOTONIC,
							  LATER_USEC, 1, on_later, d) < 0)
		on_later(NULL, 0, d);
}

/* "nft (process 812), dockerd (process 77 of docker.service) changed rules" */
static void note_hands(struct daemon *d, struct inquiry *q)
{
	const struct watch *seen = d->nftables ? nftables_seen(d->nftables) : NULL;
	char unit[CGROUP_NAME_MAX];
	int n = 0;

	*q->hands = '\0';
	for (size_t i = 0; seen && i < seen->n_hands && n < (int)sizeof(q->hands); i++) {
		const struct hand *h = &seen->hands[i];

		cgroup_of(d->host.root, (long)h->pid, unit);
		n += snprintf(q->hands + n, sizeof(q->hands) - (size_t)n, "%s%s (process %u%s%s)",
			      i ? ", " : "kernel: rules changed by ", h->name, h->pid,
			      *unit ? " of " : "", unit);
	}
}

static bool is_asked_about(const struct subject *s)
{
	return s->req->check == CHECK_ANTIVIRUS || s->req->check == CHECK_FIREWALL;
}

static void begin(struct daemon *d, struct subject *s, int64_t passed)
{
	struct inquiry *q = &s->inquiry;

	*q = (struct inquiry){ .asked = true,
			       .tugged = q->tugged,
			       .passed = passed,
			       .fell = io_now(),
			       .before = q->before,
			       .last = q->last,
			       .answered = q->answered,
			       .known = q->act };
	if (s->req->check == CHECK_FIREWALL)
		note_hands(d, q);
	ask_later(d);
}

void inquiry_look(struct daemon *d, struct subject *s)
{
	struct inquiry *q = &s->inquiry;

	if (!is_asked_about(s))
		return;
	q->before = q->last;
	q->last = io_now();
	if (s->finding.grade == GRADE_PASS) {
		q->passed = io_now();
		q->stood = true;
	}
	/* What a remedy does to it on its way is nobody's deed. */
	if (s->finding.grade != GRADE_FAIL || !q->stood || (d->run && d->mending == s))
		return;
	begin(d, s, q->passed);
}

void inquiry_again(struct daemon *d, struct subject *s)
{
	if (is_asked_about(s) && s->inquiry.before)
		begin(d, s, s->inquiry.before);
}

void inquiry_tug(struct daemon *d, struct subject *s)
{
	if (s->inquiry.asked)
		s->inquiry.tugged = true;
	else
		mend_tell_tug(d, s);
}

static bool has_updates(const struct daemon *d, bool demanded)
{
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct requirement *q = d->subjects[i].req;

		if (q->check == CHECK_ANTIVIRUS &&
		    q->with.antivirus.provider->updates.from != CHRONICLE_NONE &&
		    (q->with.antivirus.updater_max_age || (q->with.antivirus.updater && !demanded)))
			return true;
	}
	return false;
}

void inquiry_round(struct daemon *d)
{
	if (!d->clerk.run && has_updates(d, false) &&
	    (!d->clerk.asked || io_boot_ms() - d->clerk.asked >= EVERY_MS))
		ask(d);
}

bool inquiry_awaited(struct daemon *d)
{
	if (!d->clerk.asked && has_updates(d, true)) {
		ask(d);
		d->clerk.round = d->clerk.run != NULL;
	}
	return d->clerk.round;
}
