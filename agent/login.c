// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/span.h"
#include "agent/daemon.h"
#include "agent/inforce.h"
#include "agent/knock.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/plain.h"
#include "agent/portal.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/seek.h"
#include "agent/trigger/timer.h"

struct login {
	struct daemon *daemon;
	struct portal portal;
	struct knock probe;
	struct seek *seek;
	struct prefix found[WIRE_FOUND_MAX]; /* so far, by it */
	size_t n_found;
	char told[PORTAL_WHY];
	bool forgetting; /* the policy goes: what is laid on the way is its last */
	sd_event_source *due;
};

DEFINE_DROP(login, login_free)

static void run(struct login *l, enum portal_event event, const struct portal_news *news);

static uint64_t now_s(void)
{
	return io_boot_ms() / 1000;
}

/* ----- its name */

static void on_found(void *ctx, const struct fetch_found *f)
{
	struct login *l = ctx;

	if (f->err || f->n > WIRE_FOUND_MAX)
		return;
	for (l->n_found = 0; l->n_found < f->n; l->n_found++) {
		struct prefix *at = &l->found[l->n_found];

		*at = (struct prefix){ .family = f->at[l->n_found].family,
				       .prefix = (uint8_t)family_bits(f->at[l->n_found].family) };
		memcpy(at->addr, f->at[l->n_found].addr, sizeof(at->addr));
	}
}

static void on_done(void *ctx, const char *why)
{
	struct login *l = ctx;
	char text[PORTAL_WHY];
	struct portal_news news = { .found = l->found, .n_found = l->n_found, .why = text };

	snprintf(text, sizeof(text), "the portal's name %.60s does not resolve%s%.60s",
		 l->portal.page.host.text, *why ? ": " : "", why);
	l->seek = seek_free(l->seek);
	run(l, l->n_found ? PORTAL_FOUND : PORTAL_LOST, &news);
}

static void resolve(struct login *l)
{
	static const struct seek_handlers handlers = { on_found, on_done };
	struct daemon *d = l->daemon;
	struct fault fault = { 0 };
	int r;

	l->n_found = 0;
	r = seek_start(d->loop, &d->helpers, &l->portal.page.host, 1, &handlers, l, &l->seek,
		       &fault);
	if (r < 0)
		on_done(l, *fault.why ? fault.why : strerror(-r));
}

/* ----- what comes of it */

static void tell_opened(struct login *l)
{
	struct daemon *d = l->daemon;
	const struct portal *p = &l->portal;
	char span[SPAN_TEXT];

	log_entry(LOG_ID_PORTAL_OPENED, LOG_FIELDS({ "LAZARET_PORTAL", p->page.text }),
		  "this network wants a login: its portal is open in a browser for %s: %s",
		  span_text(p->until - now_s(), span), p->page.text);
	memory_tell(d->memory, ENTRY_PORTAL, PORTAL_OPENED, memory_portals(d->memory)->opened[0],
		    "%.200s", p->page.text);
}

static void tell_sealed(struct login *l)
{
	static const char *const why[PORTAL_STATES] = {
		[PORTAL_OFF] = "there is no quarantine any more, or another policy",
		[PORTAL_ASKING] = "this may be another network",
		[PORTAL_CLEAR] = "the network lets us out",
	};
	const struct portal *p = &l->portal;
	const char *text = why[p->state] ? why[p->state] : p->why;

	log_entry(LOG_ID_PORTAL_SEALED, NULL, "the captive portal is sealed again: %s", text);
	memory_tell(l->daemon->memory, ENTRY_PORTAL, PORTAL_SEALED, io_now(), "%s", text);
}

/* In the journal and on disk before it takes effect; what repeats itself is told once. */
static void tell(struct login *l, enum portal_state was)
{
	const struct portal *p = &l->portal;

	if (p->state == was && (p->state == PORTAL_OPEN || !strcmp(l->told, p->why)))
		return;
	if (was == PORTAL_OPEN)
		tell_sealed(l);
	else if (*p->why && strcmp(l->told, p->why))
		log_notice("captive portal: %s", p->why);
	if (p->state == PORTAL_OPEN)
		tell_opened(l);
	if (p->state == PORTAL_OPEN || was == PORTAL_OPEN)
		round_keep(l->daemon);
	if (*p->why || p->state == PORTAL_CLEAR)
		snprintf(l->told, sizeof(l->told), "%s", p->why);
}

static void arm(struct login *l)
{
	uint64_t now = now_s(), due = l->portal.due;

	if (due == UINT64_MAX)
		sd_event_source_set_enabled(l->due, SD_EVENT_OFF);
	else if (timer_arm(l->due, due > now ? due - now : 1) < 0)
		log_err("cannot set the timer of the captive portal");
}

