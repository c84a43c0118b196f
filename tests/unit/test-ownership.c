// SPDX-License-Identifier: GPL-2.0-or-later
/* Who may change the quarantine, asked of the running kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/quarantine.h"
#include "tests/unit/netns.h"

static const struct allow nothing = { 0 };

static struct nft claimed(enum ownership wanted)
{
	struct nft nft = open_nft();
	struct fault f = { 0 };

	if (ownership_claim(&nft, wanted, &f) < 0)
		fail_msg("%s", f.why);
	return nft;
}

static void lay(struct nft *nft)
{
	struct fault f = { 0 };

	if (quarantine_lay(nft, &nothing, &f) < 0)
		fail_msg("%s", f.why);
	assert_int_equal(quarantine_present(nft, &f), 1);
}

static bool kernel_can(void)
{
	struct nft nft = claimed(OWNERSHIP_OWNED);
	bool can = nft.ownership == OWNERSHIP_OWNED;

	nft_close(&nft);
	return can;
}

/* Root's stock tools against a table; true when none of them had an effect on it. */
static bool untouchable(struct nft *nft)
{
	static const char *const commands[] = {
		"nft delete table inet lazaret",
		"nft flush ruleset",
		"nft insert rule inet lazaret output accept",
		"nft flush chain inet lazaret output",
		"nft delete chain inet lazaret forward",
		"nft add chain inet lazaret input '{ policy accept; }'",
		"nft 'add table inet lazaret { flags dormant; }'",
	};
	bool held = true;

	for (size_t i = 0; i < COUNT(commands); i++) {
		char line[256];

		snprintf(line, sizeof(line), "%s 2>/dev/null", commands[i]);
		(void)!system(line);
		if (quarantine_present(nft, NULL) != 1) {
			held = false;
			lay(nft);
		}
	}
	return held;
}

static void test_the_probe_leaves_nothing(void **state)
{
	struct nft nft = claimed(OWNERSHIP_OWNED);

	(void)state;
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

static void test_owned_is_untouchable(void **state)
{
	struct nft nft = claimed(OWNERSHIP_OWNED);

	(void)state;
	lay(&nft);
	assert_int_equal(untouchable(&nft), nft.ownership == OWNERSHIP_OWNED);
	lay(&nft); /* we can edit it */
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	assert_string_equal(shown("nft list ruleset"), "");
	nft_close(&nft);
}

/* As on a kernel that cannot: everything can be changed, and put right. */
static void test_without_ownership(void **state)
{
	struct nft nft = open_nft();

	(void)state;
	assert_int_equal(nft.ownership, OWNERSHIP_NONE);
	lay(&nft);
	assert_false(untouchable(&nft));
	assert_int_equal(quarantine_lift(&nft, NULL), 0);
	nft_close(&nft);
}

/* What lazaret-hold laid and left, by its bare file or amid somebody's games. */
static void test_an_orphan_is_adopted(void **state)
{
	for (int dormant = 0; dormant < 2; dormant++) {
		struct nft hold = claimed(OWNERSHIP_ORPHAN), nft;

		(void)state;
		lay(&hold);
		nft_close(&hold);
		if (dormant)
			assert_int_equal(system("nft 'add table inet lazaret { flags dormant; }' "
						"2>/dev/null; true"),
					 0);
		nft = claimed(OWNERSHIP_OWNED);
		lay(&nft);
		assert_int_equal(untouchable(&nft), nft.ownership == OWNERSHIP_OWNED);
		assert_int_equal(quarantine_lift(&nft, NULL), 0);
		nft_close(&nft);
	}
}

/* An owner that died leaves an orphan: it stands, and the next one adopts it. */
static void test_the_table_outlives_its_owner(void **state)
{
	struct nft first = claimed(OWNERSHIP_OWNED), next;

	(void)state;
	lay(&first);
	nft_close(&first);
	next = claimed(OWNERSHIP_OWNED);
	assert_int_equal(quarantine_present(&next, NULL), 1);
	lay(&next);
	assert_int_equal(untouchable(&next), next.ownership == OWNERSHIP_OWNED);
	assert_int_equal(quarantine_lift(&next, NULL), 0);
	nft_close(&next);
}

static void test_another_owner_is_told(void **state)
{
	struct nft owner = claimed(OWNERSHIP_OWNED), other = claimed(OWNERSHIP_OWNED);
	struct fault f = { 0 };

	(void)state;
	if (!kernel_can())
		return; /* then there are no owners */
	lay(&owner);
	assert_int_equal(quarantine_lay(&other, &nothing, &f), -EPERM);
	assert_non_null(strstr(f.why, "owns"));
	assert_int_equal(quarantine_lift(&other, NULL), -EPERM);
	assert_int_equal(quarantine_present(&owner, NULL), 1);
	assert_int_equal(quarantine_lift(&owner, NULL), 0);
	nft_close(&owner);
	nft_close(&other);
}

/* A daemon is killed amid a dump; another process has a copy of its socket. */
static void test_a_socket_is_taken_back(void **state)
{
	struct nft killed = claimed(OWNERSHIP_OWNED), back;
	enum ownership level = killed.ownership;
	struct {
		struct nlmsghdr h;
		struct nfgenmsg g;
	} dump = { .h = { .nlmsg_len = sizeof(dump),
			  .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE,
			  .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	struct fault f = { 0 };
	int kept;

	(void)state;
	lay(&killed);
	kept = fcntl(killed.fd, F_DUPFD_CLOEXEC, 0);
	assert_int_equal(send(killed.fd, &dump, sizeof(dump), 0), sizeof(dump));
	nft_close(&killed);
	if (nft_reopen(kept, &back, &f) < 0)
		fail_msg("%s", f.why);
	back.ownership = level;
	assert_int_equal(quarantine_present(&back, NULL), 1);
	lay(&back);
	assert_int_equal(untouchable(&back), level == OWNERSHIP_OWNED);
	assert_int_equal(quarantine_lift(&back, NULL), 0);
	nft_close(&back);
}

static void test_other_descriptors_are_refused(void **state)
{
	_close_ int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	_close_ int route = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct nft nft;

	(void)state;
	assert_int_equal(nft_reopen(file, &nft, NULL), -ENOTSOCK);
	assert_int_equal(nft_reopen(route, &nft, NULL), -EPROTOTYPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_probe_leaves_nothing),
		cmocka_unit_test(test_owned_is_untouchable),
		cmocka_unit_test(test_without_ownership),
		cmocka_unit_test(test_an_orphan_is_adopted),
		cmocka_unit_test(test_the_table_outlives_its_owner),
		cmocka_unit_test(test_another_owner_is_told),
		cmocka_unit_test(test_a_socket_is_taken_back),
		cmocka_unit_test(test_other_descriptors_are_refused),
	};

	return cmocka_run_group_tests_name("ownership", tests, enter_netns, NULL);
}
