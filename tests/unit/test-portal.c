// SPDX-License-Identifier: GPL-2.0-or-later
/* What a portal does with each answer, and what is opened. */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "agent/portal.h"
#include "tests/unit/portals.h"
#include "tests/unit/test.h"

static enum portal_deed in_place(const char *url)
{
	struct web page;

	assert_int_equal(web_read(url, &page, NULL), 0);
	return on(PORTAL_IN_PLACE, &(struct portal_news){ .page = &page });
}

/* From each state with each event: the next state, with '!' when the probe is sent, '?' for names.
 */
/* clang-format off */
static const char *const steps[PORTAL_STATES][PORTAL_EVENTS] = {
	/*    BEGIN      END    AGAIN      TICK        EXPECTED  REDIRECT
	      IN_PLACE  STRANGE    FAILED     FOUND      LOST */
	{ "asking!", "off", "off",     "off",      "off",    "off",
	  "off",    "off",     "off",     "off",     "off" },
	{ "asking!", "off", "asking",  "asking",   "clear",  "naming?",
	  "open",   "unclear", "unclear", "asking",  "asking" },
	{ "asking!", "off", "asking!", "clear",    "clear",  "clear",
	  "clear",  "clear",   "clear",   "clear",   "clear" },
	{ "asking!", "off", "unclear", "unclear!", "clear",  "naming?",
	  "open",   "unclear", "unclear", "unclear", "unclear" },
	{ "asking!", "off", "naming",  "naming",   "naming", "naming",
	  "naming", "naming",  "naming",  "open",    "unclear" },
	{ "asking!", "off", "open",    "open!",    "clear",  "open",
	  "open",   "open",    "open",    "open",    "open" },
	{ "asking!", "off", "barred",  "barred!",  "clear",  "naming?",
	  "open",   "unclear", "unclear", "barred",  "barred" },
};
/* clang-format on */

static void test_each_step(void **state)
{
	static const char *const deeds[] = { "", "!", "?" };

	(void)state;
	for (unsigned s = 0; s < PORTAL_STATES; s++) {
		for (unsigned e = 0; e < PORTAL_EVENTS; e++) {
			enum portal_deed deed;
			char got[32];

			be_in(s);
			deed = e == PORTAL_REDIRECT   ? redirected(URL)
			       : e == PORTAL_IN_PLACE ? in_place(HERE)
			       : e == PORTAL_FOUND    ? found("10.5.0.2", NULL)
						      : happens(e);
			snprintf(got, sizeof(got), "%s%s", portal_names[portal.state], deeds[deed]);
			if (strcmp(got, steps[s][e]))
				fail_msg("from %s by event %u: %s", portal_names[s], e, got);
			assert_int_equal(portal.n_open > 0, portal.state == PORTAL_OPEN);
			assert_int_equal(portal.until > 0, portal.state == PORTAL_OPEN);
		}
	}
}

