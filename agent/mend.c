// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/daemon.h"
#include "agent/health.h"
#include "agent/legacy.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/reboot.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"
#include "agent/witness.h"

/* It ends itself at its limit, and may take that long to end what it runs. */
#define ENDING_SECONDS 180

#define HURRY_SECONDS 3 /* until names resolve in a network that has just let us out */

#define REPAIR_FIELDS(requirement, remedy) \
	LOG_FIELDS({ "LAZARET_REQUIREMENT", requirement }, { "LAZARET_REMEDY", remedy })

static int64_t hurry_at(const struct daemon *d)
{
	uint64_t since = (io_boot_ms() - d->hurried) / 1000, wait = HURRY_SECONDS;

	if (d->hurried && since + wait < LADDER_PAUSE_MIN)
		wait = LADDER_PAUSE_MIN - since;
	return io_now() + (int64_t)wait;
}

void mend_hurry(struct daemon *d)
{
	int64_t at = hurry_at(d);
	bool any = false;

	d->mend_late = d->run != NULL;
	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct subject *s = &d->subjects[i];
		struct ladder *l = memory_ladder(d->memory, s->req);

		if (!l || !ladder_hurry(l, at))
			continue;
		log_notice("%s: there is a way out again; trying once more", s->req->id);
		memory_climbed(d->memory, s->req);
		any = true;
	}
	if (!any)
		return;
	d->hurried = io_boot_ms();
	round_wake(d);
}

bool mend_starves(const struct daemon *d)
{
	bool any = d->run != NULL;

	for (size_t i = 0; i < d->n_subjects && !any; i++) {
		const struct ladder *l = memory_ladder(d->memory, d->subjects[i].req);

		any = l && l->failing && l->starved;
	}
	return any;
}

static void on_line(void *ctx, const char *line)
{
	const struct daemon *d = ctx;

	log_info("%s: %s", remedy_menu[d->running].name, line);
}

static void on_done(void *ctx, int err, const char *why)
{
	struct daemon *d = ctx;
	struct subject *s = d->mending;
	const char *name = remedy_menu[d->running].name;
	const char *of = s ? s->req->id : "the policy before";
	struct ladder *l = s ? memory_ladder(d->memory, s->req) : NULL;

	if (err < 0)
		log_entry(LOG_ID_REPAIR_FAILED, REPAIR_FIELDS(of, name), "%s: remedy %s failed: %s",
			  of, name, why);
	else
		log_entry(LOG_ID_REPAIR_DONE, REPAIR_FIELDS(of, name),
			  "%s: remedy %s is done; looking again", of, name);
	mend_stop(d);
	if (s)
		memory_repaired(d->memory, s->req->id, err, name, err < 0 ? why : "done");
	if (l) {
		ladder_end(l, s->req, d->running, err, io_now(), io_dice());
		memory_climbed(d->memory, s->req);
	}
	if (d->mend_late)
		mend_hurry(d);
	health_forget(d);
	if (d->running == REMEDY_FIREWALL_ENABLE)
		legacy_forget(d);
	if (!witness_look(d))
		round_look(d, name);
}

static uint64_t limit_ms(const struct requirement *req, enum remedy remedy)
{
	return (remedy_limit(remedy, req->remedy_limit) + ENDING_SECONDS) * 1000ull;
}

static void start(struct daemon *d, struct subject *s, struct ladder *l, enum remedy remedy)
{
	const char *name = remedy_menu[remedy].name;
	struct fault fault = { 0 };
	int fd, r;

	s->last = remedy;
	s->n_tried++;
	d->mend_late = false;
	log_notice("%s: %s; trying remedy %s", s->req->id, s->finding.what, name);
	ladder_begin(l, s->req, remedy, io_now(), io_dice());
	memory_climbed(d->memory, s->req);
	/* Whatever it does to us: who starts again knows that it was tried. */
	round_keep(d);
	fd = warm_ask(d, remedy, &fault);
	r = fd < 0 ? fd
		   : remedy_watch(d->loop, fd, on_line, on_done, d, limit_ms(s->req, remedy),
				  &d->run);
	if (r == 0) {
		d->running = remedy;
		d->mending = s;
		return;
	}
	if (!*fault.why)
		fault_set(&fault, r, "%s", strerror(-r));
	log_entry(LOG_ID_REPAIR_FAILED, REPAIR_FIELDS(s->req->id, name),
		  "%s: remedy %s cannot be started: %s", s->req->id, name, fault.why);
	memory_repaired(d->memory, s->req->id, r, name, fault.why);
	ladder_end(l, s->req, remedy, r, io_now(), io_dice());
	memory_climbed(d->memory, s->req);
}

/* Then there is nothing to mend yet, and what was done before is neither proven nor in vain. */
static bool cannot_tell_yet(const struct subject *s)
{
	return s->finding.meanwhile && finding_counts(&s->finding) == GRADE_UNKNOWN;
}

