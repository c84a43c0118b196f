// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <systemd/sd-event.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/log.h"
#include "agent/base/msg.h"
#include "agent/base/span.h"
#include "agent/daemon.h"
#include "agent/keeper.h"
#include "agent/login.h"
#include "agent/memory.h"
#include "agent/mend.h"
#include "agent/plain.h"
#include "agent/portal.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/seek.h"
#include "agent/trigger/timer.h"

#define GLANCE_MS 5000 /* a portal is near */

struct login {
	struct daemon *daemon;
	struct portal portal;
	struct seek *seek;
	bool forgetting; /* the policy goes: what is laid on the way is its last */
	struct prefix found[WIRE_FOUND_MAX]; /* so far, by it */
	size_t n_found;
	size_t next;	      /* the probe's address to be asked next */
	char why[PORTAL_WHY]; /* of the first that failed */
	char told[PORTAL_WHY];
	sd_event_source *answer, *due;
};

DEFINE_DROP(login, login_free)

static void run(struct login *l, enum portal_event event, const struct portal_news *news);

static uint64_t now_s(void)
{
	return io_boot_ms() / 1000;
}

/* ----- the probe */

static void ask_next(struct login *l);

/* A page, which is to be shown to whoever asks for anything (511: RFC 6585, section 6). */
static bool is_page(unsigned status)
{
	return status == 200 || status == 511;
}

/* The probe's page at the address that has just answered. */
static int page_here(const struct login *l, struct web *ret)
{
	const struct portal_rule *rule = &l->daemon->policy->portal;
	const struct prefix *at = &rule->at[l->next - 1];
	const char *path = rule->probe.text + rule->probe.path;
	bool six = at->family == AF_INET6;
	char host[INET6_ADDRSTRLEN], port[8] = "", text[WEB_TEXT_MAX];

	inet_ntop(at->family, at->addr, host, sizeof(host));
	if (rule->probe.port != 80)
		snprintf(port, sizeof(port), ":%u", rule->probe.port);
	snprintf(text, sizeof(text), "http://%s%s%s%s%.*s", six ? "[" : "", host, six ? "]" : "",
		 port, WIRE_URL_MAX, path);
	return web_read(text, ret, NULL);
}

/* Whatever answers may be anybody, and what it says is no more than a hint where to log in. */
static void take_answer(struct login *l, const struct fetch_glanced *seen)
{
	char why[PORTAL_WHY];
	struct portal_news news = { .why = why };
	struct fault fault = { 0 };
	struct web page;

	if (seen->status == 204) {
		run(l, PORTAL_EXPECTED, &news);
		return;
	}
	if (*seen->location && web_read(seen->location, &page, &fault) == 0) {
		news.page = &page;
		run(l, PORTAL_REDIRECT, &news);
		return;
	}
	if (!*seen->location && is_page(seen->status) && page_here(l, &page) == 0) {
		news.page = &page;
		run(l, PORTAL_IN_PLACE, &news);
		return;
	}
	snprintf(why, sizeof(why),
		 "something answers in place of the probe (%u); where it %s %.50s", seen->status,
		 *fault.why ? "sends us" : "would have us log in is not said", fault.why);
	run(l, PORTAL_STRANGE, &news);
}

static int on_answer(sd_event_source *s, int fd, uint32_t revents, void *userdata)
{
	struct login *l = userdata;
	struct fetch_glanced seen;
	int r = msg_recv(fd, &seen, sizeof(seen), NULL, NULL, 0);

	(void)s, (void)revents;
	if (r == 0 && (!wire_text_ok(seen.why) || !wire_text_ok(seen.location) || seen.err > 0))
		r = -EPROTO;
	if (r < 0)
		seen = (struct fetch_glanced){ .err = r, .why = "lazaret-fetch gave no answer" };
	l->answer = sd_event_source_disable_unref(l->answer);
	if (seen.err == 0) {
		take_answer(l, &seen);
		return 0;
	}
	if (!*l->why)
		snprintf(l->why, sizeof(l->why), "%.150s", seen.why);
	ask_next(l);
	return 0;
}

static int ask_at(struct login *l, const struct prefix *at, struct fault *fault)
{
	struct daemon *d = l->daemon;
	struct fetch_open ask = { .flags = FETCH_GLANCE,
				  .timeout_ms = GLANCE_MS,
				  .at.family = at->family };
	_close_ int fd = helper_fetch(&d->helpers, fault);
	int r;

	if (fd < 0)
		return fd;
	snprintf(ask.base, sizeof(ask.base), "%.*s", WIRE_URL_MAX - 1,
		 d->policy->portal.probe.text);
	memcpy(ask.at.addr, at->addr, sizeof(ask.at.addr));
	r = msg_send(fd, &ask, sizeof(ask), NULL, 0);
	if (r == 0)
		r = sd_event_add_io(d->loop, &l->answer, fd, EPOLLIN, on_answer, l);
	if (r < 0)
		return r;
	sd_event_source_set_io_fd_own(l->answer, true);
	take_fd(&fd);
	return 0;
}

/* One address after the other, until somebody answers. */
static void ask_next(struct login *l)
{
	const struct portal_rule *rule = &l->daemon->policy->portal;
	const struct portal_news news = { .why = l->why };

	while (l->next < rule->n_at) {
		struct fault fault = { 0 };
		int r = ask_at(l, &rule->at[l->next++], &fault);

		if (r == 0)
			return;
		if (!*l->why)
			snprintf(l->why, sizeof(l->why), "%.150s",
				 *fault.why ? fault.why : strerror(-r));
	}
	run(l, PORTAL_FAILED, &news);
}

static void ask(struct login *l)
{
	l->next = 0;
	l->why[0] = '\0';
	ask_next(l);
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
	memory_tell(d->memory, ENTRY_PORTAL, PORTAL_OPENED, io_now(), "%.200s", p->page.text);
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
		keeper_refresh(d);
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
		l->answer = sd_event_source_disable_unref(l->answer);
	if (l->portal.state != PORTAL_NAMING)
		l->seek = seek_free(l->seek);
	tell(l, was);
	arm(l);
	if (n_open != l->portal.n_open || named != !!portal_name(&l->portal))
		reach_renew(d);
	if (deed == PORTAL_ASK)
		ask(l);
	else if (deed == PORTAL_RESOLVE)
		resolve(l);
	if (l->portal.state == PORTAL_CLEAR && was != PORTAL_CLEAR && was != PORTAL_ASKING)
		go_on(d);
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
		sd_event_source_disable_unref(l->answer);
		sd_event_source_disable_unref(l->due);
		free(l);
	}
	return NULL;
}
