// SPDX-License-Identifier: GPL-2.0-or-later
/* Which process holds a socket that waits, by a /proc that a test wrote. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/posture/holders.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define HEAD "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
#define ROW(st, inode)                                                                    \
	"   0: 00000000:0016 00000000:0000 " st " 00000000:00000000 00:00000000 00000000" \
	"     0        0 " inode " 1 00000000d890e3ac 100 0 0 10 0\n"
#define INFO(mount, inode) "pos:\t0\nflags:\t02\nmnt_id:\t" mount "\nino:\t" inode "\n"

static struct root host;

static const struct holder *held(uint32_t inode)
{
	static struct holders h;

	assert_int_equal(holders_look(host.fd, &h), 0);
	return holders_find(&h, inode);
}

static void test_look(void **state)
{
	const struct holder *h;

	(void)state;
	root_text(&host, "proc/self/fdinfo/1", INFO("9", "1"));
	root_text(&host, "proc/1/net/tcp", HEAD ROW("0A", "100") ROW("01", "200") "rubbish\n");
	root_text(&host, "proc/1/net/udp6", HEAD ROW("07", "300") ROW("0A", "400"));
	root_text(&host, "proc/1/comm", "systemd\n");
	root_text(&host, "proc/1/fdinfo/5", INFO("9", "100"));
	root_text(&host, "proc/1/fdinfo/6", INFO("9", "300"));
	root_text(&host, "proc/77/comm", "a\nholds 100 1 x\n");
	root_text(&host, "proc/77/fdinfo/3", INFO("9", "100"));
	root_text(&host, "proc/77/fdinfo/4", INFO("9", "200"));
	root_text(&host, "proc/77/fdinfo/5", INFO("8", "300")); /* a file */
	root_text(&host, "proc/77/fdinfo/6", "pos:\t0\nflags:\t02\nmnt_id:\t9\n");
	root_text(&host, "proc/x/fdinfo/3", INFO("9", "300"));
	h = held(100);
	assert_non_null(h);
	assert_int_equal(h->pid, 77);
	assert_string_equal(h->name, "a");
	h = held(300);
	assert_non_null(h);
	assert_int_equal(h->pid, 1);
	assert_null(held(200)); /* connected */
	assert_null(held(400));
	assert_null(holders_find(NULL, 100));
	/* Before Linux 5.14. */
	root_text(&host, "proc/self/fdinfo/1", "pos:\t0\nflags:\t02\nmnt_id:\t9\n");
	assert_int_equal(holders_look(host.fd, &(struct holders){ 0 }), -EOPNOTSUPP);
}

static void test_lines(void **state)
{
	static const char *const bad[] = { "holds",	  "holds 1 2",	  "holds x 2 a",
					   "holds 1 0 a", "holds 1 -5 a", "runs a b 1 /c" };
	const struct holder says = { .inode = 4294967295u,
				     .pid = 4194304,
				     .name = "a b (c) 15 long" };
	struct holders h = { 0 };
	char line[HOLDERS_LINE];

	(void)state;
	holders_say(&says, line);
	for (int i = 0; i < HOLDERS_MAX + 5; i++)
		assert_true(holders_hear(&h, line));
	assert_int_equal(h.n, HOLDERS_MAX);
	assert_memory_equal(&h.list[HOLDERS_MAX - 1], &says, sizeof(says));
	h.n = 0;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(holders_hear(&h, bad[i]));
	assert_int_equal(h.n, 0);
}

static int set_up(void **state)
{
	(void)state;
	return root_open(&host);
}

static int tear_down(void **state)
{
	(void)state;
	root_close(&host);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_look),
		cmocka_unit_test(test_lines),
	};

	return cmocka_run_group_tests_name("holders", tests, set_up, tear_down);
}
