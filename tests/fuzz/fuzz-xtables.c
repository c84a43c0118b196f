// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A table of iptables-legacy as the kernel hands it out: a family, the table's number, its hooks,
 * where their rules begin and end, and the rules.  What is told of it is sound.
 */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/ahead.h"
#include "netfilter/imprint.h"
#include "netfilter/ruleset.h"
#include "netfilter/xtables-parts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct head {
	uint8_t family, table, hooks;
	uint8_t begins[4 * NF_INET_NUMHOOKS], ends[4 * NF_INET_NUMHOOKS];
};

static void must(int r)
{
	if (r < 0)
		abort();
}

static int on_chain(void *ctx, const struct imprint_chain *c)
{
	(void)ctx;
	if (!*c->name || !c->len)
		abort();
	return 0;
}

static void judge(const struct xtables *x)
{
	struct ahead ahead = { 0 };
	_drop_(drop_ruleset) struct ruleset *rs = ruleset_new(&(struct scope){ .ahead = &ahead });
	struct survey_port ports[] = {
		{ .family = NFPROTO_IPV4, .protocol = IPPROTO_TCP, .port = 22 },
		{ .family = NFPROTO_IPV6, .protocol = IPPROTO_UDP, .port = 5353 },
	};
	struct survey s;

	if (!rs || ruleset_imprint(rs) < 0)
		abort();
	for (size_t i = 0; i < COUNT(ports); i++)
		ruleset_ask(rs, &ports[i]);
	must(xtables_each(x, NFT_MSG_NEWCHAIN, ruleset_take_chain, rs));
	must(xtables_each(x, NFT_MSG_NEWRULE, ruleset_take_ahead, rs));
	must(xtables_each(x, NFT_MSG_NEWRULE, ruleset_take_rule, rs));
	if (ruleset_end(rs) == -ENOMEM)
		abort();
	ruleset_judge(rs, ports, COUNT(ports), &s);
	must(imprint_tell(rs, on_chain, NULL));
	if (s.closed4 != !!s.by4[0] || s.closed6 != !!s.by6[0])
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const tables[] = { "filter", "mangle", "nat", "raw", "security" };
	uint32_t begins[NF_INET_NUMHOOKS], ends[NF_INET_NUMHOOKS];
	struct xtables told = { 0 };
	struct xt_table t;
	struct head h;
	uint8_t *copy;
	int r;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	memcpy(begins, h.begins, sizeof(begins));
	memcpy(ends, h.ends, sizeof(ends));
	size -= sizeof(h);
	copy = malloc(size ? size : 1); /* aligned, and with an end that is watched */
	if (!copy)
		abort();
	memcpy(copy, data + sizeof(h), size);
	t = (struct xt_table){ .family = h.family & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4,
			       .name = tables[h.table % COUNT(tables)],
			       .hooks = h.hooks,
			       .begins = begins,
			       .ends = ends,
			       .bytes = copy,
			       .size = (uint32_t)size };
	r = xtables_tell(&t, &told);
	if (r == 0)
		judge(&told);
	else if (r != -EBADMSG && r != -EFBIG)
		abort();
	xtables_free(&told);
	free(copy);
	return 0;
}
