// SPDX-License-Identifier: GPL-2.0-or-later
/* A quarantine is laid, edited and lifted, and put right whatever others do to it meanwhile. */
#include <linux/netlink.h>
#include <sys/socket.h>

#include "netfilter/late.h"
#include "tests/unit/quarantines.h"

static void test_lay_edit_lift(void **state)
{
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443),
			      peer("192.0.2.1", 32, IPPROTO_TCP, 443), /* twice */
			      peer("2001:db8::1", 128, IPPROTO_UDP, 123) };
	struct peer in[] = { peer("198.51.100.0", 24, IPPROTO_TCP, 22) };
	struct allow allow = { .out = out, .n_out = COUNT(out), .in = in, .n_in = COUNT(in) };
	const struct allow nothing = { 0 };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_non_null(strstr(shown(LIST), "192.0.2.1 . tcp . 443 }"));
	assert_non_null(strstr(shown(LIST), "2001:db8::1 . udp . 123 }"));
	assert_non_null(strstr(shown(LIST), "198.51.100.0/24 . tcp . 22 }"));

	allow.n_out = 0; /* a smaller list: what it lacks is gone */
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_null(strstr(shown(LIST), "192.0.2.1"));
	assert_null(strstr(shown(LIST), "set out4"));
	assert_int_equal(quarantine_lay(&nft, &nothing, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_null(strstr(shown(LIST), "sport 53"));
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

/* Whatever somebody did to it is seen, and laying it again puts it right. */
static void test_tampering_is_seen_and_repaired(void **state)
{
	static const char *const commands[] = {
		"nft flush chain inet lazaret output",
		"nft add chain inet lazaret input '{ policy accept; }'",
		"nft insert rule inet lazaret output accept",
		"nft delete chain inet lazaret forward",
		"nft 'add table inet lazaret { flags dormant; }'",
		"nft delete table inet lazaret",
		/* What cannot be edited into shape is replaced whole. */
		"nft 'delete chain inet lazaret forward; add chain inet lazaret forward { type "
		"filter hook forward priority 5; policy accept; }'",
		"nft 'delete table inet lazaret; add table inet lazaret; add chain inet lazaret "
		"input; add set inet lazaret out4 { type mark; }'",
	};
	struct peer out[] = { peer("192.0.2.1", 32, IPPROTO_TCP, 443) };
	const struct allow allow = { .out = out, .n_out = 1, .dns_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	for (size_t i = 0; i < COUNT(commands); i++) {
		assert_int_equal(system(commands[i]), 0);
		assert_int_equal(quarantine_present(&nft, &f), 0);
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", commands[i], f.why);
		assert_int_equal(quarantine_present(&nft, &f), 1);
	}
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	nft_close(&nft);
}

#define BASES "nft list table netdev lazaret | grep -c 'hook .*gress device'"

/* A link has its three chains, whatever the links do meanwhile. */
static void test_links_come_and_go(void **state)
{
	const struct allow allow = { .dhcp_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(quarantine_cover(&nft, &f), 0); /* nothing to hold */
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(said(BASES), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 0);
	assert_int_equal(system("ip link add n2a type veth peer name n2b"), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 1);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(said(BASES), 6);
	assert_int_equal(system("ip link set n2a name n2c"), 0);
	assert_int_equal(quarantine_present(&nft, &f), 0);
	assert_int_equal(quarantine_cover(&nft, &f), 1);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_non_null(strstr(shown("nft list table netdev lazaret"), "egress.n2c"));
	assert_null(strstr(shown("nft list table netdev lazaret"), "n2a"));
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0); /* again, over those that are */
	assert_int_equal(said(BASES), 6);
	assert_int_equal(system("ip link del n2b"), 0);
	quarantine_cover(&nft, &f);
	assert_int_equal(said(BASES), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

static void test_tampering_at_links(void **state)
{
	static const char *const commands[] = {
		"nft delete table netdev lazaret",
		"nft 'add chain netdev lazaret egress.n2a { policy accept; }'",
		"nft insert rule netdev lazaret egress.n2a accept",
		"nft flush chain netdev lazaret egress.n2a",
		"nft delete chain netdev lazaret ingress.n2b",
		"nft delete chain netdev lazaret sent.n2a",
		"nft 'add table netdev lazaret { flags dormant; }'",
	};
	const struct allow allow = { .dhcp_any = true };
	struct nft nft = open_nft();
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(system("ip link add n2a type veth peer name n2b"), 0);
	assert_int_equal(quarantine_lay(&nft, &allow, &f), 0);
	assert_int_equal(quarantine_present(&nft, &f), 1);
	for (size_t i = 0; i < COUNT(commands); i++) {
		if (system(commands[i]))
			fail_msg("%s", commands[i]);
		assert_int_equal(quarantine_present(&nft, &f), 0);
		if (quarantine_lay(&nft, &allow, &f) < 0)
			fail_msg("%s: %s", commands[i], f.why);
		assert_int_equal(quarantine_present(&nft, &f), 1);
	}
	assert_int_equal(quarantine_lift(&nft, &f), 0);
	assert_int_equal(system("ip link del n2a"), 0);
	nft_close(&nft);
}

/* An end of a dump, of which the ruleset changed meanwhile or not. */
static void end_dump(int fd, uint32_t seq, bool changed)
{
	const struct nlmsghdr h = { .nlmsg_len = sizeof(h),
				    .nlmsg_type = NLMSG_DONE,
				    .nlmsg_flags = changed ? NLM_F_DUMP_INTR : 0,
				    .nlmsg_seq = seq };

	assert_int_equal(send(fd, &h, sizeof(h), 0), sizeof(h));
}

/* Others change theirs all day (containers, bans): that is no reason to know nothing of ours. */
static void test_a_ruleset_that_changes_meanwhile(void **state)
{
	struct late late = { .removed = 1 };
	struct nft nft = { .seq = 7 };
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	nft.fd = fds[0];
	for (uint32_t seq = 7; seq < 11; seq++)
		end_dump(fds[1], seq, seq % 2);
	assert_int_equal(quarantine_present(&nft, NULL), 0);
	assert_int_equal(late_remove(&nft, &late, NULL), 0);
	assert_int_equal(late.removed, 0);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lay_edit_lift),
		cmocka_unit_test(test_tampering_is_seen_and_repaired),
		cmocka_unit_test(test_links_come_and_go),
		cmocka_unit_test(test_tampering_at_links),
		cmocka_unit_test(test_a_ruleset_that_changes_meanwhile),
	};

	return cmocka_run_group_tests_name("quarantine", tests, enter_netns, NULL);
}
