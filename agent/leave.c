// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/span.h"
#include "agent/leave.h"
#include "policy/stamp.h"

bool leave_set_back(const struct leave *r, int64_t now)
{
	return now < r->granted - CLOCK_SLACK || now < r->seen - CLOCK_SLACK;
}

/*
 * The smaller of two counts.  Since the release was granted the time since boot has gone on, or
 * begun anew, so what it leaves is never less than what the clock leaves; unless the clock was
 * set back, and then the first one counts.
 */
uint64_t leave_left(const struct leave *r, struct moment at)
{
	uint64_t boot = at.boot_ms / 1000, left;

	if (!r->until || leave_set_back(r, at.now) || at.now >= r->until || boot >= r->ends)
		return 0;
	left = r->ends - boot;
	return left < (uint64_t)(r->until - at.now) ? left : (uint64_t)(r->until - at.now);
}

bool leave_asked(const struct leave *r, int64_t now)
{
	return r->nonce && now >= r->asked - CLOCK_SLACK && now < r->asked + LEAVE_CHALLENGE_LIFE;
}

static size_t place_of(const struct leave *r, uid_t who)
{
	size_t i = who ? 1 : 0;

	while (i && i < LEAVE_USERS && r->tries[i].n && r->tries[i].who != who)
		i++;
	return i;
}

static void put_tries(struct leave *r, struct tries t)
{
	size_t i = place_of(r, t.who);

	if (i > 1)
		memmove(&r->tries[2], &r->tries[1], (i - 1) * sizeof(t));
	r->tries[i ? 1 : 0] = t;
}

unsigned leave_wrong(const struct leave *r)
{
	unsigned n = 0;

	for (size_t i = 0; i <= LEAVE_USERS; i++)
		n += r->tries[i].n;
	return n;
}

uint64_t leave_wait(const struct leave *r, uid_t who, uint64_t boot_ms)
{
	const struct tries *t = &r->tries[place_of(r, who)];
	uint64_t wait = LEAVE_WAIT_MIN, gone = (boot_ms - t->last) / 1000;

	if (t->n < 2)
		return 0;
	for (unsigned i = 2; i < t->n && wait < LEAVE_WAIT_MAX; i++)
		wait *= 2;
	wait = wait < LEAVE_WAIT_MAX ? wait : LEAVE_WAIT_MAX;
	return gone < wait ? wait - gone : 0;
}

int leave_check(const struct leave *r, const struct vet_told *told, const uint8_t host[HOST_ID],
		const struct release_rule *rule, int64_t now, struct fault *fault)
{
	char asked[SPAN_TEXT], most[SPAN_TEXT];

	if (memcmp(told->host, host, HOST_ID) != 0)
		return fault_set(fault, -EPERM, "the token is for another host");
	if (!leave_asked(r, now) || told->nonce != r->nonce)
		return fault_set(fault, -EPERM,
				 "the token answers another challenge, or one that was used or is "
				 "older than a day; `lazaret release` shows the present one");
	if (!told->seconds || told->seconds > rule->max)
		return fault_set(fault, -EPERM, "the token is for %s, and the policy allows %s",
				 span_text(told->seconds, asked), span_text(rule->max, most));
	return 0;
}

void leave_ask(struct leave *r, uint64_t nonce, int64_t now, leave_tell tell, void *ctx)
{
	r->nonce = nonce;
	r->asked = now;
	tell(ctx, "challenge", (int64_t)nonce, "");
}

uint64_t leave_use_up(struct leave *r, leave_tell tell, void *ctx)
{
	uint64_t nonce = r->nonce;

	r->nonce = 0;
	tell(ctx, "challenge", 0, "");
	return nonce;
}

static void forget_tries(struct leave *r)
{
	memset(r->tries, 0, sizeof(r->tries));
	r->wrong_told = 0;
}

void leave_grant(struct leave *r, const struct vet_told *told, struct moment at, leave_tell tell,
		 void *ctx)
{
	r->nonce = 0;
	r->granted = r->seen = at.now;
	r->until = at.now + told->seconds;
	r->ends = at.boot_ms / 1000 + told->seconds;
	r->reported = false;
	forget_tries(r);
	snprintf(r->why, sizeof(r->why), "signed by %s%s%s", told->who, *told->reason ? ": " : "",
		 told->reason);
	tell(ctx, "granted", r->until, r->why);
	tell(ctx, "ends", (int64_t)r->ends, "");
}

#define TRIES_MAX 1000
#define UNTOLD	  ((uid_t)-1)
#define BY	  "by-"
#define BY_ROOT	  BY "root"

static void name_tries(const struct tries *t, char name[POLICY_ID_MAX])
{
	if (t->who)
		snprintf(name, POLICY_ID_MAX, BY "%u", t->who);
	else
		snprintf(name, POLICY_ID_MAX, BY_ROOT);
}

