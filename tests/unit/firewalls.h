/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The look at the firewall, with a real ruleset. */
#pragma once

#include <linux/netfilter.h>
#include <string.h>

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

static void look_with(const char *rules, struct exposed exposed, int root, struct finding *ret)
{
	struct requirement req = { .check = CHECK_FIREWALL, .with.firewall.exposed = exposed };
	struct nft nft = open_nft();
	struct host host = { .root = root, .nft = &nft, .holders = holders };
	char text[1000];

	snprintf(text, sizeof(text), CLOSED, rules);
	load_rules(text);
	*ret = (struct finding){ 0 };
	posture_look(&req, &host, ret);
	nft_close(&nft);
}

static int enter(void **state)
{
	int r = enter_netns(state);

	return r < 0 ? r : system("ip link set lo up") ? -1 : 0;
}
