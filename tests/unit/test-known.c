// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "agent/base/count.h"
#include "agent/known.h"
#include "tests/unit/test.h"

#define NOW 1000000

static struct named hosts[2];
static const struct allow list = { .named = hosts, .n_named = 2 };

static int set_up(void **state)
{
	static struct known known;

	memset(hosts, 0, sizeof(hosts));
	strcpy(hosts[0].name.text, "a.example");
	hosts[0].n_within = 1;
	hosts[0].within[0] = (struct prefix){ AF_INET, 16, { 10, 1 } };
	strcpy(hosts[1].name.text, "b.example");
	known = (struct known){ 0 };
	known_keep(&known, &list);
	assert_int_equal(known.n, 2);
	assert_int_equal(known_next(&known), 0);
	*state = &known;
	return 0;
}

/* An answer with addresses of 10.1/16, or 10.2/16 from 256 on. */
static struct fetch_found said(const char *name, uint32_t ttl, unsigned first, unsigned n)
{
	struct fetch_found f = { .ttl = ttl, .n = n };

	strcpy(f.name, name);
	for (unsigned i = 0; i < n; i++) {
		f.at[i].family = AF_INET;
		memcpy(f.at[i].addr,
		       (uint8_t[]){ 10, (uint8_t)(1 + (first + i) / 256), 0, (uint8_t)(first + i) },
		       4);
	}
	return f;
}

static int take(struct known *k, const char *name, unsigned first, unsigned n, uint64_t now)
{
	struct fetch_found f = said(name, 300, first, n);

	return known_take(k, &list, &f, now);
}

static void test_answers_are_kept(void **state)
{
	struct known *k = *state;
	struct found found[2];

	assert_int_equal(take(k, "a.example", 1, 2, NOW), 1);
	assert_int_equal(take(k, "a.example", 1, 2, NOW + 1), 0); /* nothing new */
	assert_int_equal(k->at[0].n, 2);
	assert_true(k->at[0].good);
	assert_int_equal(k->at[0].due, NOW + 301);
	known_found(k, found);
	assert_int_equal(found[0].n, 2);
	assert_int_equal(found[0].at[1].addr[3], 2);
	assert_int_equal(found[1].n, 0);
	assert_int_equal(take(k, "c.example", 1, 1, NOW), -ENOENT);
}

static void test_time_to_live_is_bounded(void **state)
{
	static const struct {
		uint32_t ttl, due;
	} rows[] = { { 0, 60 },	     { 1, 60 },	     { 59, 60 },	  { 61, 61 },
		     { 3600, 3600 }, { 3601, 3600 }, { UINT32_MAX, 3600 } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fetch_found f = said("a.example", rows[i].ttl, 1, 1);

		known_take(*state, &list, &f, NOW);
		assert_int_equal(((struct known *)*state)->at[0].due, NOW + rows[i].due);
	}
}

static void test_old_addresses_get_their_grace(void **state)
{
	struct known *k = *state;

	take(k, "b.example", 9, 1, NOW);
	take(k, "a.example", 1, 2, NOW);
	assert_int_equal(take(k, "a.example", 2, 2, NOW + 100), 1); /* 2 stays, 3 is new */
	assert_int_equal(k->at[0].n, 3);
	assert_int_equal(take(k, "a.example", 2, 2, NOW + 400), 0); /* no longer for asking again */
	assert_false(known_expire(k, NOW + 100 + KNOWN_GRACE - 1));
	assert_int_equal(known_next(k), NOW + 300);
	assert_true(known_expire(k, NOW + 100 + KNOWN_GRACE));
	assert_int_equal(k->at[0].n, 2);
	assert_int_equal(k->at[0].at[0].at.addr[3], 2);
	assert_int_equal(k->at[1].n, 1);
	/* Back in time, it stays. */
	take(k, "a.example", 5, 1, NOW + 1000);
	assert_int_equal(take(k, "a.example", 2, 2, NOW + 1100), 0);
	known_expire(k, NOW + 1000 + KNOWN_GRACE);
	assert_int_equal(k->at[0].n, 3); /* 2, 3, and 5 with its own grace */
	known_expire(k, NOW + 1100 + KNOWN_GRACE);
	assert_int_equal(k->at[0].n, 2);
}