/* The way out is there: what waited for it goes on. */
static void go_on(struct daemon *d)
{
	reach_hurry(d);
	mend_hurry(d);
	if (*d->config->url)
		inforce_refresh(d);
}

static void run(struct login *l, enum portal_event event, const struct portal_news *news)
{
	struct daemon *d = l->daemon;
	const struct portal_world world = { .rule = &d->policy->portal,
					    .allow = &d->allow,
					    .past = memory_portals(d->memory),
					    .boot = now_s(),
					    .now = io_now() };
	enum portal_state was = l->portal.state;
	const bool named = portal_name(&l->portal);
	const size_t n_open = l->portal.n_open;
	enum portal_deed deed;

	deed = portal_on(&l->portal, event, news, &world);
	if (!l->portal.asking || deed == PORTAL_ASK)
		knock_end(&l->probe);
	if (l->portal.state != PORTAL_NAMING)
		l->seek = seek_free(l->seek);
	tell(l, was);
	arm(l);
	if (n_open != l->portal.n_open || named != !!portal_name(&l->portal))
		reach_renew(d);
	if (deed == PORTAL_ASK)
		knock(&l->probe, &d->policy->portal);
	else if (deed == PORTAL_RESOLVE)
		resolve(l);
	if (l->portal.state == PORTAL_CLEAR && was != PORTAL_CLEAR && was != PORTAL_ASKING)
		go_on(d);
}

static void on_told(void *ctx, enum portal_event event, const struct portal_news *news)
{
	run(ctx, event, news);
}

static int on_due(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	run(userdata, PORTAL_TICK, NULL);
	return 0;
}

static bool demanded(const struct daemon *d)
{
	return d->policy && d->policy->portal.lasts && d->policy->mode == MODE_ENFORCE;
}

/* Each change of the list is another laying. */
void login_laid(struct daemon *d)
{
	if (demanded(d) && d->login->portal.state == PORTAL_OFF && !d->login->forgetting)
		run(d->login, PORTAL_BEGIN, NULL);
}

void login_lifted(struct daemon *d)
{
	if (d->policy && d->login->portal.state != PORTAL_OFF)
		run(d->login, PORTAL_END, NULL);
}

void login_moved(struct daemon *d)
{
	if (demanded(d) && d->login->portal.state != PORTAL_OFF)
		run(d->login, PORTAL_BEGIN, NULL);
}

void login_again(struct daemon *d)
{
	if (demanded(d) && d->login->portal.state != PORTAL_OFF)
		run(d->login, PORTAL_AGAIN, NULL);
}

void login_forget(struct daemon *d)
{
	if (!d->login)
		return;
	d->login->forgetting = true;
	login_lifted(d);
	d->login->forgetting = false;
}

const struct name *login_name(const struct daemon *d)
{
	return portal_name(&d->login->portal);
}

int login_add(const struct daemon *d, struct allow *list)
{
	const struct portal *p = &d->login->portal;
	const struct name *name = portal_name(p);
	uint64_t now = now_s();

	list->open = calloc(p->n_open + 1, sizeof(*list->open));
	list->open_names = calloc(1, sizeof(*list->open_names));
	if (!list->open || !list->open_names)
		return -ENOMEM;
	memcpy(list->open, p->open, p->n_open * sizeof(*list->open));
	list->n_open = p->until > now ? p->n_open : 0;
	list->open_for = p->until > now ? (uint32_t)(p->until - now) : 0;
	if (name)
		list->open_names[list->n_open_names++] = *name;
	return 0;
}

json_t *login_json(const struct daemon *d)
{
	const struct portal *p = &d->login->portal;
	uint64_t now = now_s();
	bool page = p->state == PORTAL_OPEN || p->state == PORTAL_BARRED;

	return json_pack(
		"{s:s, s:o, s:I, s:I, s:o}", "state", portal_names[p->state], "page",
		plain_text(page ? p->page.text : ""), "until",
		(json_int_t)(p->until > now ? io_now() + (int64_t)(p->until - now) : 0), "next",
		(json_int_t)(p->state == PORTAL_BARRED && p->due > now && p->due != UINT64_MAX
				     ? io_now() + (int64_t)(p->due - now)
				     : 0),
		"why", plain_text(p->why));
}

int login_new(struct daemon *d, struct login **ret)
{
	_drop_(drop_login) struct login *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->daemon = d;
	l->portal.due = UINT64_MAX;
	l->probe = (struct knock){
		.loop = d->loop, .helpers = &d->helpers, .told = on_told, .ctx = l
	};
	r = timer_new(d->loop, on_due, l, &l->due);
	if (r < 0)
		return r;
	*ret = take(l);
	return 0;
}

struct login *login_free(struct login *l)
{
	if (l) {
		seek_free(l->seek);
		knock_end(&l->probe);
		sd_event_source_disable_unref(l->due);
		free(l);
	}
	return NULL;
}
