// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/io.h"
#include "agent/base/wire.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/helpdesk.h"
#include "agent/integrity.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/plain.h"
#include "agent/reboot.h"
#include "agent/status.h"

#define ITEMS_SHOWN 8
#define ROOM_AROUND 256 /* of an answer: for what stands around its requirements */
#define NAMES_SHOWN 32
#define FACTS_SHOWN 32

static json_t *repair_json(const struct repair *r)
{
	const size_t len = strcspn(r->text, ":");
	char name[sizeof(r->text)];

	snprintf(name, sizeof(name), "%.*s", (int)len, r->text);
	return json_pack("{s:o, s:o, s:I}", "name", plain_text(name), "outcome",
			 plain_text(r->text + len + strspn(r->text + len, ": ")), "at",
			 (json_int_t)r->at);
}

/* The repair that runs, or else the last one. */
static json_t *remedy_json(const struct daemon *d, const struct subject *s)
{
	const bool running = d->run && d->mending == s;
	struct repair r = memory_repairs(d->memory, s->req->id)[0];
	json_t *j;

	if (running) {
		r.at = 0;
		snprintf(r.text, sizeof(r.text), "%s", remedy_menu[s->last].name);
	} else if (!r.at) {
		return json_null();
	}
	j = repair_json(&r);
	json_object_set_new(j, "running", json_boolean(running));
	json_object_set_new(j, "tried", json_integer(s->n_tried));
	return j;
}

static json_t *last_repairs_json(const struct daemon *d, const struct subject *s)
{
	const struct repair *r = memory_repairs(d->memory, s->req->id);
	json_t *list = json_array();

	for (size_t i = 0; i < REPAIRS_KEPT && r[i].at; i++)
		json_array_append_new(list, repair_json(&r[i]));
	return list;
}

static json_t *items_json(const struct finding *f, size_t most)
{
	json_t *items = json_array();

	for (size_t i = 0; i < f->n_items && i < most; i++)
		json_array_append_new(items, plain_text(f->items[i]));
	return items;
}

/* How the repairs go: none is due, one is and when, which rest, and whether somebody undoes them.
 */
static json_t *repairs_json(const struct daemon *d, const struct subject *s)
{
	const struct ladder *l = memory_ladder(d->memory, s->req);
	const struct undone *undone = memory_undone(d->memory, s->req->id);
	json_t *resting = json_array();
	int64_t due = l ? ladder_due(l, s->req) : INT64_MAX, now = io_now();

	for (size_t i = 0; l && i < s->req->n_remedies; i++)
		if (l->breakers[i].until > now)
			json_array_append_new(resting,
					      json_string(remedy_menu[s->req->remedies[i]].name));
	return json_pack("{s:I, s:i, s:i, s:o, s:I, s:o}", "due",
			 (json_int_t)(due < INT64_MAX ? due : 0), "rounds", l ? (int)l->rounds : 0,
			 "undone", l ? (int)ladder_tug(l, now) : 0, "by", plain_text(undone->by),
			 "by_at", (json_int_t)undone->at, "resting", resting);
}

static json_t *subject_json(const struct daemon *d, const struct subject *s)
{
	const struct finding *f = &s->finding;

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "id",
			 s->req->id, "check", check_names[s->req->check], "grade",
			 grade_names[f->grade], "standing", standing_names[s->verdict.standing],
			 "what", plain_text(f->what), "todo", plain_text(f->todo), "items",
			 items_json(f, ITEMS_SHOWN), "all", (json_int_t)f->n_all, "since",
			 (json_int_t)s->verdict.since, "until", (json_int_t)s->verdict.until,
			 "remedy", remedy_json(d, s), "contact", plain_text(s->req->contact),
			 "repairs", repairs_json(d, s));
}

static json_t *evidence_json(const struct finding *f)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < f->n_evidence; i++) {
		const struct evidence *e = &f->evidence[i];

		json_array_append_new(rows, json_pack("{s:o, s:s, s:b, s:o, s:I}", "probe",
						      plain_text(e->probe), "grade",
						      grade_names[e->grade], "demanded",
						      e->demanded, "what", plain_text(e->what),
						      "since", (json_int_t)e->since));
	}
	return rows;
}

static bool is_judged(const struct daemon *d)
{
	for (size_t i = 0; i < d->n_subjects; i++)
		if (d->subjects[i].verdict.standing == STANDING_UNJUDGED)
			return false;
	return true;
}

enum state status_state(const struct daemon *d)
{
	if (!d->policy)
		return STATE_UNMANAGED;
	return is_judged(d) ? d->history->state : STATE_HELD;
}

static json_t *detailed_json(const struct daemon *d, const struct subject *of)
{
	json_t *s = subject_json(d, of);

	json_object_set_new(s, "evidence", evidence_json(&of->finding));
	json_object_set_new(s, "items", items_json(&of->finding, FINDING_ITEMS));
	json_object_set_new(s, "last_repairs", last_repairs_json(d, of));
	return s;
}

