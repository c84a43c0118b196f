// SPDX-License-Identifier: GPL-2.0-or-later
#include <jansson.h>
#include <stdlib.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/daemon.h"
#include "agent/due.h"
#include "agent/lacking.h"
#include "agent/memory.h"
#include "agent/plain.h"
#include "agent/posture/patches.h"
#include "agent/status.h"

#define PAGE_BYTES   (96 * 1024) /* of rows; with the rest it is less than CONTROL_REPLY_MAX */
#define REQUIREMENTS 12

struct lack {
	const struct patch *patch;
	enum severity severity; /* as it counts: nobody may have said */
	bool demanded;		/* may lead to quarantine */
	int64_t since, until;	/* 0: nothing says when */
	char because[DUE_TEXT];
};

static bool is_of_patches(const struct subject *s)
{
	return s->req->check == CHECK_PATCHES;
}

/* What one requirement says of a patch, if that is sooner than what is known already. */
static void bring_to(const struct daemon *d, const struct subject *s, const struct findings *f,
		     int64_t now, struct lack *l)
{
	const struct deadlines *given = &s->req->with.patches.deadlines;
	const struct due_terms t = { s->req, memory_offered(d->memory),
				     deadlines_risk(given, (unsigned)d->config->risk), now };
	struct due due = { .since = s->verdict.since,
			   .until = s->verdict.until,
			   .severity = l->patch->severity };

	if (!(s->req->with.patches.fails_on >> l->patch->state & 1))
		return;
	l->demanded = true;
	if (given->given ? !due_patch(&t, f, l->patch, &due) : !due.until)
		return;
	if (l->until && l->until <= due.until)
		return;
	if (due.severity > l->severity)
		l->severity = due.severity;
	l->since = due.since;
	l->until = due.until;
	if (given->given)
		due_text(&t, &due, l->because);
	else
		snprintf(l->because, sizeof(l->because), "the grace of requirement %s", s->req->id);
}

static int by_urgency(const void *a, const void *b)
{
	const struct lack *p = a, *q = b;

	if (p->demanded != q->demanded)
		return p->demanded ? -1 : 1;
	if (p->until != q->until)
		return !q->until || (p->until && p->until < q->until) ? -1 : 1;
	if (p->severity != q->severity)
		return p->severity > q->severity ? -1 : 1;
	return (p->patch > q->patch) - (p->patch < q->patch);
}

/* NULL without memory; the caller frees it. */
static struct lack *list(const struct daemon *d, const struct findings *f, size_t *n)
{
	const struct patch *rows = findings_list(f, n);
	struct lack *all = calloc(*n + 1, sizeof(*all));
	int64_t now = io_now();

	if (!all)
		return NULL;
	for (size_t i = 0; i < *n; i++) {
		all[i].patch = &rows[i];
		all[i].severity = rows[i].severity;
		for (size_t k = 0; k < d->n_subjects; k++)
			if (is_of_patches(&d->subjects[k]))
				bring_to(d, &d->subjects[k], f, now, &all[i]);
	}
	qsort(all, *n, sizeof(*all), by_urgency);
	return all;
}

static json_t *lack_json(const struct lack *l)
{
	const struct patch *p = l->patch;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:I, s:I, s:s}",
			 "package", plain_text(p->package), "arch", plain_text(p->arch),
			 "installed", plain_text(p->installed), "fixed", plain_text(p->fixed),
			 "from", plain_text(p->from), "ids", plain_text(p->ids), "why",
			 plain_text(p->why), "severity", severity_names[p->severity], "state",
			 patch_state_names[p->state], "demanded", l->demanded, "since",
			 (json_int_t)l->since, "until", (json_int_t)l->until, "because",
			 l->because);
}

/* The rows that fit into an answer; where the next page begins, or 0. */
static size_t page(const struct lack *all, size_t n, size_t from, json_t *rows)
{
	size_t bytes = 0, i;

	for (i = from; i < n && bytes < PAGE_BYTES; i++) {
		json_t *row = lack_json(&all[i]);

		bytes += json_dumpb(row, NULL, 0, JSON_COMPACT) + 1;
		json_array_append_new(rows, row);
	}
	return i < n ? i : 0;
}

static json_t *requirements_json(const struct daemon *d)
{
	json_t *reqs = json_array();

	for (size_t i = 0; i < d->n_subjects && json_array_size(reqs) < REQUIREMENTS; i++) {
		const struct subject *s = &d->subjects[i];

		if (!is_of_patches(s))
			continue;
		json_array_append_new(reqs,
				      json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "id", s->req->id,
						"grade", grade_names[s->finding.grade], "standing",
						standing_names[s->verdict.standing], "what",
						plain_text(s->finding.what), "todo",
						plain_text(s->finding.todo), "until",
						(json_int_t)s->verdict.until));
	}
	return reqs;
}

char *lacking_text(const struct daemon *d, size_t from)
{
	int64_t when = 0;
	const struct findings *f = patches_findings(d->host.patches, &when);
	size_t n = 0, next = 0;
	_free_ struct lack *all = f ? list(d, f, &n) : NULL;
	json_t *rows = json_array(), *answer;

	if (all)
		next = page(all, n, from, rows);
	answer = json_pack("{s:s, s:I, s:I, s:I, s:I, s:o, s:o}", "state",
			   state_names[status_state(d)], "now", (json_int_t)io_now(), "when",
			   (json_int_t)when, "all", (json_int_t)n, "next", (json_int_t)next,
			   "requirements", requirements_json(d), "patches", rows);
	return plain_answer(answer);
}