static void test_what_is_opened(void **state)
{
	static const struct {
		const char *first, *second;
		size_t n;
	} rows[] = {
		{ "10.5.0.2", NULL, 2 },	   { "10.5.0.2", "2001:db8::2", 4 },
		{ "10.5.0.2", "10.5.0.2", 2 },	   /* twice the same */
		{ "10.6.1.1", "10.5.0.2", 2 },	   /* never */
		{ "198.51.100.9", "10.5.0.2", 2 }, /* the company's */
		{ "127.0.0.1", NULL, 0 },	   { "169.254.169.254", NULL, 0 },
		{ "224.0.0.1", NULL, 0 },	   { "fe80::1", NULL, 0 },
		{ "::1", "198.51.100.1", 0 },	   { "::ffff:10.5.0.2", NULL, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		be_in(PORTAL_NAMING);
		found(rows[i].first, rows[i].second);
		if (portal.n_open != rows[i].n)
			fail_msg("%s: %zu", rows[i].first, portal.n_open);
		assert_int_equal(portal.state, rows[i].n ? PORTAL_OPEN : PORTAL_UNCLEAR);
		assert_int_equal(past.opened[0] != 0, rows[i].n != 0);
	}
}

/* Though the list leads there, the place of the probe is opened: at its port alone. */
static void test_in_place(void **state)
{
	struct peer probe = { .family = AF_INET,
			      .proto = IPPROTO_TCP,
			      .prefix = 32,
			      .port = 80,
			      .addr = { 192, 0, 2, 10 } };

	(void)state;
	list = (struct allow){ .out = &probe, .n_out = 1 };
	happens(PORTAL_BEGIN);
	assert_int_equal(in_place(HERE), PORTAL_REST);
	assert_int_equal(portal.state, PORTAL_OPEN);
	assert_int_equal(portal.n_open, 1);
	assert_memory_equal(portal.open[0].addr, probe.addr, 4);
	assert_int_equal(portal.open[0].prefix, 32);
	assert_int_equal(portal.open[0].port, 80);
	assert_null(portal_name(&portal));
	assert_int_equal(past.opened[0], now);
	assert_int_equal(portal.until, boot + LASTS);

	happens(PORTAL_BEGIN);
	in_place("http://192.0.2.11/ok"); /* none of the policy's */
	assert_int_equal(portal.state, PORTAL_UNCLEAR);
	happens(PORTAL_BEGIN);
	in_place("http://192.0.2.10:443/ok");
	assert_int_equal(portal.state, PORTAL_UNCLEAR);
	rule.never[rule.n_never++] = at("192.0.2.0", 24);
	happens(PORTAL_BEGIN);
	in_place(HERE);
	assert_int_equal(portal.state, PORTAL_UNCLEAR);
	rule.n_never--;
	rule.ports[0] = 8080;
	happens(PORTAL_BEGIN);
	in_place(HERE);
	assert_int_equal(portal.state, PORTAL_UNCLEAR);
	rule.ports[0] = 80;
	happens(PORTAL_BEGIN);
	in_place(HERE);
	happens(PORTAL_BEGIN); /* the third within an hour */
	in_place(HERE);
	assert_int_equal(portal.state, PORTAL_BARRED);
}

/* The ledger may tell of one twice, and of the older one last. */
static void test_notes(void **state)
{
	static const int64_t told[] = { 200, 300, 100, 300, 200 };
	struct portal_past p = { { 0 } };

	(void)state;
	for (size_t i = 0; i < COUNT(told); i++)
		portal_note(&p, told[i]);
	for (size_t i = 0; i < PORTAL_ATTEMPTS_MAX; i++)
		assert_int_equal(p.opened[i], i < 3 ? 300 - 100 * (int64_t)i : 0);
	for (size_t i = 0; i < PORTAL_ATTEMPTS_MAX; i++)
		portal_note(&p, 400 + (int64_t)i);
	portal_note(&p, 50);
	assert_int_equal(p.opened[0], 400 + PORTAL_ATTEMPTS_MAX - 1);
	assert_int_equal(p.opened[PORTAL_ATTEMPTS_MAX - 1], 400);
}

/* Whatever a network does, and for however long. */
static void test_model(void **state)
{
	static const char *const pages[] = { URL, "https://10.5.0.9/", "http://10.6.0.1/x",
					     "http://10.5.0.2:8080/", "http://[2001:db8::9]/" };
	static const char *const places[] = { "10.5.0.2", "127.0.0.1", "198.51.100.4", "10.6.0.2" };
	int64_t openings[4096];
	size_t n = 0, seen = 0;

	(void)state;
	set_up(NULL);
	srandom(7);
	for (int i = 0; i < 300000; i++) {
		enum portal_state was = portal.state;
		enum portal_event e = (enum portal_event)(random() % PORTAL_EVENTS);

		pass((uint64_t)(random() % 40));
		if (portal.due <= boot)
			e = PORTAL_TICK;
		if (e == PORTAL_REDIRECT)
			redirected(pages[random() % 5]);
		else if (e == PORTAL_IN_PLACE)
			in_place(random() % 2 ? HERE : "http://198.51.100.4/");
		else if (e == PORTAL_FOUND)
			found(places[random() % 4], places[random() % 4]);
		else
			happens(e);
		seen |= 1u << portal.state;
		assert_int_equal(portal.n_open > 0, portal.state == PORTAL_OPEN);
		assert_true(portal.n_open <= 4);
		if (portal.state != PORTAL_OPEN)
			continue;
		assert_true(portal.until <= boot + LASTS && portal.until > boot);
		for (size_t k = 0; k < portal.n_open; k++)
			assert_true(portal.open[k].addr[0] == 0x20 ||
				    !memcmp(portal.open[k].addr, rule.at[0].addr, 4) ||
				    (portal.open[k].addr[0] == 10 && portal.open[k].addr[1] == 5));
		if (was == PORTAL_OPEN)
			continue;
		openings[n++ % 4096] = now;
		if (n > 2)
			assert_true(openings[(n - 1) % 4096] - openings[(n - 3) % 4096] >= 3600);
	}
	assert_int_equal(seen, (1u << PORTAL_STATES) - 1);
	assert_true(n > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_step, set_up),
		cmocka_unit_test_setup(test_what_is_opened, set_up),
		cmocka_unit_test_setup(test_in_place, set_up),
		cmocka_unit_test(test_notes),
		cmocka_unit_test_setup(test_model, set_up),
	};

	return cmocka_run_group_tests_name("portal", tests, NULL, NULL);
}
