// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/age.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/daemon.h"
#include "agent/dated.h"
#include "agent/enforce.h"
#include "agent/events.h"
#include "agent/health.h"
#include "agent/helpdesk.h"
#include "agent/integrity.h"
#include "agent/kept.h"
#include "agent/legacy.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/network.h"
#include "agent/pace.h"
#include "agent/reach.h"
#include "agent/reboot.h"
#include "agent/round.h"
#include "agent/trigger/timer.h"
#include "agent/witness.h"
#include "netfilter/baseline.h"

#define RETRY_SECONDS  5 /* after an enforcement that failed */
#define LOOKS_LIMIT_MS 10000
#define ALL_CHECKS     ((1u << CHECK_COUNT) - 1)

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

/* One that another firewall makes needless would only be in its way. */
static void retire_baseline(struct daemon *d)
{
	struct nft *nft = d->host.nft;
	struct fault fault = { 0 };
	int r;

	if (!nft)
		return;
	nft->beside = d->tables.is.rules;
	r = baseline_retire(nft, &fault);
	nft->beside = NULL;
	if (r > 0)
		log_notice("the firewall is on again; the baseline's table is taken away");
	else if (r < 0)
		log_warn("cannot take the baseline's table away: %s", fault.why);
}

static void look_at(struct daemon *d, struct subject *s, uint64_t round)
{
	struct past *past = memory_past(d->memory, s->req->id), unknown = { 0 };
	const bool first = s->verdict.standing == STANDING_UNJUDGED;
	const enum grade before = s->finding.grade;
	int64_t now = io_now(), since;

	d->host.now = now;
	look(d, s, round);
	if (s->req->check == CHECK_FIREWALL && s->finding.grade == GRADE_PASS && !d->run)
		retire_baseline(d);
	past = past ? past : &unknown;
	since = past->since;
	s->verdict = dated_judge(d, s, past, now);
	if (past->since != since)
		memory_tell(d->memory, ENTRY_FAILING, s->req->id, past->since, "%s",
			    s->finding.what);
	inquiry_look(d, s);
	mend_look(d, s);
	mend_judge(d, s);
	if (first || s->finding.grade != before)
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
	enum state was = d->history->state;
	char why[2 * ENTRY_TEXT];

	if (state == was)
		return;
	snprintf(why, sizeof(why), "(%s)%s%s%s%s", cause, w ? ": " : "", w ? w->req->id : "",
		 w ? ": " : "", w ? w->finding.what : "");
	log_entry(LOG_ID_STATE,
		  LOG_FIELDS({ "LAZARET_STATE", state_names[state] },
			     { "LAZARET_WAS", state_names[was] }),
		  "%s, was %s %s", state_names[state], state_names[was], why);
	history_move(d->history, state, io_now());
	memory_tell(d->memory, ENTRY_STATE, state_names[state], d->history->since, "%s", why);
}

