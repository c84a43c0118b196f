// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/named.h"
#include "agent/portal.h"

#define HOUR  3600
#define NEVER UINT64_MAX

const char *const portal_names[PORTAL_STATES] = {
	[PORTAL_OFF] = "off",	      [PORTAL_ASKING] = "asking", [PORTAL_CLEAR] = "clear",
	[PORTAL_UNCLEAR] = "unclear", [PORTAL_NAMING] = "naming", [PORTAL_OPEN] = "open",
	[PORTAL_BARRED] = "barred",
};

const struct name *portal_name(const struct portal *p)
{
	bool wanted = p->state == PORTAL_NAMING || p->state == PORTAL_OPEN;

	return wanted && *p->page.host.text ? &p->page.host : NULL;
}

void portal_leap(struct portal_past *past, struct leap leap)
{
	for (size_t i = 0; i < PORTAL_ATTEMPTS_MAX; i++)
		leap_along(&past->opened[i], leap);
}

/* Whatever was open is not any more. */
static void enter(struct portal *p, enum portal_state state, uint64_t due)
{
	p->state = state;
	p->due = due;
	p->asking = false;
	p->until = 0;
	p->n_open = 0;
	p->why[0] = '\0';
}

static enum portal_deed ask(struct portal *p, uint64_t due)
{
	p->asking = true;
	p->due = due;
	return PORTAL_ASK;
}

static enum portal_deed begin(struct portal *p)
{
	*p = (struct portal){ 0 };
	enter(p, PORTAL_ASKING, NEVER);
	return ask(p, NEVER);
}

/* Tried again later: somebody may plug something in, and there is no event for that. */
static enum portal_deed doubt(struct portal *p, const struct portal_world *w, const char *why)
{
	p->pause = p->pause ? 2 * p->pause : PORTAL_RETRY_MIN;
	if (p->pause > PORTAL_RETRY_MAX)
		p->pause = PORTAL_RETRY_MAX;
	enter(p, PORTAL_UNCLEAR, w->boot + p->pause);
	snprintf(p->why, sizeof(p->why), "%s", why);
	return PORTAL_REST;
}

/* The latest first. */
void portal_note(struct portal_past *past, int64_t at)
{
	size_t i = 0;

	while (i < PORTAL_ATTEMPTS_MAX && past->opened[i] > at)
		i++;
	if (i == PORTAL_ATTEMPTS_MAX || past->opened[i] == at)
		return;
	memmove(past->opened + i + 1, past->opened + i,
		(PORTAL_ATTEMPTS_MAX - 1 - i) * sizeof(*past->opened));
	past->opened[i] = at;
}

/*
 * Seconds until the next opening.  All networks share the openings of an hour: which network it
 * is, a network says itself, and one that lies would be another one each time.
 */
static uint64_t must_wait(const struct portal_world *w)
{
	int64_t oldest = w->past->opened[w->rule->attempts - 1];
	int64_t left = oldest ? oldest + HOUR - w->now : 0;

	return left <= 0 ? 0 : left > HOUR ? HOUR : (uint64_t)left;
}

static enum portal_deed bar(struct portal *p, const struct portal_world *w, uint64_t wait,
			    const char *why)
{
	uint64_t must = must_wait(w);

	enter(p, PORTAL_BARRED, w->boot + (wait > must ? wait : must));
	snprintf(p->why, sizeof(p->why), "%s", why);
	return PORTAL_REST;
}

static bool any_holds(const struct prefix *places, size_t n, const struct prefix *at)
{
	for (size_t i = 0; i < n; i++)
		if (prefix_holds(&places[i], at->family, at->addr))
			return true;
	return false;
}

static bool peers_hold(const struct peer *peers, size_t n, const struct prefix *at)
{
	for (size_t i = 0; i < n; i++) {
		struct prefix place = { .family = peers[i].family, .prefix = peers[i].prefix };

		memcpy(place.addr, peers[i].addr, sizeof(place.addr));
		if (prefix_holds(&place, at->family, at->addr))
			return true;
	}
	return false;
}

/* A hotel's portal is not where the company is, nor on this machine, whatever a resolver says. */
static bool admits(const struct portal_world *w, const struct prefix *at)
{
	static const struct named anybody;

	return named_admits(&anybody, at) && !any_holds(w->rule->never, w->rule->n_never, at) &&
	       !peers_hold(w->allow->out, w->allow->n_out, at) &&
	       !peers_hold(w->allow->in, w->allow->n_in, at);
}

static bool has_port(const struct portal_rule *rule, uint16_t port)
{
	for (size_t i = 0; i < rule->n_ports; i++)
		if (rule->ports[i] == port)
			return true;
	return false;
}

static void add_port(struct portal *p, const struct prefix *at, uint16_t port)
{
	struct peer *peer = &p->open[p->n_open++];

	*peer = (struct peer){
		.family = at->family, .proto = IPPROTO_TCP, .prefix = at->prefix, .port = port
	};
	memcpy(peer->addr, at->addr, sizeof(peer->addr));
}

static void add_address(struct portal *p, const struct portal_rule *rule, const struct prefix *at)
{
	for (size_t i = 0; i < rule->n_ports; i++)
		add_port(p, at, rule->ports[i]);
}