void mend(struct daemon *d)
{
	if (!d->decision.mend || d->witness.round || reboot_is_begun(d))
		return;
	for (size_t i = 0; i < d->n_subjects && !d->run; i++) {
		struct subject *s = &d->subjects[i];
		struct ladder *l = memory_ladder(d->memory, s->req);
		enum remedy remedy;

		if (l && !cannot_tell_yet(s) && ladder_next(l, s->req, io_now(), &remedy))
			start(d, s, l, remedy);
	}
}

void mend_keep(struct daemon *d, const char *requirement)
{
	for (size_t i = 0; i < d->n_subjects; i++) {
		struct subject *s = &d->subjects[i];
		const struct ladder *l = memory_ladder(d->memory, s->req);

		if (strcmp(s->req->id, requirement) || !l || !l->at_work)
			continue;
		s->last = d->running;
		s->n_tried = 1;
		d->mending = s;
	}
}

void mend_stop(struct daemon *d)
{
	d->run = remedy_run_free(d->run);
	d->mending = NULL;
}

static const char *who_undid(const struct daemon *d, const struct subject *s)
{
	const struct undone *undone = memory_undone(d->memory, s->req->id);

	return *undone->by ? undone->by : "somebody not known";
}

static void tell_broken(struct daemon *d, const struct subject *s)
{
	const char *name = remedy_menu[s->last].name;

	log_entry(LOG_ID_REPAIR_RESTS, REPAIR_FIELDS(s->req->id, name),
		  "%s: remedy %s was done %d times and changed nothing: it rests for hours, the "
		  "others go on; see `lazaret %s` for what is wrong, and mend that by hand",
		  s->req->id, name, BREAKER_VAIN, check_names[s->req->check]);
	memory_repaired(d->memory, s->req->id, -EUCLEAN, name,
			"done again and again without effect; it rests");
}

void mend_tell_tug(struct daemon *d, const struct subject *s)
{
	const struct ladder *l = memory_ladder(d->memory, s->req);
	int64_t now = io_now(), pause = l ? l->not_before - now : 0;
	unsigned times = l ? ladder_tug(l, now) : 0;
	const char *by = who_undid(d, s);
	char span[SPAN_TEXT], text[12];

	snprintf(text, sizeof(text), "%u", times);
	log_entry(
		LOG_ID_UNDOING,
		LOG_FIELDS({ "LAZARET_REQUIREMENT", s->req->id }, { "LAZARET_WHO", by },
			   { "LAZARET_TIMES", text }),
		"%s: failed again %u times within an hour of repairs, last by %s: something keeps "
		"switching it off; the next repair waits %s%s",
		s->req->id, times, by, span_text((uint64_t)(pause > 0 ? pause : 0), span),
		s->req->tug == TUG_QUARANTINE ? ", the host is held until it is left alone" : "");
	memory_tell(d->memory, ENTRY_TUG, s->req->id, times, "last by %.200s", by);
}

void mend_look(struct daemon *d, struct subject *s)
{
	struct ladder *l = memory_ladder(d->memory, s->req);
	struct probes seen;
	unsigned news;

	/* While a remedy is at it, what a look sees is half done. */
	if (!l || (d->run && d->mending == s) || cannot_tell_yet(s))
		return;
	probes_of(&s->finding, &seen);
	news = ladder_look(l, s->req, finding_counts(&s->finding) == GRADE_PASS, &seen, io_now(),
			   io_dice());
	if (news & LADDER_BROKE)
		tell_broken(d, s);
	if (news & LADDER_BEGAN)
		inquiry_again(d, s);
	if (news & LADDER_TUGGED)
		inquiry_tug(d, s);
	if (news & LADDER_MOVED)
		memory_climbed(d->memory, s->req);
}

void mend_judge(struct daemon *d, struct subject *s)
{
	const struct ladder *l = memory_ladder(d->memory, s->req);
	unsigned times = l ? ladder_tug(l, io_now()) : 0;
	char seen[sizeof(s->finding.what)];

	if (!times || s->req->tug != TUG_QUARANTINE)
		return;
	snprintf(seen, sizeof(seen), "%s", s->finding.what);
	snprintf(s->finding.what, sizeof(s->finding.what),
		 "failed again %u times within an hour of repairs, last by %.80s; now: %.44s",
		 times, who_undid(d, s), seen);
	snprintf(s->finding.todo, sizeof(s->finding.todo),
		 "find what keeps switching it off: a user, a program, configuration management; "
		 "left alone for an hour it is believed again");
	s->finding.grade = GRADE_FAIL;
	s->verdict.standing = STANDING_BREACHED;
	s->verdict.since = s->verdict.since ? s->verdict.since : l->back[TUG_FREE];
	s->verdict.until = l->back[0];
}

int64_t mend_due(const struct daemon *d)
{
	const bool waits = d->run || reboot_is_begun(d);
	int64_t due = INT64_MAX;

	for (size_t i = 0; i < d->n_subjects; i++) {
		const struct requirement *req = d->subjects[i].req;
		const struct ladder *l = memory_ladder(d->memory, req);
		int64_t at = l && !waits ? ladder_due(l, req) : INT64_MAX;
		int64_t over = l ? ladder_tug_until(l, io_now()) : 0;

		if (over && over < at)
			at = over;
		if (at < due)
			due = at;
	}
	return due;
}
