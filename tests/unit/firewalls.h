/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look at the firewall, with a real ruleset. */
#pragma once

#include <linux/netfilter.h>
#include <string.h>

#include "agent/posture/legacy.h"
#include "agent/posture/posture.h"
#include "tests/unit/netns.h"

#define CLOSED "table inet t { chain c { type filter hook input priority 0; policy drop; %s } }"

static const struct evidence *evidence(const struct finding *f, const char *probe)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].probe, probe))
			return &f->evidence[i];
	fail_msg("no evidence of %s in \"%s\"", probe, f->what);
	return NULL;
}

static const struct holders *holders; /* of sockets, as the look knows them */
static const struct legacy no_tables = { .known = true };
static const struct legacy *told = &no_tables; /* of iptables-legacy */

/* At the rules that there are. */
static void look_here(struct exposed exposed, int root, struct finding *ret)
{
	struct requirement req = { .check = CHECK_FIREWALL, .with.firewall.exposed = exposed };
	struct nft nft = open_nft();
	struct host host = { .root = root, .nft = &nft, .holders = holders, .legacy = told };

	*ret = (struct finding){ 0 };
	posture_look(&req, &host, ret);
	nft_close(&nft);
}

static void look_with(const char *rules, struct exposed exposed, int root, struct finding *ret)
{
	char text[1000];

	snprintf(text, sizeof(text), CLOSED, rules);
	load_rules(text);
	look_here(exposed, root, ret);
}

static int enter(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r : system("ip link set lo up") ? -1 : 0;
}
