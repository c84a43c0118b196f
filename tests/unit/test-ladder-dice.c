// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ladder on thousands of hosts, on which looks and remedies end as the dice fall and lazaretd
 * is killed: it must neither run hot nor give up, and try at once what begins while something
 * lasts.
 */
#include <errno.h>

#include "agent/ladder.h"
#include "tests/unit/ladders.h"
#include "tests/unit/test.h"

struct dice {
	uint64_t at;
};

static uint32_t roll(struct dice *d, uint32_t n)
{
	d->at = d->at * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(d->at >> 33) % n;
}

/* One day with something that is at odds with the repairs; how many remedies that took. */
static unsigned live(struct dice *d, bool stubborn)
{
	static const struct requirement *const reqs[] = { &two, &one, &far };
	const struct requirement *req = reqs[roll(d, 3)];
	struct ladder l = start(req);
	int64_t now = NOW, last_idle = now;
	bool pass = true;
	unsigned n = 0;

	while (now < NOW + 86400) {
		enum remedy remedy;

		pass = pass ? roll(d, 3) > 0 : false;
		look(&l, req, pass, now, roll(d, UINT32_MAX));
		restart(&l);
		if (ladder_next(&l, req, now, &remedy)) {
			n++;
			ladder_begin(&l, req, remedy, now, roll(d, UINT32_MAX));
			restart(&l);
			if (roll(d, 10))
				ladder_end(&l, req, remedy, roll(d, 2) ? 0 : -EIO, now,
					   roll(d, UINT32_MAX));
			pass = !stubborn && roll(d, 2);
			continue;
		}
		/* A fault is never given up: there is always a next time, and it is near. */
		if (!pass)
			assert_in_range(ladder_due(&l, req), now + 1, now + BREAKER_PAUSE_MAX * 2);
		now = !pass && roll(d, 2) ? ladder_due(&l, req) : now + 1;
		last_idle = now;
	}
	assert_true(last_idle > NOW);
	return n;
}

/*
 * The same with a fault that never ends, and others that come and go: one that does with no remedy
 * before it is tried at once, or it is a tug-of-war.
 */
static unsigned live_on(struct dice *d, bool stubborn)
{
	const struct requirement *req = roll(d, 2) ? &two : &far;
	struct ladder l = start(req);
	unsigned fails = 1, before = 1, n = 0;
	bool disturbed = false;

	for (int64_t now = NOW; now < NOW + 86400;) {
		enum remedy remedy;
		bool due;

		look_at(&l, req, 4, fails, now, roll(d, UINT32_MAX));
		restart(&l);
		due = ladder_next(&l, req, now, &remedy);
		if (fails & ~before && !disturbed)
			assert_true(ladder_tug(&l, now) || (due && remedy == req->remedies[0]));
		before = fails;
		disturbed = due;
		if (due) {
			n++;
			ladder_begin(&l, req, remedy, now, roll(d, UINT32_MAX));
			restart(&l);
			if (roll(d, 10))
				ladder_end(&l, req, remedy, roll(d, 2) ? 0 : -EIO, now,
					   roll(d, UINT32_MAX));
			restart(&l);
			fails = 1 | (stubborn ? fails : fails & roll(d, 16)) |
				(roll(d, 20) ? 0 : 8);
			continue;
		}
		assert_in_range(ladder_due(&l, req), now + 1, now + BREAKER_PAUSE_MAX * 2);
		now += 1 + roll(d, 5);
		fails |= roll(d, 3) ? 0 : 1u << roll(d, 4);
		fails &= roll(d, 4) ? ~0u : 1 | roll(d, 16);
	}
	return n;
}

/* Two remedies each time; a few times fast, then at the longest pause. */
static void try_days(unsigned (*live_a_day)(struct dice *d, bool stubborn))
{
	struct dice d = { 42 };
	unsigned most = 0;

	for (int i = 0; i < 60; i++) {
		unsigned n = live_a_day(&d, i % 2);

		assert_true(n > 5);
		most = n > most ? n : most;
	}
	print_message("# at most %u remedies in a day of constant trouble\n", most);
	assert_in_range(most, 1, 24 * 2 * (TUG_KEPT + TUG_SPAN / TUG_PAUSE_MAX));
}

static void test_never_hot(void **state)
{
	(void)state;
	try_days(live);
}

static void test_while_another_lasts(void **state)
{
	(void)state;
	try_days(live_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_hot),
		cmocka_unit_test(test_while_another_lasts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