/* As many as an answer has room for. */
char *status_check_text(const struct daemon *d, enum check check)
{
	size_t room = CONTROL_REPLY_MAX - ROOM_AROUND, left = 0;
	json_t *subjects = json_array(), *all;

	for (size_t i = 0; i < d->n_subjects; i++) {
		json_t *s;
		size_t len;

		if (d->subjects[i].req->check != check)
			continue;
		s = detailed_json(d, &d->subjects[i]);
		len = json_dumpb(s, NULL, 0, JSON_COMPACT) + 1;
		if (len <= room) {
			json_array_append_new(subjects, s);
			room -= len;
			continue;
		}
		json_decref(s);
		left++;
	}
	all = json_pack("{s:s, s:I, s:o, s:I}", "state", state_names[status_state(d)], "now",
			(json_int_t)io_now(), "requirements", subjects, "left_out",
			(json_int_t)left);
	return plain_answer(all);
}

static const char *policy_fault(const struct daemon *d)
{
	return *d->policy_fault || d->policy || *d->config->url
		       ? d->policy_fault
		       : "[Policy] URL= is not set in lazaret.conf";
}

static json_t *policy_json(const struct daemon *d)
{
	int64_t stale = d->policy ? judge_stale_at(d->policy, &d->accepted) : INT64_MAX;

	return json_pack("{s:I, s:I, s:s, s:I, s:I, s:o, s:b}", "version",
			 (json_int_t)d->accepted.version, "expires",
			 (json_int_t)d->accepted.expires, "age", age_names[d->age], "stale_at",
			 (json_int_t)(stale < INT64_MAX ? stale : 0), "refreshed",
			 (json_int_t)d->refreshed, "fault", plain_text(policy_fault(d)),
			 "refreshing", d->refresh != NULL);
}

static json_t *integrity_json(const struct daemon *d)
{
	const struct facts *f = integrity_facts(d);
	json_t *shown = json_array();

	for (size_t i = 0; i < f->n && i < FACTS_SHOWN; i++)
		json_array_append_new(shown, json_pack("{s:o, s:o, s:I}", "what",
						       plain_text(f->list[i].what), "link",
						       plain_text(f->list[i].link), "since",
						       (json_int_t)f->list[i].since));
	return json_pack("{s:o, s:I}", "facts", shown, "all", (json_int_t)f->n);
}

/* Who may use what the quarantine lets through, and whether repair gets through it. */
static json_t *path_json(const struct daemon *d)
{
	const struct confirmed *c = confirm_state(d->confirm);

	return json_pack("{s:s, s:o, s:s, s:s, s:I, s:b, s:o, s:o}", "who",
			 d->nft.who.level ? "repair" : "everyone", "everyone",
			 plain_text(d->nft.everyone), "found", path_names[c->path], "list",
			 width_names[c->width], "at", (json_int_t)c->at, "leak", c->leak, "why",
			 plain_text(c->why), "past", plain_text(c->past));
}

/* Hosts that the policy names, and where they are. */
static json_t *names_json(const struct daemon *d)
{
	json_t *names = json_array();

	for (size_t i = 0; i < d->known.n && i < NAMES_SHOWN; i++) {
		const struct known_name *n = &d->known.at[i];
		json_t *list = json_array();

		for (size_t k = 0; k < n->n && k < ITEMS_SHOWN; k++) {
			char at[INET6_ADDRSTRLEN];

			inet_ntop(n->at[k].at.family, n->at[k].at.addr, at, sizeof(at));
			json_array_append_new(list, json_string(at));
		}
		json_array_append_new(names, json_pack("{s:s, s:o, s:I, s:o}", "name", n->name.text,
						       "addresses", list, "all", (json_int_t)n->n,
						       "fault", plain_text(n->fault)));
	}
	return names;
}

static json_t *feed_json(const struct daemon *d)
{
	struct feed_about about = { .distro = "", .release = "" };

	if (d->feed)
		feed_tell(d->feed, &about);
	return json_pack("{s:b, s:o, s:o, s:I, s:I, s:I, s:o}", "there", d->feed != NULL, "distro",
			 plain_text(about.distro), "release", plain_text(about.release), "date",
			 (json_int_t)about.date, "accepted", (json_int_t)d->feed_accepted,
			 "advisories", (json_int_t)about.n_advisories, "fault",
			 plain_text(d->feed_fault));
}

char *status_text(const struct daemon *d)
{
	json_t *subjects = json_array(), *all;

	for (size_t i = 0; i < d->n_subjects; i++)
		json_array_append_new(subjects, subject_json(d, &d->subjects[i]));
	all = json_pack("{s:s, s:s, s:I, s:I, s:b, s:s, s:i, s:o, s:o, s:o, s:o, s:o}", "state",
			state_names[status_state(d)], "mode",
			d->policy && d->policy->mode == MODE_ENFORCE ? "enforce" : "audit", "since",
			(json_int_t)(status_state(d) == d->history->state ? d->history->since : 0),
			"now", (json_int_t)io_now(), "quarantine", d->laid, "ownership",
			ownership_names[d->nft.ownership], "restored", (int)d->restored,
			"enforce_fault", plain_text(d->enforce_fault), "contact",
			plain_text(d->policy ? d->policy->contact : ""), "policy", policy_json(d),
			"integrity", integrity_json(d), "requirements", subjects);
	json_object_set_new(all, "path", path_json(d));
	json_object_set_new(all, "feed", feed_json(d));
	json_object_set_new(all, "portal", login_json(d));
	json_object_set_new(all, "until",
			    json_integer(d->decision.until < INT64_MAX ? d->decision.until : 0));
	json_object_set_new(all, "names", names_json(d));
	json_object_set_new(all, "release", helpdesk_json(d));
	json_object_set_new(all, "restart", reboot_json(d));
	return plain_answer(all);
}
