// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/age.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/integrity.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/trigger/timer.h"

#define RETRY_SECONDS  5 /* after an enforcement that failed */
#define LOOKS_LIMIT_MS 10000

/* A mute antivirus costs a second each time it is asked; the watchdog waits for none of them. */
static void look(struct daemon *d, struct subject *s, uint64_t round)
{
	if (io_boot_ms() - round < LOOKS_LIMIT_MS) {
		posture_look(s->req, &d->host, &s->finding);
		return;
	}
	s->finding = (struct finding){ .grade = GRADE_UNKNOWN };
	snprintf(s->finding.what, sizeof(s->finding.what),
		 "not looked at: the looks before took more than %d s", LOOKS_LIMIT_MS / 1000);
}

static void look_at(struct daemon *d, struct subject *s, uint64_t round)
{
	enum grade before = s->finding.grade;
	int64_t now = io_now();

	d->host.now = now;
	look(d, s, round);
	s->verdict = judge(s->req, s->finding.grade, memory_since(d->memory, s->req->id), now);
	memory_set(d->memory, s->req->id, s->verdict.since);
	if (s->verdict.standing == STANDING_MET && !(d->run && d->mending == s))
		ladder_reset(&s->ladder);
	if (s->finding.grade != before)
		log_notice("%s: %s: %s", s->req->id, grade_names[s->finding.grade],
			   s->finding.what);
}

/* The requirement that decides the state, for the one line that tells it. */
static const struct subject *worst(const struct daemon *d)
{
	const struct subject *w = NULL;

	for (size_t i = 0; i < d->n_subjects; i++)
		if (!w || d->subjects[i].verdict.standing > w->verdict.standing)
			w = &d->subjects[i];
	return w && w->verdict.standing != STANDING_MET ? w : NULL;
}

static void move_to(struct daemon *d, enum state state, const char *cause)
{
	const struct subject *w = worst(d);

	if (state == d->state)
		return;
	log_notice("%s, was %s (%s)%s%s%s%s", state_names[state], state_names[d->state], cause,
		   w ? ": " : "", w ? w->req->id : "", w ? ": " : "", w ? w->finding.what : "");
	d->state = state;
	d->since = io_now();
}

/* When to look again though nothing wakes us: the earliest of all that is due. */
static uint64_t seconds_to_wake(const struct daemon *d)
{
	int64_t now = io_now(), first = now + (int64_t)d->policy->look_every;
	int64_t stale = judge_stale_at(d->policy, &d->accepted);

	if (d->age != AGE_STALE && stale < first)
		first = stale;
	if (*d->enforce_fault && first > now + RETRY_SECONDS)
		first = now + RETRY_SECONDS;
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];

		if (s->verdict.standing == STANDING_GRACE && s->verdict.until < first)
			first = s->verdict.until;
		if (!d->run && s->verdict.standing != STANDING_MET && s->req->n_remedies &&
		    s->ladder.not_before < first)
			first = s->ladder.not_before;
	}
	return first > now ? (uint64_t)(first - now) : 1;
}

static enum state judge_all(const struct daemon *d)
{
	struct verdict verdicts[POLICY_REQUIREMENTS];

	if (d->age == AGE_STALE)
		return STATE_QUARANTINED;
	for (size_t i = 0; i < d->n_subjects; i++)
		verdicts[i] = d->subjects[i].verdict;
	return judge_host(verdicts, d->n_subjects);
}

void round_look(struct daemon *d, const char *cause)
{
	uint64_t round = io_boot_ms();
	int r;

	if (!d->policy)
		return;
	for (size_t i = 0; i < d->n_subjects; i++)
		look_at(d, &d->subjects[i], round);
	r = memory_keep(d->memory);
	if (r < 0)
		log_warn("cannot keep the deadlines in %s/agent: %s; a restart would begin them "
			 "anew",
			 d->config->state_dir, strerror(-r));
	age_judge(d);
	move_to(d, judge_all(d), cause);
	enforce(d);
	reach_round(d);
	integrity_look(d);
	mend(d);
	if (timer_arm(d->wake, seconds_to_wake(d)) < 0)
		log_err("cannot set the timer of the next look");
}
