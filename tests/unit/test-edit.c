// SPDX-License-Identifier: GPL-2.0-or-later
/* Lists laid by their difference to the one before: the tables must end up as if laid whole. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "netfilter/change.h"
#include "netfilter/quarantine.h"
#include "tests/unit/netns.h"

#define MANY 40 /* more than a set has room for when it was laid for a few */

static struct peer peer(unsigned n)
{
	return (struct peer){ .family = AF_INET,
			      .proto = IPPROTO_TCP,
			      .prefix = 32,
			      .port = (uint16_t)(1000 + n),
			      .addr = { 192, 0, 2, (uint8_t)n } };
}

static uint32_t roll(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* Few kinds, so that many are there twice. */
static size_t make_list(struct peer *list, size_t most, uint32_t *seed)
{
	size_t n = roll(seed) % (most + 1);

	for (size_t i = 0; i < n; i++)
		list[i] = peer(roll(seed) % 6);
	return n;
}

static unsigned kinds(const struct peer *list, size_t n)
{
	unsigned bits = 0;

	for (size_t i = 0; i < n; i++)
		bits |= 1u << list[i].addr[3];
	return bits;
}

static void test_a_change_leads_from_one_to_the_other(void **state)
{
	struct peer from[8], to[8];
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n_from = make_list(from, 8, &seed), n_to = make_list(to, 8, &seed);
		unsigned have = kinds(from, n_from);
		struct change c;

		assert_int_equal(change_find(from, n_from, to, n_to, &c), 0);
		for (size_t k = 0; k < c.n_gone; k++) {
			assert_true(have &
				    1u << c.gone[k]->addr[3]); /* the kernel refuses others */
			have &= ~(1u << c.gone[k]->addr[3]);
		}
		for (size_t k = 0; k < c.n_come; k++) {
			assert_false(have & 1u << c.come[k]->addr[3]);
			have |= 1u << c.come[k]->addr[3];
		}
		assert_int_equal(have, kinds(to, n_to));
		assert_int_equal(c.head + c.n_old + c.tail, n_from);
		assert_int_equal(c.head + c.n_new + c.tail, n_to);
		change_free(&c);
	}
}

static void test_what_cannot_be_edited(void **state)
{
	struct peer from[2] = { peer(1), peer(2) }, to[2] = { peer(1), peer(2) };
	struct peer *many = calloc(CHANGE_MAX + 1, sizeof(*many));
	struct change c;

	(void)state;
	to[0].prefix = 24;
	assert_int_equal(change_find(from, 2, to, 2, &c), -EOPNOTSUPP);
	assert_int_equal(change_find(to, 2, from, 2, &c), -EOPNOTSUPP);
	assert_non_null(many);
	for (size_t i = 0; i <= CHANGE_MAX; i++) {
		many[i] = peer((unsigned)i % 256);
		many[i].addr[0] = (uint8_t)(i / 256);
	}
	assert_int_equal(change_find(from, 0, many, CHANGE_MAX + 1, &c), -E2BIG);
	assert_int_equal(change_find(from, 0, many, CHANGE_MAX, &c), 0);
	assert_int_equal(c.n_come, CHANGE_MAX);
	change_free(&c);
	free(many);
}

static uint32_t generation(struct nft *nft)
{
	uint32_t g;

	assert_int_equal(nft_generation(nft, &g, NULL), 0);
	return g;
}

/* A set that was laid whole is another one, with a handle of its own. */
static int set_handle(void)
{
	return atoi(shown("nft -a list table inet lazaret | sed -n 's/.*set out4 .*handle //p'"));
}

static unsigned addresses(const char *text)
{
	unsigned n = 0;

	for (; (text = strstr(text, "192.0.2.")); text++)
		n++;
	return n;
}

/* Both tables in one look: on a kernel in emulation each process counts. */
static void assert_elements(unsigned inet, unsigned netdev)
{
	const char *seen = shown("nft list set inet lazaret out4 2>/dev/null; "
				 "nft list set netdev lazaret out4 2>/dev/null");
	const char *second = strstr(seen, "table netdev");
	unsigned n = second ? addresses(second) : 0;

	assert_int_equal(addresses(seen) - n, inet);
	assert_int_equal(n, netdev);
}

