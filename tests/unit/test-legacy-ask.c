// SPDX-License-Identifier: GPL-2.0-or-later
/* When lazaretd asks lazaret-legacy, what it takes for an answer, and what that changes. */
#include <stdio.h>

#include "agent/base/count.h"
#include "tests/unit/told.h"

static bool has(unsigned ip4, const char *text)
{
	const struct tables *t = &d.tables;

	return t->is.known && t->is.ip4 == ip4 && t->is.rules == &t->rules &&
	       t->rules.len == strlen(text) &&
	       (!*text || !memcmp(t->rules.bytes, text, strlen(text)));
}

/* Once more by itself, for which nobody has to sit and wait. */
static void await_question(unsigned n)
{
	assert_non_null(d.tables.again);
	assert_int_equal(sd_event_source_set_time_relative(d.tables.again, 0), 0);
	run_loop();
	assert_int_equal(asked, n);
}

/* As rules that stay: they are told as often as they are asked for. */
static void settle(unsigned ip4, const char *text)
{
	legacy_hurry(&d);
	tell_rules(ip4, text);
	for (unsigned i = 0; i < 4 && d.tables.again; i++) {
		await_question(asked + 1);
		tell_rules(ip4, text);
	}
	assert_null(d.tables.again);
}

static void test_answers(void **state)
{
	unsigned before;

	(void)state;
	legacy_ask(&d);
	assert_int_equal(asked, 1);
	assert_false(legacy_is_there(&d));
	tell_rules(0, NULL);
	assert_int_equal(rounds, 1);
	assert_true(has(0, ""));
	settle(0, NULL);
	before = asked;
	d.tables.asked -= 2 * MINUTE;
	legacy_ask(&d);
	assert_int_equal(asked, before); /* without tables five minutes are between */
	d.tables.asked -= 3 * MINUTE;
	legacy_ask(&d);
	assert_int_equal(asked, before + 1);
	tell_rules(0, NULL);
	assert_int_equal(rounds, 1);
	settle(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 2);
	assert_true(has(LEGACY_FILTER, "rules") && legacy_is_there(&d));
	before = asked;
	legacy_ask(&d);
	assert_int_equal(asked, before);
	d.tables.asked -= MINUTE / 6;
	legacy_ask(&d);
	assert_int_equal(asked, before + 1); /* with them a few seconds */
	tell_rules(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 2);
	settle(LEGACY_NAT, "rules");
	assert_int_equal(rounds, 3);
	/* A look that saw such as nobody read has them asked for sooner, too. */
	settle(0, NULL);
	d.subjects[0].finding.unread = true;
	assert_true(legacy_is_there(&d));
	/* Nobody wants to know any more. */
	req.check = CHECK_PATCHES;
	legacy_ask(&d);
	assert_false(legacy_is_there(&d) || d.tables.is.known || d.tables.talk);
}

/* Whoever lays rules may be in the middle of it; whoever never ends is judged all the same. */
static void test_changes(void **state)
{
	(void)state;
	legacy_ask(&d);
	tell_rules(LEGACY_FILTER, "good");
	settle(LEGACY_FILTER, "good");
	rounds = 0;
	legacy_hurry(&d);
	tell_rules(LEGACY_FILTER, "half");
	assert_true(has(LEGACY_FILTER, "good") && !rounds);
	await_question(asked + 1);
	tell_rules(LEGACY_FILTER, "good");
	assert_true(has(LEGACY_FILTER, "good") && !rounds && !d.tables.again);
	legacy_hurry(&d);
	tell_rules(LEGACY_FILTER, "half");
	await_question(asked + 1);
	tell_rules(LEGACY_FILTER, "Half");
	await_question(asked + 1);
	tell_rules(LEGACY_FILTER, "Half");
	assert_true(has(LEGACY_FILTER, "Half") && rounds == 1);
	await_question(asked + 1);
	for (char n[] = "0"; *n < '4'; ++*n) {
		tell_rules(LEGACY_FILTER, n);
		await_question(asked + 1);
	}
	assert_int_equal(rounds, 1);
	tell_rules(LEGACY_FILTER, "4");
	assert_true(rounds == 2 && has(LEGACY_FILTER, "4") && !d.tables.again);
	/* Who waits takes what there is, and it is asked for once more. */
	pass_time();
	legacy_forget(&d);
	assert_true(legacy_awaited(&d));
	tell_rules(LEGACY_FILTER, "after");
	assert_true(has(LEGACY_FILTER, "after") && rounds == 3 && d.tables.again);
}