static void test_a_resolver_that_is_gone_closes_nothing(void **state)
{
	struct known *k = *state;
	struct fetch_found f = { .name = "a.example", .err = -EHOSTUNREACH, .why = "no such name" };

	take(k, "a.example", 1, 2, NOW);
	assert_int_equal(known_take(k, &list, &f, NOW + 10), 0);
	assert_string_equal(k->at[0].fault, "does not resolve: no such name");
	assert_int_equal(k->at[0].due, NOW + 10 + KNOWN_TTL_MIN);
	assert_false(known_expire(k, NOW + 1000 * KNOWN_GRACE));
	assert_int_equal(k->at[0].n, 2);
	take(k, "a.example", 1, 2, NOW + 100);
	assert_string_equal(k->at[0].fault, "");
}

static void test_a_resolver_that_lies_neither_opens_nor_closes(void **state)
{
	struct known *k = *state;

	take(k, "a.example", 1, 2, NOW);
	assert_int_equal(take(k, "a.example", 256, 4, NOW + 10), 0); /* none of 10.1/16 */
	assert_string_equal(k->at[0].fault,
			    "resolves to 10.2.0.0 and others, which the policy does not admit: not "
			    "opened");
	assert_false(k->at[0].good);
	assert_false(known_expire(k, NOW + 1000 * KNOWN_GRACE));
	assert_int_equal(k->at[0].n, 2);
	assert_int_equal(take(k, "a.example", 255, 2, NOW + 20), 1); /* one of it is true */
	assert_true(k->at[0].good);
	assert_int_equal(k->at[0].n, 3);
	assert_non_null(strstr(k->at[0].fault, "resolves to 10.2.0.0, which"));
}

static void test_no_more_than_there_is_room_for(void **state)
{
	struct known *k = *state;

	assert_int_equal(take(k, "a.example", 0, WIRE_FOUND_MAX, NOW), 1);
	assert_int_equal(take(k, "a.example", 100, 1, NOW + 1), 1); /* in place of an old one */
	assert_int_equal(k->at[0].n, FOUND_MAX);
	assert_int_equal(take(k, "a.example", 100, WIRE_FOUND_MAX, NOW + 2), 1);
	assert_int_equal(k->at[0].n, FOUND_MAX);
	for (size_t i = 0; i < FOUND_MAX; i++)
		assert_int_equal(k->at[0].at[i].until, 0);
}

static void test_a_new_policy_keeps_what_stays(void **state)
{
	struct known *k = *state;
	struct named twice[3] = { hosts[1], hosts[1] };
	const struct allow other = { .named = twice, .n_named = 3 };

	strcpy(twice[2].name.text, "c.example");
	take(k, "b.example", 1, 2, NOW);
	known_keep(k, &other);
	assert_int_equal(k->n, 2);
	assert_string_equal(k->at[0].name.text, "b.example");
	assert_int_equal(k->at[0].n, 2);
	assert_int_equal(k->at[1].due, 0);
}

static void test_what_is_no_answer(void **state)
{
	struct known *k = *state;
	struct fetch_found f = said("a.example", 60, 1, 1);

	f.n = WIRE_FOUND_MAX + 1;
	assert_int_equal(known_take(k, &list, &f, NOW), -EPROTO);
	f.n = 1;
	f.at[0].family = AF_UNIX;
	assert_int_equal(known_take(k, &list, &f, NOW), -EPROTO);
	f = said("a.example", 60, 1, 1);
	memset(f.why, 'x', sizeof(f.why));
	assert_int_equal(known_take(k, &list, &f, NOW), -EPROTO);
	f = said("a.example", 60, 1, 1);
	memset(f.name, 'x', sizeof(f.name));
	assert_int_equal(known_take(k, &list, &f, NOW), -EPROTO);
	assert_int_equal(k->at[0].n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_answers_are_kept, set_up),
		cmocka_unit_test_setup(test_time_to_live_is_bounded, set_up),
		cmocka_unit_test_setup(test_old_addresses_get_their_grace, set_up),
		cmocka_unit_test_setup(test_a_resolver_that_is_gone_closes_nothing, set_up),
		cmocka_unit_test_setup(test_a_resolver_that_lies_neither_opens_nor_closes, set_up),
		cmocka_unit_test_setup(test_no_more_than_there_is_room_for, set_up),
		cmocka_unit_test_setup(test_a_new_policy_keeps_what_stays, set_up),
		cmocka_unit_test_setup(test_what_is_no_answer, set_up),
	};

	return cmocka_run_group_tests_name("known", tests, NULL, NULL);
}
