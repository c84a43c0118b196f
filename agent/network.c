// SPDX-License-Identifier: GPL-2.0-or-later
#include "agent/network.h"
#include "agent/base/log.h"
#include "agent/confirm.h"
#include "agent/daemon.h"
#include "agent/enforce.h"
#include "agent/integrity.h"
#include "agent/keeper.h"
#include "agent/reach.h"
#include "agent/round.h"
#include "agent/trigger/rtnl.h"

static void on_link(void *ctx)
{
	enforce_links(ctx);
}

static void on_moved(void *ctx, const struct link *link)
{
	integrity_moved(ctx, link);
}

static void on_parted(void *ctx, uint32_t link)
{
	struct daemon *d = ctx;

	gateways_part(&d->gateways, link);
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

static void on_network(void *ctx)
{
	struct daemon *d = ctx;
	const char *cause = "network changed";

	if (has_moved(d)) {
		cause = "another network";
		round_hold(d, cause);
	}
	round_look(d, cause);
	confirm_network(d);
	reach_hurry(d);
	if (*d->policy_fault && *d->config->url && !d->refresh)
		keeper_refresh(d);
}

int network_start(struct daemon *d)
{
	static const struct rtnl_handlers handlers = { on_link, on_moved, on_parted, on_answered,
						       on_network };
	int r = rtnl_new(d->loop, &handlers, d, &d->rtnl);

	if (r < 0)
		return r;
	(void)!gateways_read(&d->gateways, NULL);
	return 0;
}

void network_stop(struct daemon *d)
{
	d->rtnl = rtnl_free(d->rtnl);
}
