// SPDX-License-Identifier: GPL-2.0-or-later
/* What others do to the ruleset is seen, and by whom; what we do is not. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "netfilter/late.h"
#include "netfilter/quarantine.h"
#include "netfilter/watch.h"
#include "tests/unit/netns.h"

static const struct allow nothing = { 0 };

struct setup {
	struct nft nft;
	int fd;
};

static struct setup begin(void)
{
	struct setup s = { .nft = open_nft() };
	struct fault f = { 0 };

	if (watch_open(&s.nft, &s.fd, &f) < 0)
		fail_msg("%s", f.why);
	return s;
}

static void end(struct setup *s)
{
	assert_int_equal(system("nft flush ruleset"), 0);
	close(s->fd);
	nft_close(&s->nft);
}

static struct watch seen(const struct setup *s)
{
	struct watch w = { 0 };

	assert_int_equal(watch_take(s->fd, &w), 0);
	return w;
}

static void test_our_own_changes_are_not_seen(void **state)
{
	static struct peer out[20000];
	struct allow many = { .out = out, .n_out = COUNT(out) };
	struct setup s = begin();

	(void)state;
	for (uint32_t i = 0; i < COUNT(out); i++) {
		const uint32_t n = htonl(0x0a000000 + i);

		out[i] = (struct peer){
			.family = AF_INET, .proto = IPPROTO_TCP, .prefix = 32, .port = 443
		};
		memcpy(out[i].addr, &n, sizeof(n));
	}
	assert_int_equal(quarantine_lay(&s.nft, &many, NULL), 0);
	assert_int_equal(quarantine_lay(&s.nft, &nothing, NULL), 0);
	assert_int_equal(quarantine_lift(&s.nft, NULL), 0);
	assert_int_equal(seen(&s).what, 0);
	end(&s);
}

static void test_changes_to_ours(void **state)
{
	static const char *const commands[] = {
		"nft flush chain inet lazaret output",
		"nft insert rule inet lazaret output accept",
		"nft add chain inet lazaret input '{ policy accept; }'",
		"nft delete chain inet lazaret forward",
		"nft 'add table inet lazaret { flags dormant; }'",
		"nft add set inet lazaret more '{ type mark; }'",
		"nft delete table inet lazaret",
		"nft flush ruleset",
		"nft add chain netdev lazaret more",
	};
	struct setup s = begin();

	(void)state;
	for (size_t i = 0; i < COUNT(commands); i++) {
		struct watch w;

		assert_int_equal(quarantine_lay(&s.nft, &nothing, NULL), 0);
		assert_int_equal(seen(&s).what, 0);
		assert_int_equal(system(commands[i]), 0);
		w = seen(&s);
		if (!(w.what & WATCH_OURS) || !w.pid || strcmp(w.name, "nft") != 0)
			fail_msg("%s: saw %x of %s (%u)", commands[i], w.what, w.name, w.pid);
	}
	end(&s);
}

static void test_changes_to_others(void **state)
{
	struct setup s = begin();
	struct watch w;

	(void)state;
	assert_int_equal(system("nft add table ip his"), 0);
	w = seen(&s);
	assert_int_equal(w.what, WATCH_FOREIGN);
	assert_int_equal(w.n_hands, 1);
	assert_string_equal(w.hands[0].name, "nft");
	assert_true(w.hands[0].pid > 1);
	assert_int_equal(w.pid, 0);
	assert_int_equal(system("nft add set ip his s '{ type ipv4_addr; }'"), 0);
	assert_int_equal(seen(&s).what, WATCH_FOREIGN);
	assert_int_equal(system("nft add element ip his s '{ 192.0.2.1 }'"), 0);
	assert_int_equal(seen(&s).what, 0); /* a ban that comes and goes is no change of rules */
	assert_int_equal(system("nft flush ruleset"), 0);
	assert_int_equal(seen(&s).what, WATCH_FOREIGN);
	end(&s);
}

/* A table of our name, too, when it is of another family. */
static void late_chains_of(const char *table)
{
	struct setup s = begin();
	char late[256], which[64];
	struct late l;

	snprintf(late, sizeof(late),
		 "nft 'table %s { chain c { type filter hook postrouting priority 2147483647; "
		 "counter\n }\n chain d { type filter hook postrouting priority 2147483646; }\n }'",
		 table);
	snprintf(which, sizeof(which), "%s c", table);
	assert_int_equal(quarantine_lay(&s.nft, &nothing, NULL), 0);
	assert_int_equal(system(late), 0);
	assert_int_equal(seen(&s).what, WATCH_LATE | WATCH_FOREIGN);
	assert_int_equal(late_remove(&s.nft, &l, NULL), 0);
	assert_int_equal(l.removed, 1);
	assert_int_equal(l.stayed, 0);
	assert_string_equal(l.which, which);
	assert_null(strstr(shown("nft list ruleset"), "chain c"));
	assert_non_null(strstr(shown("nft list ruleset"), "chain d"));
	assert_int_equal(quarantine_present(&s.nft, NULL), 1);
	assert_int_equal(late_remove(&s.nft, &l, NULL), 0);
	assert_int_equal(l.removed, 0);
	end(&s);
}

static void test_late_chains(void **state)
{
	(void)state;
	late_chains_of("ip his");
	late_chains_of("ip6 lazaret");
}

static void test_lost_events_are_told(void **state)
{
	struct setup s = begin();
	const int room = 1024;

	(void)state;
	assert_int_equal(setsockopt(s.fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)), 0);
	for (int i = 0; i < 20; i++)
		assert_int_equal(system("nft add table ip his; nft delete table ip his"), 0);
	assert_true(seen(&s).what & WATCH_LOST);
	assert_int_equal(seen(&s).what, 0);
	end(&s);
}

static void test_malformed_events_count_as_lost(void **state)
{
	_Alignas(4) static const unsigned char short_table[] = { 18, 0, 0, 0, 0, 10 };
	_Alignas(4) static unsigned char cut[] = { 200, 0, 0, 0, 0, 10, [19] = 0 };
	_Alignas(4) static unsigned char nameless[20] = { 20, 0, 0, 0, 0, 10 };
	struct watch w = { 0 };

	(void)state;
	watch_read(&w, short_table, sizeof(short_table));
	assert_int_equal(w.what, WATCH_LOST);
	w.what = 0;
	watch_read(&w, cut, sizeof(cut));
	assert_int_equal(w.what, WATCH_LOST);
	w.what = 0;
	watch_read(&w, nameless, sizeof(nameless));
	assert_int_equal(w.what, WATCH_LOST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_our_own_changes_are_not_seen),
		cmocka_unit_test(test_changes_to_ours),
		cmocka_unit_test(test_changes_to_others),
		cmocka_unit_test(test_late_chains),
		cmocka_unit_test(test_lost_events_are_told),
		cmocka_unit_test(test_malformed_events_count_as_lost),
	};

	return cmocka_run_group_tests_name("watch", tests, enter_netns, NULL);
}