/* From then on a finding counts as what it is. */
static int64_t meanwhile_ends(const struct daemon *d)
{
	int64_t first = INT64_MAX;

	for (size_t i = 0; i < d->n_subjects; i++) {
		int64_t at = d->subjects[i].finding.meanwhile;

		if (at && at < first)
			first = at;
	}
	return first;
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When to look again though nothing wakes us: the earliest of all that is due. */
static uint64_t seconds_to_wake(struct daemon *d)
{
	const enum power power = pace_for_long(pace_power(d->host.root), io_awake_ms(), &d->dark);
	const unsigned silent = legacy_is_there(d) ? 1u << CHECK_FIREWALL : 0;
	const struct pace pace = pace_of(d->policy, silent, power);
	int64_t now = io_now(), since = (int64_t)((io_boot_ms() - d->looked) / 1000);
	int64_t first = sooner(now + (int64_t)pace.all - since, d->decision.until);

	first = sooner(first, kept_due(d, now));
	first = sooner(first, meanwhile_ends(d));
	first = sooner(first, reboot_due(d));
	if (d->age != AGE_STALE)
		first = sooner(first, judge_stale_at(d->policy, &d->accepted));
	if (*d->enforce_fault)
		first = sooner(first, now + RETRY_SECONDS);
	if (d->decision.mend)
		first = sooner(first, mend_due(d));
	d->due = ALL_CHECKS;
	if (first > now + (int64_t)pace.slow) {
		first = now + (int64_t)pace.slow;
		d->due = pace.checks;
	}
	return first > now ? (uint64_t)(first - now) : 1;
}

static struct situation situation(struct daemon *d)
{
	return (struct situation){
		.policy = d->policy,
		.age = d->age,
		.released = helpdesk_until(d),
		.now = io_now(),
	};
}

static void judge_all(struct daemon *d, bool here, const char *cause)
{
	struct verdict verdicts[POLICY_REQUIREMENTS];
	struct situation s = situation(d);

	s.verdicts = verdicts;
	s.n = d->n_subjects;
	s.here = here;
	for (size_t i = 0; i < d->n_subjects; i++)
		verdicts[i] = d->subjects[i].verdict;
	d->decision = decide(&s, d->history);
	move_to(d, d->decision.state, cause);
}

/* Whoever sets the clock neither takes time from a deadline nor adds some. */
static void mind_clock(struct daemon *d)
{
	int64_t leapt = clock_leap(&d->clock, io_now(), io_boot_ms());
	char span[SPAN_TEXT];

	if (!leapt)
		return;
	memory_leap(d->memory, leapt);
	log_entry(LOG_ID_CLOCK, NULL,
		  "the clock was set %s by %s; deadlines keep the time that was left",
		  leapt > 0 ? "forward" : "back", span_text((uint64_t)llabs(leapt), span));
}

void round_keep(struct daemon *d)
{
	int r = memory_keep(d->memory);

	if (r == d->memory_fault)
		return;
	d->memory_fault = r;
	if (r < 0)
		log_entry(LOG_ID_UNKEPT, NULL,
			  "cannot keep decisions in %s/agent: %s; a restart would not know of "
			  "them; trying again with the next one",
			  d->config->state_dir, strerror(-r));
	else
		log_notice("decisions are kept again");
}

void round_wake(struct daemon *d)
{
	int r = timer_arm(d->wake, seconds_to_wake(d));

	if (r >= 0)
		return;
	log_err("cannot set the timer of the next look: %s; leaving, to be started anew",
		strerror(-r));
	sd_event_exit(d->loop, r);
}

/* Another network, perhaps. */
static bool is_awaited(const struct daemon *d)
{
	return network_awaited(d) || events_asleep(d);
}

/* By what others see for us: they are asked side by side, and each brings a round. */
static bool is_awaited_by_helpers(struct daemon *d, unsigned checks)
{
	bool ret = checks >> CHECK_FIREWALL & 1 && legacy_awaited(d);

	ret |= witness_awaited(d);
	ret |= inquiry_awaited(d);
	ret |= health_awaited(d);
	return ret;
}

void round_look_at(struct daemon *d, unsigned checks, const char *cause)
{
	uint64_t round = io_boot_ms();

	if (!d->policy || is_awaited_by_helpers(d, checks))
		return;
	if (checks == ALL_CHECKS)
		d->looked = round;
	mind_clock(d);
	dated_begin(d);
	for (size_t i = 0; i < d->n_subjects; i++)
		if (checks >> d->subjects[i].req->check & 1 ||
		    d->subjects[i].verdict.standing == STANDING_UNJUDGED)
			look_at(d, &d->subjects[i], round);
	dated_end(d);
	kept_round(d);
	age_judge(d);
	judge_all(d, d->policy->mode != MODE_ENFORCE || !is_awaited(d), cause);
	round_keep(d);
	enforce(d);
	reach_round(d);
	integrity_look(d);
	mend(d);
	warm_round(d);
	reboot_round(d);
	witness_ask(d);
	inquiry_round(d);
	health_ask(d);
	legacy_ask(d);
	round_wake(d);
}

void round_begin(struct daemon *d)
{
	const struct situation s = d->policy ? situation(d) : (struct situation){ 0 };

	d->decision = decide_start(&s, d->history, d->laid);
	/* What is laid already is ours from now on, too: whoever stopped us owns nothing. */
	if (d->decision.hold)
		enforce(d);
}

void round_look(struct daemon *d, const char *cause)
{
	round_look_at(d, ALL_CHECKS, cause);
}

void round_hold(struct daemon *d, const char *cause)
{
	enum state state = d->history->state;

	if (!d->policy || d->policy->mode != MODE_ENFORCE ||
	    (state != STATE_COMPLIANT && state != STATE_GRACE))
		return;
	/* On disk with the verdict: until then the kernel's own table says what is so. */
	judge_all(d, false, cause);
	enforce(d);
}