/* Who may not read them says so, and what was told is forgotten only when it is old. */
static void test_doubt(void **state)
{
	const struct legacy_told no = { .err = -EPERM, .known = true, .ip4 = 3, .why = "no" };
	const struct legacy_told nothing = { .err = -EPERM, .why = "nothing" };

	(void)state;
	legacy_ask(&d);
	tell_rules(LEGACY_NAT, "rules");
	settle(LEGACY_NAT, "rules");
	rounds = 0;
	legacy_hurry(&d);
	tell(no, NULL, 0);
	assert_true(has(LEGACY_NAT, "rules") && !rounds);
	assert_string_equal(d.tables.why, "lazaret-legacy: no");
	assert_true(legacy_told_since(&d, d.tables.told));
	assert_false(legacy_told_since(&d, d.tables.told + 1));
	d.tables.told -= 2 * MINUTE;
	legacy_hurry(&d);
	tell(no, NULL, 0);
	assert_true(d.tables.is.known && d.tables.is.ip4 == 3 && !d.tables.is.rules);
	assert_int_equal(rounds, 1);
	legacy_hurry(&d);
	tell(no, NULL, 0);
	assert_int_equal(rounds, 1);
	/* That there were none is not known for ever. */
	legacy_forget(&d);
	tell_rules(0, NULL);
	assert_true(has(0, ""));
	settle(0, NULL);
	d.tables.told -= 6 * MINUTE;
	legacy_hurry(&d);
	tell(nothing, NULL, 0);
	assert_true(has(0, ""));
	d.tables.told -= MINUTE;
	legacy_hurry(&d);
	tell(nothing, NULL, 0);
	assert_false(d.tables.is.known);
	assert_true(legacy_told_since(&d, UINT64_MAX));
}

/* None of these is taken, whatever was told before. */
static void test_nonsense(void **state)
{
	static const struct {
		struct legacy_told told;
		const char *text;
		int seals;
	} rows[] = {
		{ { .known = true, .ip4 = 1, .len = 5 }, "rules", F_SEAL_GROW | F_SEAL_SHRINK },
		{ { .known = true, .ip4 = 1, .len = 5 }, "rules", F_SEAL_GROW | F_SEAL_WRITE },
		{ { .known = true, .ip4 = 1, .len = 5 }, "rules", F_SEAL_SHRINK | F_SEAL_WRITE },
		{ { .known = true, .ip4 = 1, .len = 6 }, "rules", SEALS },
		{ { .known = true, .ip4 = 1, .len = 4 }, "rules", SEALS },
		{ { .known = true, .ip4 = 1, .len = XTABLES_MAX + 1ull }, "rules", SEALS },
		{ { .known = true, .ip4 = 1, .len = 5 }, NULL, 0 },
		{ { .known = true, .ip4 = 1 }, "rules", SEALS },
		{ { .known = true, .ip4 = 1 }, NULL, 0 },
		{ { .known = true, .len = 5 }, "rules", SEALS },
		{ { .known = true }, "rules", SEALS },
		{ { .ip4 = 1, .len = 5 }, "rules", SEALS },
		{ { 0 }, NULL, 0 },
		{ { .known = true, .ip6 = 32, .len = 5 }, "rules", SEALS },
		{ { .err = 1, .known = true }, NULL, 0 },
		{ { .err = -EPERM, .known = true, .ip4 = 1, .len = 5 }, "rules", SEALS },
	};
	struct legacy_told endless = { .err = -EPERM };

	(void)state;
	legacy_ask(&d);
	tell_rules(LEGACY_RAW, "rules");
	settle(LEGACY_RAW, "rules");
	rounds = 0;
	for (size_t i = 0; i < COUNT(rows); i++) {
		legacy_hurry(&d);
		tell(rows[i].told, rows[i].text, rows[i].seals);
		if (!has(LEGACY_RAW, "rules") || rounds || !*d.tables.why || d.tables.talk)
			fail_msg("row %zu: %u rounds, %s", i, rounds, d.tables.why);
		*d.tables.why = '\0';
	}
	memset(endless.why, 'x', sizeof(endless.why));
	legacy_hurry(&d);
	tell(endless, NULL, 0);
	assert_string_equal(d.tables.why, "lazaret-legacy gave no answer that makes sense");
	legacy_hurry(&d);
	assert_int_equal(send(end, "x", 1, 0), 1);
	run_loop();
	assert_non_null(strstr(d.tables.why, "gave no answer: "));
	legacy_hurry(&d);
	hang_up();
	assert_true(has(LEGACY_RAW, "rules") && !rounds && !d.tables.talk);
}

