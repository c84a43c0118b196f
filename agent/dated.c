// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/dated.h"
#include "agent/due.h"
#include "agent/memory.h"
#include "agent/posture/patches.h"

/* The server of the policy stands for the way out: it is asked all the time. */
static bool has_way_out(const struct daemon *d)
{
	return !*d->config->url || (d->refreshed && !*d->policy_fault);
}

static bool is_dated(const struct requirement *req)
{
	return req->check == CHECK_PATCHES && req->with.patches.deadlines.given;
}

static bool counts_reach(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++)
		if (is_dated(d->subjects[i].req) &&
		    d->subjects[i].req->with.patches.deadlines.reachable)
			return true;
	return false;
}

/* From one round to the next there was a way out when there is one at both ends. */
void dated_begin(struct daemon *d)
{
	uint64_t now = io_awake_ms() / 1000;
	bool has = has_way_out(d);

	offered_begin(memory_offered(d->memory));
	if (d->had_way_out && has && counts_reach(d))
		offered_use(memory_offered(d->memory), now - d->counted_at);
	for (size_t i = 0; i < d->n_subjects; i++)
		d->subjects[i].seen = false;
	d->had_way_out = has;
	d->counted_at = now;
}

/* What no look has seen whole, or none has looked at, may be lacking still. */
void dated_end(struct daemon *d)
{
	size_t dated = 0, seen = 0;

	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];

		dated += is_dated(s->req);
		seen += is_dated(s->req) && s->seen;
	}
	offered_end(memory_offered(d->memory), dated && seen == dated);
}

static void say(const struct due_terms *t, const struct patch *p, const struct due *due,
		struct finding *f)
{
	size_t n = strlen(f->what);
	char text[DUE_TEXT], by[sizeof("2026-11-21 12:00")] = "";
	const time_t until = due->until;
	struct tm tm;

	if (p->state == PATCH_RESTART && localtime_r(&until, &tm))
		strftime(by, sizeof(by), "%F %R", &tm);
	snprintf(f->what + n, sizeof(f->what) - n, "; %s%s: %.50s, %s",
		 *by ? "restart by " : "first due", by, p->package, due_text(t, due, text));
}

/* Shows what is lacking; without the feed that the policy names it is not known by its advisories.
 */
static bool see(struct daemon *d, const struct requirement *req, const struct findings *f,
		int64_t now)
{
	bool whole = !*req->with.patches.feed || d->host.feed;

	return offered_see(memory_offered(d->memory), f, req->with.patches.fails_on, now) == 0 &&
	       whole;
}

static struct verdict judge_dated(struct daemon *d, struct subject *s, struct past *past,
				  int64_t now)
{
	const struct due_terms t = {
		.req = s->req,
		.offered = memory_offered(d->memory),
		.risk = deadlines_risk(&s->req->with.patches.deadlines, (unsigned)d->config->risk),
		.now = now,
	};
	const struct findings *found = patches_of(d->host.patches, s->req);
	const struct patch *first;
	struct verdict v;
	struct due due;

	s->seen = found && see(d, s->req, found, now);
	first = found ? due_first(&t, found, &due) : NULL;
	/* What could not be remembered has no deadline, and must not pass for it. */
	v = judge(s->req, s->finding.lacking && first ? GRADE_PASS : finding_counts(&s->finding),
		  past, now);
	if (first) {
		v = judge_due(v, due.since, due.until, now);
		say(&t, first, &due, &s->finding);
	}
	if (!first != !memory_lacking(d->memory, s->req->id))
		memory_lacks(d->memory, s->req->id, first ? now : 0, s->finding.what);
	return v;
}

struct verdict dated_judge(struct daemon *d, struct subject *s, struct past *past, int64_t now)
{
	if (is_dated(s->req))
		return judge_dated(d, s, past, now);
	return judge(s->req, finding_counts(&s->finding), past, now);
}
