// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/age.h"
#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/confirm.h"
#include "agent/control.h"
#include "agent/daemon.h"
#include "agent/events.h"
#include "agent/feeds.h"
#include "agent/helpdesk.h"
#include "agent/inforce.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/poll.h"
#include "agent/posture/remembered.h"
#include "agent/reach.h"
#include "agent/refresh.h"
#include "agent/round.h"
#include "agent/status.h"
#include "agent/trigger/timer.h"

#define UNREAD_SECONDS 60 /* until a policy that cannot be read is tried again */

void inforce_forget(struct daemon *d)
{
	d->mending = NULL;
	d->n_subjects = 0;
	login_forget(d);
	if (d->confirm)
		confirm_forget(d);
	d->policy = policy_free(d->policy);
	feeds_forget(d);
}

static void take_policy(struct daemon *d, struct policy *p, const struct accepted *a)
{
	char version[24], mending[POLICY_ID_MAX];

	snprintf(mending, sizeof(mending), "%s", d->mending ? d->mending->req->id : "");
	inforce_forget(d);
	remembered_forget_misled(d->host.remembered);
	d->policy = p;
	d->accepted = *a;
	d->n_subjects = p->n_requirements;
	for (size_t i = 0; i < d->n_subjects; i++)
		d->subjects[i] = (struct subject){
			.req = &p->requirements[i],
			.finding = { .grade = GRADE_UNKNOWN, .what = "not looked at yet" },
			.verdict.standing = STANDING_UNJUDGED,
		};
	memory_prune(d->memory, p->requirements, p->n_requirements);
	if (*mending)
		mend_keep(d, mending);
	reach_policy(d);
	events_policy(d);
	snprintf(version, sizeof(version), "%" PRIu64, a->version);
	log_entry(LOG_ID_POLICY, LOG_FIELDS({ "LAZARET_POLICY", version }),
		  "policy %s in force: %s, %zu requirements", version,
		  p->mode == MODE_ENFORCE ? "enforce" : "audit", p->n_requirements);
}

static void note_unread(struct daemon *d, const char *why)
{
	log_err("%s/store: %s; %s", d->config->state_dir, why,
		d->policy ? "the policy before stays in force" : "no policy is in force");
	snprintf(d->policy_fault, sizeof(d->policy_fault),
		 "the policy that was accepted cannot be read: %.150s", why);
	if (*d->config->url)
		(void)!timer_arm(d->poll, UNREAD_SECONDS);
}

/* The policy that lazaret-vet accepted last.  What cannot be read changes nothing. */
static void load_policy(struct daemon *d, int store)
{
	struct policy *p;
	struct accepted a;
	struct fault fault = { 0 };
	bool known = d->history->state != STATE_UNMANAGED && !d->policy; /* we only start again */
	uint64_t before = d->accepted.version;
	int r = store < 0 ? store : store_read(store, &p, &a, &fault);

	if (r == 0 && !known && a.version != before)
		memory_tell(d->memory, ENTRY_POLICY, "", (int64_t)a.version, "%s, %zu requirements",
			    p->mode == MODE_ENFORCE ? "enforce" : "audit", p->n_requirements);
	if (r == 0)
		take_policy(d, p, &a);
	else if (r != -ENOENT)
		note_unread(d, *fault.why ? fault.why : strerror(-r));
}

/* Of what was accepted we may not have heard, or could not read it then. */
static bool is_another(const struct daemon *d, int store)
{
	struct accepted a;

	return store_read_accepted(store, &a, NULL) == 0 && a.version != d->accepted.version;
}

void inforce_read(struct daemon *d, bool changed)
{
	_free_ char *path = io_path(d->config->state_dir, CONFIG_STORE);
	_close_ int dir = -1;

	if (!path)
		return;
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		dir = -errno;
	if (changed || !d->policy || (dir >= 0 && is_another(d, dir)))
		load_policy(d, dir);
	if (d->policy && dir >= 0)
		age_read(d, dir);
	if (d->policy && dir >= 0)
		feeds_read(d, dir);
}

static void plan_poll(struct daemon *d, bool well)
{
	uint64_t seconds = well ? poll_wait(d->config->refresh, io_now(), poll_host())
				: mirrors_wait(d->mirrors, io_boot_ms());

	if (timer_arm(d->poll, seconds) < 0)
		log_err("cannot set the timer of the next policy refresh");
}

static void note_refresh(struct daemon *d, int err, const char *why)
{
	if (err < 0 && strcmp(d->policy_fault, why))
		log_entry(LOG_ID_POLICY_REFUSED, NULL, "policy refresh: %s; %s", why,
			  d->policy ? "the policy before stays in force"
				    : "no policy is in force yet");
	snprintf(d->policy_fault, sizeof(d->policy_fault), "%s", err < 0 ? why : "");
	if (err == 0)
		d->refreshed = io_now();
	plan_poll(d, err == 0);
}

static void answer_waiting(struct daemon *d)
{
	_free_ char *reply = status_text(d);

	control_release(d->control, "refresh", reply);
}

static void on_refreshed(void *ctx, const struct vet_said *said)
{
	struct daemon *d = ctx;
	bool doubted = *d->policy_fault || d->roamed || !d->refreshed;

	d->refresh = refresh_free(d->refresh);
	d->roamed = false;
	note_refresh(d, said->err, said->why);
	if (said->err == 0)
		helpdesk_reported(d);
	inforce_read(d, said->err == 0 && said->changed);
	if (said->err == 0 && (d->feed || *said->feed_why))
		feeds_note(d, said->feed_why);
	if (said->err == 0 && doubted)
		mend_hurry(d);
	round_look(d, said->changed ? "new policy" : "policy refreshed");
	if (d->laid ? said->err < 0 : said->err == 0 && said->changed)
		confirm_again(d);
	if (d->laid && said->err < 0)
		login_again(d);
	if (d->refresh_again)
		inforce_refresh(d);
	else
		answer_waiting(d);
}

void inforce_refresh(struct daemon *d)
{
	struct fault fault = { 0 };
	int r;

	d->refresh_again = d->refresh != NULL;
	if (d->refresh)
		return;
	r = refresh_start(d->loop, &d->helpers, d->mirrors, helpdesk_report(d), on_refreshed, d,
			  &d->refresh, &fault);
	if (r < 0) {
		note_refresh(d, r, *fault.why ? fault.why : strerror(-r));
		answer_waiting(d);
	}
}
