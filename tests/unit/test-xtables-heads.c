// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules of iptables-legacy with heads as no iptables writes them are read as the kernel reads them.
 */
#include <linux/netfilter/nf_tables.h>

#include "agent/base/count.h"
#include "netfilter/names.h"
#include "netfilter/object.h"
#include "tests/unit/blob.h"

static struct blob blob;

/* Which packets the kernel takes these heads for: all, or none. */
#define A10                  \
	{                    \
		.s_addr = 10 \
	}
#define LOW6                        \
	{                           \
		.s6_addr = { 0x20 } \
	}
struct head_row {
	union blob_head ip;
	bool all;
};

static const struct head_row heads4[] = {
	{ { .v4 = { .proto = 0 } }, true },
	{ { .v4 = { .invflags = IPT_INV_VIA_IN } }, false },
	{ { .v4 = { .invflags = IPT_INV_VIA_OUT } }, false },
	{ { .v4 = { .invflags = IPT_INV_SRCIP } }, false },
	{ { .v4 = { .invflags = IPT_INV_DSTIP } }, false },
	{ { .v4 = { .invflags = IPT_INV_FRAG } }, false },
	{ { .v4 = { .src = A10 } }, false },
	{ { .v4 = { .dst = A10 } }, false },
	{ { .v4 = { .src = A10, .invflags = IPT_INV_SRCIP } }, true },
	{ { .v4 = { .invflags = IPT_INV_PROTO } }, true },
	{ { .v4 = { .proto = 256 } }, false },
	{ { .v4 = { .proto = 256 + IPPROTO_TCP } }, false },
	{ { .v4 = { .proto = 256, .invflags = IPT_INV_PROTO } }, true },
	{ { .v4 = { .iniface = "eth0" } }, true }, /* of which no letter counts */
	{ { .v4 = { .flags = IPT_F_GOTO } }, true },
};

static const struct head_row heads6[] = {
	{ { .v6 = { .proto = 0 } }, true },
	{ { .v6 = { .invflags = IP6T_INV_VIA_IN } }, false },
	{ { .v6 = { .invflags = IP6T_INV_VIA_OUT } }, false },
	{ { .v6 = { .invflags = IP6T_INV_SRCIP } }, false },
	{ { .v6 = { .invflags = IP6T_INV_DSTIP } }, false },
	{ { .v6 = { .invflags = IP6T_INV_FRAG } }, true },
	{ { .v6 = { .src = LOW6 } }, true }, /* of which no bit counts */
	{ { .v6 = { .dst = LOW6 } }, true },
	{ { .v6 = { .src = LOW6, .invflags = IP6T_INV_SRCIP } }, false },
	{ { .v6 = { .proto = IPPROTO_TCP } }, true }, /* without its flag */
	{ { .v6 = { .proto = 256, .flags = IP6T_F_PROTO } }, false },
	{ { .v6 = { .proto = 256, .flags = IP6T_F_PROTO, .invflags = IP6T_INV_PROTO } }, true },
};

static void check_head(uint8_t family, const union blob_head *head, bool all, size_t row)
{
	struct survey s;

	for (int drops = 0; drops < 2; drops++) {
		blob_begin(&blob, family);
		blob_hook(&blob, NF_INET_LOCAL_IN);
		blob_verdict(&blob, head, drops ? -NF_DROP - 1 : -NF_ACCEPT - 1);
		blob_policy(&blob, NF_INET_LOCAL_IN, drops ? NF_ACCEPT : NF_DROP);
		blob_named(&blob, XT_ERROR_TARGET);
		assert_int_equal(blob_judge(&blob, &s), 0);
		if ((family == NFPROTO_IPV4 ? s.closed4 : s.closed6) != (drops ? all : !all))
			fail_msg("family %u, row %zu, drops %d", family, row, drops);
	}
}

static void test_heads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(heads4); i++)
		check_head(NFPROTO_IPV4, &heads4[i].ip, heads4[i].all, i);
	for (size_t i = 0; i < COUNT(heads6); i++)
		check_head(NFPROTO_IPV6, &heads6[i].ip, heads6[i].all, i);
}

/* A mask with holes is of no name: neither opens nor closes for certain. */
static void test_holes(void **state)
{
	const union blob_head ip = { .v4 = { .iniface = "docker0",
					     .iniface_mask = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
							       0, 0xff } } };
	struct survey s;

	(void)state;
	for (int drops = 0; drops < 2; drops++) {
		blob_begin(&blob, NFPROTO_IPV4);
		blob_hook(&blob, NF_INET_LOCAL_IN);
		blob_verdict(&blob, &ip, drops ? -NF_DROP - 1 : -NF_ACCEPT - 1);
		blob_policy(&blob, NF_INET_LOCAL_IN, drops ? NF_ACCEPT : NF_DROP);
		blob_named(&blob, XT_ERROR_TARGET);
		assert_int_equal(blob_judge(&blob, &s), 0);
		assert_false(s.closed4);
	}
}

/* Where the kernel has each table's chains (linux/netfilter_ipv4.h), and of which type they are. */
static const struct kind {
	const char *name, *type;
	int priority[NF_INET_NUMHOOKS];
} kinds[] = {
	{ "raw", "filter", { -300, -300, -300, -300, -300 } },
	{ "mangle", "filter", { -150, -150, -150, -150, -150 } },
	{ "nat", "nat", { -100, 100, -100, -100, 100 } },
	{ "filter", "filter", { 0 } },
	{ "security", "filter", { 50, 50, 50, 50, 50 } },
};

struct expected {
	const struct kind *kind;
	unsigned n;
};

static int take_chain(void *ctx, const struct nlmsghdr *h)
{
	static const char *const names[] = { "PREROUTING", "INPUT", "FORWARD", "OUTPUT",
					     "POSTROUTING" };
	struct expected *e = ctx;
	char table[XTABLES_NAME];
	struct chain_seen c;

	assert_int_equal(object_chain(h, &c), 0);
	xtables_name(c.family, e->kind->name, table);
	assert_string_equal(c.table, table);
	assert_string_equal(c.name, names[e->n]);
	assert_string_equal(c.type, e->kind->type);
	assert_true(c.base && c.hook == e->n);
	assert_int_equal(c.priority, e->kind->priority[e->n]);
	assert_int_equal(c.policy, e->n & 1 ? NF_DROP : NF_ACCEPT);
	assert_int_equal(c.uses, e->n);
	e->n++;
	return 0;
}

/* Each chain has as many rules as its hook's number. */
static void test_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds) * 2; i++) {
		struct expected e = { .kind = &kinds[i / 2] };
		struct xtables x = { 0 };

		blob_begin(&blob, i & 1 ? NFPROTO_IPV6 : NFPROTO_IPV4);
		blob.table.name = e.kind->name;
		for (unsigned hook = 0; hook < NF_INET_NUMHOOKS; hook++) {
			blob_hook(&blob, hook);
			for (unsigned n = 0; n < hook; n++)
				blob_verdict(&blob, NULL, -NF_ACCEPT - 1);
			blob_policy(&blob, hook, hook & 1 ? NF_DROP : NF_ACCEPT);
		}
		blob_named(&blob, XT_ERROR_TARGET);
		assert_int_equal(xtables_tell(&blob.table, &x), 0);
		assert_int_equal(xtables_each(&x, NFT_MSG_NEWCHAIN, take_chain, &e), 0);
		assert_int_equal(e.n, NF_INET_NUMHOOKS);
		xtables_free(&x);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_holes),
		cmocka_unit_test(test_places),
	};

	return cmocka_run_group_tests_name("xtables-heads", tests, NULL, NULL);
}
