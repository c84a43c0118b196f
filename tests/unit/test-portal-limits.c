// SPDX-License-Identifier: GPL-2.0-or-later
/* What a portal is not given: more than the policy says, more time, more attempts. */
#include <netinet/in.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/portal.h"
#include "tests/unit/portals.h"
#include "tests/unit/test.h"

static void test_no_more_than_the_policy_says(void **state)
{
	struct prefix many[32];
	const struct portal_news news = { .found = many, .n_found = 32 };

	(void)state;
	be_in(PORTAL_NAMING);
	for (uint8_t i = 0; i < 32; i++) {
		many[i] = at("10.5.0.1", 0);
		many[i].addr[3] = (uint8_t)(i + 1);
	}
	on(PORTAL_FOUND, &news);
	assert_int_equal(portal.n_open, 4);
	for (size_t i = 0; i < portal.n_open; i++)
		assert_true(portal.open[i].proto == IPPROTO_TCP && portal.open[i].prefix == 32 &&
			    portal.open[i].addr[3] <= 2);
}

static void test_ports(void **state)
{
	(void)state;
	be_in(PORTAL_ASKING);
	assert_int_equal(redirected("http://10.5.0.2:8080/"), PORTAL_REST);
	assert_int_equal(portal.state, PORTAL_UNCLEAR);
	assert_non_null(strstr(portal.why, "port"));
	rule.ports[rule.n_ports++] = 8080;
	happens(PORTAL_BEGIN);
	redirected("http://10.5.0.2:8080/");
	assert_int_equal(portal.state, PORTAL_OPEN);
	assert_int_equal(portal.n_open, 3);
	assert_null(portal_name(&portal));
}

/* The time box ends though probes are answered, or are not; and so many are not had again. */
static void test_time_and_attempts(void **state)
{
	(void)state;
	be_in(PORTAL_OPEN);
	for (uint64_t end = portal.until; boot < end;
	     pass(portal.due > boot ? portal.due - boot : 1)) {
		assert_int_equal(portal.state, PORTAL_OPEN);
		assert_true(portal.due <= end);
		if (boot % 2)
			redirected(URL);
		if (boot < end)
			happens(PORTAL_TICK);
	}
	happens(PORTAL_TICK);
	assert_int_equal(portal.state, PORTAL_BARRED);
	assert_int_equal(portal.due, boot + 1800);
	redirected(URL); /* an answer that comes too late */
	assert_int_equal(portal.state, PORTAL_BARRED);
	happens(PORTAL_BEGIN); /* another network need not wait */
	redirected(URL);
	found("10.5.0.2", NULL);
	assert_int_equal(portal.state, PORTAL_OPEN);
	happens(PORTAL_BEGIN); /* but there are two an hour for all networks */
	redirected(URL);
	assert_int_equal(portal.state, PORTAL_BARRED);
	assert_int_equal(portal.due, boot + (uint64_t)(past.opened[1] + 3600 - now));
	pass(portal.due - boot);
	assert_int_equal(happens(PORTAL_TICK), PORTAL_ASK);
	assert_int_equal(redirected(URL), PORTAL_RESOLVE);
}

static void test_patience_grows(void **state)
{
	static const uint64_t waits[] = { 30, 60, 120, 240, 480, 900, 900 };

	(void)state;
	be_in(PORTAL_ASKING);
	for (size_t i = 0; i < COUNT(waits); i++) {
		happens(PORTAL_FAILED);
		assert_int_equal(portal.due, boot + waits[i]);
		pass(waits[i]);
		assert_int_equal(happens(PORTAL_TICK), PORTAL_ASK);
		assert_int_equal(portal.due, UINT64_MAX);
	}
}

static void test_a_clock_that_leaps(void **state)
{
	(void)state;
	be_in(PORTAL_OPEN);
	portal_leap(&past, leap_of_all(7200));
	now += 7200;
	assert_int_equal(past.opened[0], now - 5);
	assert_int_equal(past.opened[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_no_more_than_the_policy_says, set_up),
		cmocka_unit_test_setup(test_ports, set_up),
		cmocka_unit_test_setup(test_time_and_attempts, set_up),
		cmocka_unit_test_setup(test_patience_grows, set_up),
		cmocka_unit_test_setup(test_a_clock_that_leaps, set_up),
	};

	return cmocka_run_group_tests_name("portal-limits", tests, NULL, NULL);
}