void leave_refuse(struct leave *r, uid_t who, const char *why, uint64_t boot_ms, leave_tell tell,
		  void *ctx)
{
	const unsigned before = r->tries[place_of(r, who)].n;
	const struct tries t = { who, before < TRIES_MAX ? before + 1 : before, boot_ms };
	char name[POLICY_ID_MAX];

	put_tries(r, t);
	name_tries(&t, name);
	tell(ctx, name, t.n, why);
}

void leave_end(struct leave *r, const char *how, leave_tell tell, void *ctx)
{
	r->until = 0;
	tell(ctx, "ended", 0, how);
}

void leave_report(const struct leave *r, const uint8_t host[HOST_ID], char ret[WIRE_REPORT_MAX])
{
	const unsigned wrong = leave_wrong(r);
	const bool released = r->granted && !r->reported;
	char id[HOST_TEXT], at[STAMP_TEXT] = "";

	*ret = '\0';
	if (!released && wrong <= r->wrong_told)
		return;
	host_write(host, id);
	if (released && stamp_write(r->granted, at) == 0)
		snprintf(ret, WIRE_REPORT_MAX, "host=%s; released=%s; wrong=%u", id, at, wrong);
	else
		snprintf(ret, WIRE_REPORT_MAX, "host=%s; wrong=%u", id, wrong);
}

void leave_reported(struct leave *r, leave_tell tell, void *ctx)
{
	r->reported = true;
	r->wrong_told = leave_wrong(r);
	tell(ctx, "reported", r->wrong_told, "");
}

/* A restart is no way around a wait: it begins anew. */
static void recall_tries(struct leave *r, uid_t who, int64_t n, uint64_t boot_ms)
{
	if (n > 0 && n <= TRIES_MAX)
		put_tries(r, (struct tries){ who, (unsigned)n, boot_ms });
}

void leave_recall(struct leave *r, const struct entry *e, uint64_t boot_ms)
{
	if (!strcmp(e->name, "challenge")) {
		r->nonce = (uint64_t)e->value;
		r->asked = e->at;
	} else if (!strcmp(e->name, "granted")) {
		r->nonce = 0;
		r->granted = r->seen = e->at; /* what was before may have been of another clock */
		r->until = e->value;
		r->ends = 0; /* unless the next entry says more, it ended with the power */
		r->reported = false;
		forget_tries(r);
		snprintf(r->why, sizeof(r->why), "%s", e->text);
	} else if (!strcmp(e->name, "ends")) {
		r->ends = e->value > 0 ? (uint64_t)e->value : 0;
	} else if (!strcmp(e->name, "ended")) {
		r->until = 0;
	} else if (!strcmp(e->name, "reported")) {
		r->reported = true;
		r->wrong_told = e->value > 0 ? (unsigned)e->value : 0;
	} else if (!strcmp(e->name, "refused")) {
		recall_tries(r, UNTOLD, e->value, boot_ms);
	} else if (!strcmp(e->name, BY_ROOT)) {
		recall_tries(r, 0, e->value, boot_ms);
	} else if (!strncmp(e->name, BY, strlen(BY))) {
		recall_tries(r, (uid_t)strtoul(e->name + strlen(BY), NULL, 10), e->value, boot_ms);
	}
}

void leave_repeat(const struct leave *r, void (*add)(void *ctx, const struct entry *e), void *ctx)
{
	const struct {
		const char *name;
		int64_t at, value;
		const char *text;
		bool holds;
	} rows[] = {
		{ "granted", r->granted, r->until, r->why,
		  r->until || (r->granted && !r->reported) },
		{ "ends", r->granted, (int64_t)r->ends, "", r->until },
		{ "challenge", r->asked, (int64_t)r->nonce, "", r->nonce },
		{ "reported", r->granted, r->wrong_told, "", r->reported || r->wrong_told },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct entry e = { .kept = true,
				   .kind = ENTRY_RELEASE,
				   .at = rows[i].at,
				   .value = rows[i].value };

		snprintf(e.name, sizeof(e.name), "%s", rows[i].name);
		snprintf(e.text, sizeof(e.text), "%s", rows[i].text);
		if (rows[i].holds)
			add(ctx, &e);
	}
	for (size_t i = LEAVE_USERS + 1; i-- > 0;) {
		struct entry e = { .kept = true, .kind = ENTRY_RELEASE, .value = r->tries[i].n };

		name_tries(&r->tries[i], e.name);
		if (e.value)
			add(ctx, &e);
	}
}

/* A release ends as long after it was granted as ever. */
void leave_leap(struct leave *r, struct leap leap)
{
	const struct leap same = leap_of_all(r->granted >= leap.from ? leap.by : 0);

	leap_along(&r->asked, leap);
	leap_along(&r->granted, same);
	leap_along(&r->until, same);
	leap_along(&r->seen, same);
}
