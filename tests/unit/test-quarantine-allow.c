// SPDX-License-Identifier: GPL-2.0-or-later
/* What a quarantine lets through: prefixes, ports, names, what is open for a while. */
#include <errno.h>

#include "tests/unit/quarantines.h"

/* The kernel takes no ranges that overlap; a wide prefix stands for those in it. */
static void test_prefixes(void **state)
{
	struct peer out[] = {
		peer("10.1.2.0", 24, IPPROTO_TCP, 80),	 peer("10.0.0.0", 8, IPPROTO_TCP, 80),
		peer("10.1.0.0", 16, IPPROTO_TCP, 80),	 peer("10.1.0.0", 16, IPPROTO_TCP, 443),
		peer("10.1.0.0", 16, IPPROTO_UDP, 80),	 peer("11.0.0.0", 8, IPPROTO_TCP, 80),
		peer("10.0.0.0", 8, IPPROTO_TCP, 80),	 peer("10.9.9.9", 32, IPPROTO_TCP, 80),
		peer("2001:db8::", 32, IPPROTO_TCP, 80), peer("2001:db8:1::", 48, IPPROTO_TCP, 80),
		peer("::", 0, IPPROTO_UDP, 123),
	};
	const struct allow allow = { .out = out, .n_out = COUNT(out) };
	struct nft nft = open_nft();
	struct fault f = { 0 };
	const char *text;

	(void)state;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	text = shown(LIST);
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 80"));
	assert_non_null(strstr(text, "10.1.0.0/16 . tcp . 443"));
	assert_non_null(strstr(text, "10.1.0.0/16 . udp . 80"));
	assert_non_null(strstr(text, "11.0.0.0/8 . tcp . 80"));
	assert_non_null(strstr(text, "2001:db8::/32 . tcp . 80"));
	assert_null(strstr(text, "10.1.2.0/24"));
	assert_null(strstr(text, "2001:db8:1::/48"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

/* One range for ports in a row: each for itself, those of one prefix take the kernel minutes. */
static void test_ports_of_a_prefix(void **state)
{
	static struct peer out[2 * UINT16_MAX];
	const struct allow allow = { .out = out, .n_out = COUNT(out) };
	struct nft nft = open_nft();
	struct fault f = { 0 };
	const char *text;

	(void)state;
	for (unsigned i = 0; i < UINT16_MAX; i++) {
		const uint16_t port = (uint16_t)(UINT16_MAX - i);

		out[2 * i] = peer("10.0.0.0", 8, IPPROTO_TCP, port == 80 ? 81 : port);
		out[2 * i + 1] = peer("10.1.0.0", 16, port < 200 ? IPPROTO_TCP : IPPROTO_UDP, port);
	}
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	text = shown(LIST);
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 1-79"));
	assert_non_null(strstr(text, "10.0.0.0/8 . tcp . 81-65535"));
	assert_non_null(strstr(text, "10.1.0.0/16 . tcp . 80"));
	assert_non_null(strstr(text, "10.1.0.0/16 . udp . 200-65535"));
	assert_non_null(strstr(text, "size 20\n")); /* four, and room for more */
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

#define QUESTIONS "nft -a list chain inet lazaret question6 | grep -c accept"

/* Rules of names alone make another list; and the kernel takes as many as there can be. */
static void test_names_that_may_be_asked(void **state)
{
	struct peer out[] = { peer("192.0.2.53", 32, IPPROTO_UDP, 53) };
	struct name *names = calloc(ALLOW_NAMES_MAX, sizeof(*names));
	struct allow allow = {
		.out = out, .n_out = 1, .names = names, .n_names = 1, .dns_bound = true
	};
	struct nft nft = open_nft();
	struct fault f = { 0 };
	char *first;

	(void)state;
	for (int i = 0; i < ALLOW_NAMES_MAX; i++)
		sprintf(names[i].text, "%050d.%049d.%049d.%048da", i, i, i, i);
	assert_int_equal(strlen(names[0].text), NAMED_LENGTH);
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(said(QUESTIONS), 2);
	first = strdup(shown("nft list chain inet lazaret question4"));
	names[0].text[0] = 'b';
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_string_not_equal(first, shown("nft list chain inet lazaret question4"));
	allow.n_names = ALLOW_NAMES_MAX;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(QUESTIONS), 2 * ALLOW_NAMES_MAX);
	allow.dns_bound = false;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(QUESTIONS), 0);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	free(first);
	free(names);
	nft_close(&nft);
}

#define ELEMENTS "nft list set inet lazaret open4; nft list set netdev lazaret open4"
#define ASKED	 "nft -a list chain inet lazaret open-ask4 | grep -c accept"

/* What is open to every program leaves by the kernel's own doing, and is not mixed with the rest.
 */
static void test_what_is_open_for_a_while(void **state)
{
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443) };
	struct peer open[] = { peer("198.51.100.7", 32, IPPROTO_TCP, 80),
			       peer("2001:db8::7", 128, IPPROTO_TCP, 80) };
	struct name name = { "portal.example" };
	struct allow allow = { .out = out, .n_out = 1, .open = open, .n_open = 2, .open_for = 60 };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_non_null(strstr(shown(LIST), "2001:db8::7 . tcp . 80 "));
	assert_non_null(strstr(shown("nft list chain inet lazaret any4"), "@open4"));
	assert_null(strstr(shown("nft list set inet lazaret out4"), "198.51.100.7"));
	allow.open_names = &name;
	allow.n_open_names = 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(ASKED), 0); /* no resolver may be asked at all */
	allow.dns_any = true;
	allow.open_for = 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(ASKED), 2);
	for (int i = 0; i < 50 && strstr(shown(ELEMENTS), "198.51.100.7"); i++)
		assert_int_equal(system("sleep 0.1"), 0);
	assert_null(strstr(shown(ELEMENTS), "198.51.100.7"));
	assert_int_equal(quarantine_present(&nft, &f), 1);
	allow.n_open = 0;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_null(strstr(shown(LIST), "@open4"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

static void test_the_longest_lists(void **state)
{
	struct peer *out = calloc(ALLOW_PEERS_MAX + 1, sizeof(*out));
	struct allow allow = {
		.out = out, .n_out = ALLOW_PEERS_MAX, .in = out, .n_in = ALLOW_PEERS_MAX / 2
	};
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	for (uint32_t i = 0; i < ALLOW_PEERS_MAX + 1; i++) {
		const uint32_t n = htonl(0x0a000000 + i);

		out[i] = peer(i % 2 ? "10.0.0.0" : "2001:db8::", i % 2 ? 32 : 128, IPPROTO_TCP,
			      443);
		memcpy(out[i].addr + (i % 2 ? 0 : 12), &n, 4);
	}
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(said("nft list set inet lazaret out4-main | tr , '\\n' | grep -c '10[.]'"),
			 ALLOW_PEERS_MAX / 2);
	/* All of them prefixes of IPv6: the largest messages there are. */
	for (uint32_t i = 0; i < ALLOW_PEERS_MAX; i++) {
		out[i] = peer("2001:db8::", 64, IPPROTO_UDP, 123);
		out[i].addr[5] = (uint8_t)(i >> 16);
		out[i].addr[6] = (uint8_t)(i >> 8);
		out[i].addr[7] = (uint8_t)i;
	}
	allow.n_in = 0;
	if (quarantine_lay(&nft, &allow, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	allow.n_out = ALLOW_PEERS_MAX + 1;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), -E2BIG);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	free(out);
	nft_close(&nft);
}

static void test_bad_peers_change_nothing(void **state)
{
	struct peer bad[4];
	struct nft nft = open_nft();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		bad[i] = peer("192.0.2.1", 32, IPPROTO_TCP, 443);
	bad[0].family = AF_UNIX;
	bad[1].prefix = 33;
	bad[2].proto = IPPROTO_ICMP;
	bad[3].port = 0;
	for (size_t i = 0; i < COUNT(bad); i++) {
		const struct allow allow = { .out = &bad[i], .n_out = 1 };
		struct fault f = { 0 };

		assert_int_equal(quarantine_lay(&nft, &allow, &f), -EINVAL);
		assert_non_null(strstr(f.why, "peer 1 of the outbound list"));
	}
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_ports_of_a_prefix),
		cmocka_unit_test(test_names_that_may_be_asked),
		cmocka_unit_test(test_what_is_open_for_a_while),
		cmocka_unit_test(test_the_longest_lists),
		cmocka_unit_test(test_bad_peers_change_nothing),
	};

	return cmocka_run_group_tests_name("quarantine-allow", tests, enter_netns, NULL);
}