static enum portal_deed opened(struct portal *p, const struct portal_world *w)
{
	p->n_open = peers_merge(p->open, p->n_open);
	p->until = w->boot + w->rule->lasts;
	p->pause = 0;
	portal_note(w->past, w->past->opened[0] < w->now ? w->now : w->past->opened[0] + 1);
	return PORTAL_REST;
}

static enum portal_deed open_at(struct portal *p, const struct portal_world *w,
				const struct prefix *found, size_t n)
{
	const struct portal_rule *rule = w->rule;
	size_t most = (size_t)rule->addresses * rule->n_ports;

	enter(p, PORTAL_OPEN, w->boot + PORTAL_CHECK_SECONDS);
	for (size_t i = 0; i < n && p->n_open < most; i++)
		if (admits(w, &found[i]))
			add_address(p, rule, &found[i]);
	if (!p->n_open)
		return doubt(p, w, "a portal is where no portal can be, so nothing was opened");
	return opened(p, w);
}

/*
 * The probe's own address, at which the network has another page.  The list leads there for
 * repair, so a portal could not be there; but this place the policy signs, and no other port of it
 * is opened.
 */
static enum portal_deed open_here(struct portal *p, const struct portal_world *w)
{
	const struct portal_rule *rule = w->rule;
	const struct prefix *at = &p->page.at;

	if (!any_holds(rule->at, rule->n_at, at) || p->page.port != rule->probe.port ||
	    any_holds(rule->never, rule->n_never, at))
		return doubt(p, w, "a portal is where no portal can be, so nothing was opened");
	enter(p, PORTAL_OPEN, w->boot + PORTAL_CHECK_SECONDS);
	add_port(p, at, p->page.port);
	return opened(p, w);
}

static enum portal_deed meet(struct portal *p, enum portal_event event, const struct web *page,
			     const struct portal_world *w)
{
	p->page = *page;
	if (!has_port(w->rule, page->port))
		return doubt(p, w, "a portal is at a port that the policy does not open");
	if (must_wait(w))
		return bar(p, w, 0, "as many portals were opened as the policy allows in an hour");
	if (event == PORTAL_IN_PLACE)
		return open_here(p, w);
	if (page->at.family)
		return open_at(p, w, &page->at, 1);
	enter(p, PORTAL_NAMING, NEVER);
	return PORTAL_RESOLVE;
}

/* An answer to the probe while the portal is open: the user may not have logged in yet. */
static enum portal_deed keep_open(struct portal *p, const struct portal_world *w)
{
	uint64_t next = w->boot + PORTAL_CHECK_SECONDS;

	p->asking = false;
	p->due = next < p->until ? next : p->until;
	return PORTAL_REST;
}

/* Openings that nobody uses are spread over the hour. */
static enum portal_deed tick(struct portal *p, const struct portal_world *w)
{
	if (p->state == PORTAL_OPEN && w->boot >= p->until)
		return bar(p, w, HOUR / (uint64_t)w->rule->attempts,
			   "nobody logged in before its time was over");
	if (p->state == PORTAL_OPEN) {
		/* Whether it is answered or not, that is no reason to stay open. */
		return ask(p, p->until);
	}
	if (p->state != PORTAL_UNCLEAR && p->state != PORTAL_BARRED)
		return PORTAL_REST;
	return ask(p, NEVER);
}

static enum portal_deed on_answer(struct portal *p, enum portal_event event,
				  const struct portal_news *news, const struct portal_world *w)
{
	if (!p->asking)
		return PORTAL_REST;
	if (event == PORTAL_EXPECTED) {
		enter(p, PORTAL_CLEAR, NEVER);
		return PORTAL_REST;
	}
	if (p->state == PORTAL_OPEN)
		return keep_open(p, w);
	return event == PORTAL_REDIRECT || event == PORTAL_IN_PLACE ? meet(p, event, news->page, w)
								    : doubt(p, w, news->why);
}

static enum portal_deed on_name(struct portal *p, enum portal_event event,
				const struct portal_news *news, const struct portal_world *w)
{
	if (p->state != PORTAL_NAMING)
		return PORTAL_REST;
	return event == PORTAL_FOUND ? open_at(p, w, news->found, news->n_found)
				     : doubt(p, w, news->why);
}

enum portal_deed portal_on(struct portal *p, enum portal_event event,
			   const struct portal_news *news, const struct portal_world *w)
{
	switch (event) {
	case PORTAL_BEGIN: return begin(p);
	case PORTAL_END: *p = (struct portal){ .due = NEVER }; return PORTAL_REST;
	case PORTAL_AGAIN: return p->state == PORTAL_CLEAR ? begin(p) : PORTAL_REST;
	case PORTAL_TICK: return tick(p, w);
	case PORTAL_EXPECTED:
	case PORTAL_REDIRECT:
	case PORTAL_IN_PLACE:
	case PORTAL_STRANGE:
	case PORTAL_FAILED: return on_answer(p, event, news, w);
	case PORTAL_FOUND:
	case PORTAL_LOST: return on_name(p, event, news, w);
	case PORTAL_EVENTS: break;
	}
	return PORTAL_REST;
}
