// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/netfilter.h>
#include <string.h>

#include "netfilter/ahead.h"
#include "netfilter/ruleset-parts.h"

static const struct probe first[ASKED] = {
	{ .family = NFPROTO_IPV4, .protocol = IPPROTO_TCP },
	{ .family = NFPROTO_IPV4, .protocol = IPPROTO_UDP },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_TCP },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP, .tracking = TRACKING_INVALID },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP },
	{ .family = NFPROTO_IPV4, .protocol = IPPROTO_UDP, .group = true },
	{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP, .group = true },
};

static void add_probe(struct ruleset *rs, const struct probe *p)
{
	struct probe *own = &rs->probes[rs->n_probes];

	*own = *p;
	if (rs->scope.untracked)
		own->tracking = TRACKING_UNTRACKED;
	ahead_tell(rs->scope.ahead, own);
	own->links = rs->scope.links;
	rs->question[rs->n_probes++] = rs->n_questions;
}

/*
 * Conntrack takes a UDP packet whose own length is 0 for invalid, and IPv6 delivers it: it may be
 * a jumbogram's (RFC 2675).  What is for a group comes to whoever waits on any address.
 */
static void add_question(struct ruleset *rs, const struct probe *p)
{
	struct probe lengthless = *p, group = *p;

	if (rs->n_questions == RULESET_ASKED)
		return;
	lengthless.tracking = TRACKING_INVALID;
	group.group = true;
	add_probe(rs, p);
	if (p->protocol == IPPROTO_UDP && p->family == NFPROTO_IPV6)
		add_probe(rs, &lengthless);
	if (p->protocol == IPPROTO_UDP && p->port && !p->from_there)
		add_probe(rs, &group);
	rs->n_questions++;
}

void packets_begin(struct ruleset *rs)
{
	for (unsigned i = 0; i < ASKED; i++)
		add_probe(rs, &first[i]);
}

void ruleset_ask(struct ruleset *rs, const struct survey_port *port)
{
	add_question(rs, &(struct probe){ .family = port->family,
					  .protocol = port->protocol,
					  .port = port->port });
}

void ruleset_ask_from(struct ruleset *rs, const struct survey_port *port, const uint8_t *source)
{
	struct probe p = { .family = port->family,
			   .protocol = port->protocol,
			   .port = port->port,
			   .from_there = true };

	memcpy(p.source, source, sizeof(p.source));
	add_question(rs, &p);
}

void ruleset_note(struct ruleset *rs, struct edges *edges)
{
	for (unsigned i = 0; i < ASKED; i++)
		rs->probes[i].edges = edges;
}
