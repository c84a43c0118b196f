// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/daemon.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/remedy/ask.h"
#include "agent/round.h"

/* Longer than its unit may run and take to stop, so that systemd always gives up first. */
#define REMEDY_LIMIT_MS (125 * 60 * 1000ull)

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

	if (err < 0)
		log_warn("%s: remedy %s failed: %s", of, name, why);
	else
		log_notice("%s: remedy %s is done; looking again", of, name);
	mend_stop(d);
	if (s) {
		snprintf(s->outcome, sizeof(s->outcome), "%s", err < 0 ? why : "done");
		memory_tell(d->memory, ENTRY_REPAIR, s->req->id, err, "%s: %s", name, s->outcome);
		ladder_climb(&s->ladder, s->req, io_now());
	}
	round_look(d, name);
}

static void start(struct daemon *d, struct subject *s, enum remedy remedy)
{
	struct fault fault = { 0 };
	int fd, r;

	s->last = remedy;
	s->n_tried++;
	s->outcome[0] = '\0';
	log_notice("%s: %s; trying remedy %s", s->req->id, s->finding.what,
		   remedy_menu[remedy].name);
	fd = helper_remedy(&d->helpers, remedy_menu[remedy].name, &fault);
	r = fd < 0 ? fd : remedy_watch(d->loop, fd, on_line, on_done, d, REMEDY_LIMIT_MS, &d->run);
	if (r == 0) {
		d->running = remedy;
		d->mending = s;
		return;
	}
	snprintf(s->outcome, sizeof(s->outcome), "%.150s", *fault.why ? fault.why : strerror(-r));
	log_warn("%s: remedy %s cannot be started: %s", s->req->id, remedy_menu[remedy].name,
		 s->outcome);
	ladder_climb(&s->ladder, s->req, io_now());
}

void mend(struct daemon *d)
{
	if (!d->decision.mend)
		return;
	for (size_t i = 0; i < d->n_subjects && !d->run; i++) {
		struct subject *s = &d->subjects[i];
		enum remedy remedy;

		if (s->verdict.standing != STANDING_MET &&
		    ladder_next(&s->ladder, s->req, io_now(), &remedy))
			start(d, s, remedy);
	}
}

void mend_stop(struct daemon *d)
{
	d->run = remedy_run_free(d->run);
	d->mending = NULL;
}
