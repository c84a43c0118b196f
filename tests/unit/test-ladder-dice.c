// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ladder on thousands of hosts, on which looks and remedies end as the dice fall, lazaretd is
 * killed and the clock is set: it must neither run hot nor give up.
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
		ladder_look(&l, req, pass, now, roll(d, UINT32_MAX));
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

static void test_never_hot(void **state)
{
	struct dice d = { 42 };
	unsigned most = 0;

	(void)state;
	for (int i = 0; i < 60; i++) {
		unsigned n = live(&d, i % 2);

		assert_true(n > 5);
		most = n > most ? n : most;
	}
	/* Two remedies each time; a few times fast, then at the longest pause. */
	print_message("# at most %u remedies in a day of constant trouble\n", most);
	assert_in_range(most, 1, 24 * 2 * (TUG_KEPT + TUG_SPAN / TUG_PAUSE_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_never_hot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
