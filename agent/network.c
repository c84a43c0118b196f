// SPDX-License-Identifier: GPL-2.0-or-later
#include <net/if.h>
#include <string.h>
#include <systemd/sd-event.h>

#include "agent/base/log.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/inforce.h"
#include "agent/integrity.h"
#include "agent/login.h"
#include "agent/mend.h"
#include "agent/network.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/trigger/rtnl.h"
#include "agent/trigger/timer.h"
#include "netfilter/links.h"
#include "netfilter/share.h"

#define DOOR_SECONDS 5 /* for a router to be heard of; there may be none */

static void on_link(void *ctx)
{
	enforce_links(ctx);
}

static void on_moved(void *ctx, const struct link *link)
{
	integrity_moved(ctx, link);
}

/* Those to this host's own guests come and go all day. */
static bool leads_out(uint32_t link)
{
	char name[IFNAMSIZ];

	return if_indextoname(link, name) && strcmp(name, "lo") != 0 &&
	       !share_is_inner((const uint8_t *)name, strlen(name));
}

/* Once: the kernel tells of each change of a link that is up. */
static bool comes(struct daemon *d, uint32_t link)
{
	for (size_t i = 0; i < d->n_came; i++)
		if (d->came[i] == link)
			return false;
	if (d->n_came == DOOR_LINKS)
		return false;
	d->came[d->n_came++] = link;
	return true;
}

static void leave(struct daemon *d, uint32_t link)
{
	for (size_t i = d->n_came; i-- > 0;)
		if (d->came[i] == link)
			d->came[i] = d->came[--d->n_came];
}

/*
 * Not held while no link is up: what a host does with itself is nobody's business.  Nor when
 * another network is still there, in which it was judged.
 */
static void on_carrier(void *ctx, uint32_t link, bool has)
{
	struct daemon *d = ctx;
	int r;

	if (!has) {
		leave(d, link);
		d->parted |= gateways_part(&d->gateways, link) && !d->gateways.n;
	} else if (d->parted && leads_out(link) && comes(d, link)) {
		r = timer_arm(d->door, DOOR_SECONDS);
		if (r == 0)
			round_hold(d, "between networks");
		else
			log_err("not held before the next network is known: no timer: %s",
				strerror(-r));
	}
}

bool network_awaited(const struct daemon *d)
{
	return d->door && sd_event_source_get_enabled(d->door, NULL) > 0;
}

static int on_no_router(sd_event_source *s, uint64_t usec, void *userdata)
{
	(void)s, (void)usec;
	round_look(userdata, "no router");
	return 0;
}

static bool on_answered(void *ctx, const struct nlmsghdr *h)
{
	struct daemon *d = ctx;

	return gateways_answered(&d->gateways, h);
}

/* What cannot be told may be another network. */
static bool has_moved(struct daemon *d)
{
	struct gateways is;
	struct fault fault = { 0 };
	bool moved;

	if (gateways_read(&is, &fault) < 0) {
		log_warn("%s; the host counts as moved", fault.why);
		return true;
	}
	moved = gateways_moved(&d->gateways, &is);
	gateways_learn(&d->gateways, &is);
	return moved;
}

/* The server of the policy stands for the way out; without one, whatever is new may be it. */
static void seek_way_out(struct daemon *d)
{
	bool told = *d->config->url;

	if (told && !d->refresh && (*d->policy_fault || (d->roamed && mend_starves(d))))
		inforce_refresh(d);
	if (!told && d->roamed)
		mend_hurry(d);
	d->roamed &= told;
}

static void on_network(void *ctx)
{
	struct daemon *d = ctx;
	const char *cause = "network changed";

	if (has_moved(d)) {
		cause = "another network";
		d->roamed = true;
		d->parted = false;
		d->n_came = 0;
		sd_event_source_set_enabled(d->door, SD_EVENT_OFF);
		round_hold(d, cause);
		login_moved(d);
	}
	round_look(d, cause);
	confirm_network(d);
	reach_hurry(d);
	seek_way_out(d);
}

int network_start(struct daemon *d)
{
	static const struct rtnl_handlers handlers = { on_link, on_moved, on_carrier, on_answered,
						       on_network };
	int r = timer_new(d->loop, on_no_router, d, &d->door);

	if (r == 0)
		r = rtnl_new(d->loop, &handlers, d, &d->rtnl);
	if (r < 0)
		return r;
	(void)!gateways_read(&d->gateways, NULL);
	d->parted = !d->gateways.n;
	return 0;
}

void network_expect(struct daemon *d)
{
	_drop_(links_free) struct links links = { 0 };
	struct fault fault = { 0 };

	if (!d->parted)
		return;
	if (links_read(&links, &fault) < 0)
		log_warn("%s; those that are up already are not waited for", fault.why);
	for (size_t i = 0; i < links.n; i++) {
		if (!links.list[i].carrier)
			continue;
		if (d->laid)
			on_carrier(d, links.list[i].index, true);
		else if (leads_out(links.list[i].index))
			(void)!comes(d, links.list[i].index);
	}
}

void network_stop(struct daemon *d)
{
	d->rtnl = rtnl_free(d->rtnl);
	d->door = sd_event_source_disable_unref(d->door);
}