/* A round waits for the first answer, for one after a remedy, and for one in place of an old one.
 */
static void test_awaited(void **state)
{
	(void)state;
	req.check = CHECK_PATCHES;
	assert_false(legacy_awaited(&d));
	req.check = CHECK_FIREWALL;
	d.host.legacy = NULL; /* of another root */
	assert_false(legacy_awaited(&d));
	assert_int_equal(asked, 0);
	d.host.legacy = &d.tables.is;
	assert_true(legacy_awaited(&d));
	assert_true(legacy_awaited(&d));
	assert_int_equal(asked, 1);
	tell_rules(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 1);
	assert_false(legacy_awaited(&d));
	settle(LEGACY_FILTER, "rules");
	d.tables.asked -= 3 * MINUTE;
	d.tables.told -= 3 * MINUTE;
	assert_true(legacy_awaited(&d));
	tell_rules(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 2);
	/* One that is under way keeps none from it that knows enough. */
	legacy_hurry(&d);
	assert_false(legacy_awaited(&d));
	tell_rules(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 2);
	/* What was asked before something was done does not tell what came of it. */
	legacy_hurry(&d);
	pass_time();
	legacy_forget(&d);
	assert_true(legacy_awaited(&d));
	tell_rules(LEGACY_FILTER, "rules");
	assert_int_equal(rounds, 3);
	assert_true(legacy_awaited(&d));
	tell_rules(LEGACY_FILTER, "done");
	assert_true(rounds == 4 && has(LEGACY_FILTER, "done"));
	assert_false(legacy_awaited(&d));
	/* Nobody there: nobody waits, and what was told long ago counts no more. */
	away = true;
	d.tables.told -= 3 * MINUTE;
	legacy_forget(&d);
	assert_false(legacy_awaited(&d));
	assert_true(d.tables.is.ip4 == LEGACY_FILTER && !d.tables.is.rules);
	assert_string_equal(d.tables.why, "lazaret-legacy cannot be asked: nobody is there");
	/* Nor any more when he goes away meanwhile: the round comes. */
	away = false;
	d.tables.asked -= MINUTE;
	assert_true(legacy_awaited(&d));
	away = true;
	legacy_hurry(&d);
	hang_up();
	assert_int_equal(rounds, 5);
	assert_false(legacy_awaited(&d));
}

static unsigned thens, untold;

static void on_then(struct daemon *of, bool told)
{
	(void)of;
	thens++;
	untold += !told;
}

static void on_other(struct daemon *of, bool told)
{
	on_then(of, told);
}