static void lay(struct nft *nft, struct peer *out, size_t n)
{
	const struct allow allow = { .out = out, .n_out = n, .dhcp_any = true, .everyone = true };
	struct fault f = { 0 };

	if (quarantine_lay(nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(nft, NULL), 1);
	assert_elements(__builtin_popcount(kinds(out, n)), __builtin_popcount(kinds(out, n)));
}

static void test_an_equal_list_is_no_transaction(void **state)
{
	struct peer out[] = { peer(1), peer(2), peer(3) };
	struct nft nft = open_nft();
	uint32_t before;

	(void)state;
	lay(&nft, out, 3);
	before = generation(&nft);
	lay(&nft, out, 3);
	assert_int_equal(generation(&nft), before);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	lay(&nft, out, 3);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

static void test_one_address_is_edited(void **state)
{
	struct peer out[] = { peer(1), peer(2), peer(3), peer(4) };
	struct nft nft = open_nft();
	uint32_t seed = 7;
	int handle;

	(void)state;
	lay(&nft, out, 3);
	handle = set_handle();
	assert_true(handle > 0);
	lay(&nft, out, 4);
	lay(&nft, out + 1, 3);
	out[1] = peer(5);
	lay(&nft, out, 4);
	assert_int_equal(set_handle(), handle);
	lay(&nft, out, 0); /* another set of rules */
	lay(&nft, out, 1);
	assert_int_not_equal(set_handle(), handle);
	handle = set_handle();
	for (int i = 0; i < 40; i++) {
		struct peer some[8] = { peer(0) };

		lay(&nft, some, 1 + make_list(some + 1, 7, &seed));
	}
	assert_int_equal(set_handle(), handle);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

static void test_a_full_set_is_laid_whole(void **state)
{
	struct peer out[MANY];
	struct nft nft = open_nft();

	(void)state;
	for (unsigned i = 0; i < MANY; i++)
		out[i] = peer(i);
	for (size_t n = 1; n <= 30; n++) { /* kinds() counts no further */
		const struct allow allow = { .out = out, .n_out = n, .everyone = true };

		assert_int_equal(quarantine_lay(&nft, &allow, NULL), 0);
		assert_elements(n, n);
	}
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

/* Whoever changed the tables meanwhile: the next list is laid whole, be it equal or not. */
static void test_what_others_changed_is_not_built_upon(void **state)
{
	static const char *const commands[] = {
		"nft 'delete element inet lazaret out4 { 192.0.2.2 . tcp . 1002 }'",
		"nft 'add element netdev lazaret out4 { 192.0.2.9 . tcp . 1 }'",
		"nft flush set netdev lazaret out4",
		"nft flush chain inet lazaret any4",
		"nft delete table inet lazaret",
		"nft delete table netdev lazaret",
		"nft flush ruleset",
		"nft add table inet lazaret '{ flags dormant; }'",
	};
	struct peer out[] = { peer(1), peer(2), peer(3) };
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		lay(&nft, out, 3);
		assert_int_equal(system(commands[i]), 0);
		lay(&nft, out, i % 2 ? 3 : 2);
		assert_string_not_equal(shown("nft list chain inet lazaret any4 | grep drop"), "");
	}
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

/* What only this socket may change is still known when others changed what is theirs. */
static void test_an_owner_need_not_ask(void **state)
{
	struct peer out[] = { peer(1), peer(2) };
	struct nft nft = open_nft();
	int handle;

	(void)state;
	assert_int_equal(ownership_claim(&nft, OWNERSHIP_OWNED, NULL), 0);
	lay(&nft, out, 1);
	handle = set_handle();
	assert_int_equal(system("nft add table inet others"), 0);
	lay(&nft, out, 2);
	if (nft.ownership == OWNERSHIP_OWNED)
		assert_int_equal(set_handle(), handle);
	else
		assert_int_not_equal(set_handle(), handle);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	assert_int_equal(system("nft delete table inet others"), 0);
	nft_close(&nft);
}

static void test_rules_and_links_count_too(void **state)
{
	struct peer out[] = { peer(1) };
	struct allow allow = { .out = out, .n_out = 1, .dhcp_any = true, .everyone = true };
	struct nft nft = open_nft();

	(void)state;
	lay(&nft, out, 1);
	allow.dhcp_any = false;
	assert_int_equal(quarantine_lay(&nft, &allow, NULL), 0);
	assert_string_equal(shown("nft list chain inet lazaret any4 | grep 'dport 67'"), "");
	assert_int_equal(system("ip link add n2a type veth peer name n2b"), 0);
	assert_int_equal(quarantine_present(&nft, NULL), 0);
	assert_int_equal(quarantine_lay(&nft, &allow, NULL), 0);
	assert_int_equal(quarantine_present(&nft, NULL), 1);
	assert_int_equal(system("ip link del n2a"), 0);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

static void test_bad_peers_change_nothing(void **state)
{
	struct peer out[] = { peer(1), peer(2) };
	const struct allow allow = { .out = out, .n_out = 2, .everyone = true };
	struct fault f = { 0 };
	struct nft nft = open_nft();

	(void)state;
	lay(&nft, out, 1);
	out[1].port = 0;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), -EINVAL);
	assert_non_null(strstr(f.why, "peer 2 of the outbound list"));
	assert_elements(1, 1);
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

/* The same address and port, for repair alone or for every program. */
static void test_for_whom_it_is_counts(void **state)
{
	struct peer out[] = { peer(1), peer(2), peer(3), peer(4) };
	const struct allow allow = { .out = out, .n_out = 4, .dhcp_any = true, .everyone = true };
	struct nft nft = open_nft();
	int handle;

	(void)state;
	out[2].anyone = out[3].anyone = true;
	assert_int_equal(quarantine_lay(&nft, &allow, NULL), 0);
	handle = set_handle();
	out[1].anyone = true;
	out[2].anyone = false;
	assert_int_equal(quarantine_lay(&nft, &allow, NULL), 0);
	assert_int_equal(set_handle(), handle);
	assert_elements(2, 2);
	assert_string_equal(shown("nft list set netdev lazaret vpn4 | grep -o '192[^ ]*' | sort | "
				  "tr '\\n' ' '"),
			    "192.0.2.2 192.0.2.4 ");
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_change_leads_from_one_to_the_other),
		cmocka_unit_test(test_what_cannot_be_edited),
		cmocka_unit_test(test_an_equal_list_is_no_transaction),
		cmocka_unit_test(test_one_address_is_edited),
		cmocka_unit_test(test_a_full_set_is_laid_whole),
		cmocka_unit_test(test_what_others_changed_is_not_built_upon),
		cmocka_unit_test(test_an_owner_need_not_ask),
		cmocka_unit_test(test_rules_and_links_count_too),
		cmocka_unit_test(test_bad_peers_change_nothing),
		cmocka_unit_test(test_for_whom_it_is_counts),
	};

	return cmocka_run_group_tests_name("edit", tests, enter_netns, NULL);
}