/* Whoever asks for the state as it is now gets it behind an answer to a question put since. */
static void test_then(void **state)
{
	(void)state;
	thens = untold = 0;
	legacy_ask(&d);
	tell_rules(LEGACY_FILTER, "rules");
	settle(LEGACY_FILTER, "rules");
	assert_true(legacy_await(&d, on_then));
	assert_true(legacy_await(&d, on_then));
	assert_true(legacy_await(&d, on_other));
	tell_rules(LEGACY_FILTER, "Rules");
	assert_true(thens == 1 && has(LEGACY_FILTER, "Rules"));
	tell_rules(LEGACY_FILTER, "rules");
	assert_true(thens == 3 && !untold && !d.tables.talk);
	/* He is not there: nobody waits; or goes away: who waits is told. */
	assert_true(legacy_await(&d, on_then));
	assert_true(legacy_await(&d, on_other));
	away = true;
	hang_up();
	assert_true(thens == 5 && untold == 2);
	assert_true(has(LEGACY_FILTER, "rules"));
	assert_false(legacy_await(&d, on_then));
}

/* The lock of iptables-legacy is made before its first table is. */
static void test_stirred(void **state)
{
	(void)state;
	legacy_ask(&d);
	tell_rules(0, NULL);
	settle(0, NULL);
	legacy_stirred(&d);
	tell_rules(0, NULL);
	await_question(asked + 1);
	tell_rules(0, NULL);
	await_question(asked + 1);
	tell_rules(LEGACY_FILTER, "rules");
	await_question(asked + 1);
	tell_rules(LEGACY_FILTER, "rules");
	assert_true(has(LEGACY_FILTER, "rules") && !d.tables.stirs);
}

/* Whatever comes in whatever order: who waits, waits for somebody, and is told in the end. */
static void test_any_order(void **state)
{
	unsigned waiting = 0;

	(void)state;
	thens = 0;
	srand(7);
	for (unsigned i = 0; i < 20000; i++) {
		const struct tables *t = &d.tables;
		const bool talks = t->talk;

		switch (rand() % 9) {
		case 0: legacy_hurry(&d); break;
		case 1: legacy_forget(&d); break;
		case 2: legacy_stirred(&d); break;
		case 3: (void)legacy_awaited(&d); break;
		case 4: waiting += legacy_await(&d, rand() % 2 ? on_then : on_other); break;
		case 5: away = rand() % 4 == 0; break;
		case 6: d.tables.asked -= d.tables.asked ? rand() % (3 * MINUTE) : 0; break;
		case 7:
			if (talks)
				tell_rules(rand() % 2, rand() % 2 ? "a" : "b");
			break;
		case 8:
			if (talks)
				hang_up();
			break;
		}
		assert_true(t->talk || (!t->round && !t->then[0] && !t->later[0] && !t->more));
		assert_true(t->then[0] || !t->then[1]);
		assert_true(!t->is.rules || t->is.rules == &t->rules);
	}
	away = false;
	while (d.tables.talk)
		tell_rules(1, "a");
	assert_true(waiting && thens && !d.tables.round);
}

/* One that hangs keeps no round for longer than it may take, however often it is asked. */
static void test_time_out(void **state)
{
	(void)state;
	assert_true(legacy_awaited(&d));
	assert_int_equal(sd_event_source_set_time_relative(d.tables.limit, 0), 0);
	run_loop();
	assert_int_equal(rounds, 1);
	assert_false(legacy_awaited(&d));
	assert_int_equal(asked, 1);
	assert_non_null(strstr(d.tables.why, "in time"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_answers, begin, over),
		cmocka_unit_test_setup_teardown(test_changes, begin, over),
		cmocka_unit_test_setup_teardown(test_doubt, begin, over),
		cmocka_unit_test_setup_teardown(test_nonsense, begin, over),
		cmocka_unit_test_setup_teardown(test_awaited, begin, over),
		cmocka_unit_test_setup_teardown(test_then, begin, over),
		cmocka_unit_test_setup_teardown(test_stirred, begin, over),
		cmocka_unit_test_setup_teardown(test_any_order, begin, over),
		cmocka_unit_test_setup_teardown(test_time_out, begin, over),
	};

	return cmocka_run_group_tests_name("legacy-ask", tests, NULL, NULL);
}
