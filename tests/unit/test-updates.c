// SPDX-License-Identifier: GPL-2.0-or-later
/* Updates of which some cannot be installed, by a package manager that is a table. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/remedy/updates.h"
#include "tests/unit/test.h"

#define N 40

enum kind {
	GOOD,
	BARRED,	  /* a dependency cannot be met: nothing that is asked for with it is installed */
	BROKEN,	  /* its script fails: all is installed, and the command fails */
	HANGS,	  /* for as long as there is time */
	IDLE,	  /* the command says that it is done, and nothing is */
	NEXT_TOO, /* only together with the next one, which is fetched unasked */
};

struct packages {
	enum kind kinds[N];
	bool installed[N];
	bool half; /* one is not complete: each command fails after it has done its work */
	int n_commands;
};

static struct patch patches[N];

static size_t index_of(const struct patch *p)
{
	return (size_t)(p - patches);
}

static int refuse(const struct patch *p, struct fault *fault)
{
	return fault_set(fault, -EIO, "%zu is barred", index_of(p));
}

static int install(void *ctx, const struct patch *const *rows, size_t n, struct fault *fault)
{
	struct packages *m = ctx;

	m->n_commands++;
	for (size_t i = 0; i < n; i++)
		if (m->kinds[index_of(rows[i])] == BARRED)
			return refuse(rows[i], fault);
	for (size_t i = 0; i < n; i++) {
		size_t at = index_of(rows[i]);

		if (m->kinds[at] == HANGS)
			return fault_set(fault, -ECANCELED, "no time is left");
		m->installed[at] = m->kinds[at] != IDLE;
		m->half |= m->kinds[at] == BROKEN;
		if (m->kinds[at] == NEXT_TOO)
			m->installed[at + 1] = true;
	}
	return m->half ? fault_set(fault, -EIO, "a script failed") : 0;
}

static size_t pending(void *ctx, const struct patch **rows, size_t n)
{
	const struct packages *m = ctx;
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (!m->installed[index_of(rows[i])])
			rows[left++] = rows[i];
	return left;
}

static int run(struct packages *m, size_t n, struct fault *fault)
{
	const struct updates_ways ways = { install, pending, m };
	const struct patch *rows[N];

	for (size_t i = 0; i < n; i++) {
		patches[i].package = "p";
		rows[i] = &patches[i];
	}
	return updates_install(&ways, rows, n, fault);
}

static void test_all_at_once(void **state)
{
	struct packages m = { 0 };

	(void)state;
	assert_int_equal(run(&m, 0, NULL), 0);
	assert_int_equal(m.n_commands, 0);
	assert_int_equal(run(&m, N, NULL), 0);
	assert_int_equal(m.n_commands, 1);
}

/* Whichever it is, all but that one are installed, by few commands. */
static void test_one_is_barred(void **state)
{
	(void)state;
	for (size_t n = 1; n <= N; n++) {
		for (size_t bad = 0; bad < n; bad++) {
			struct packages m = { 0 };
			struct fault f = { 0 };
			char why[40];

			m.kinds[bad] = BARRED;
			snprintf(why, sizeof(why), "p: %zu is barred", bad);
			assert_int_equal(run(&m, n, &f), -EIO);
			assert_string_equal(f.why, why);
			assert_in_range(m.n_commands, 1, 13);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(m.installed[i], i != bad);
		}
	}
}

static void test_one_is_passed_over(void **state)
{
	struct packages m = { .kinds = { [3] = IDLE } };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(run(&m, N, &f), -ENODATA);
	assert_string_equal(f.why, "p: said to be installed, and is not");
	for (size_t i = 0; i < N; i++)
		assert_int_equal(m.installed[i], i != 3);
}

static void test_all_are_barred(void **state)
{
	struct packages m = { 0 };
	struct fault f = { 0 };

	(void)state;
	for (size_t i = 0; i < N; i++)
		m.kinds[i] = BARRED;
	assert_int_equal(run(&m, N, &f), -EIO);
	assert_in_range(m.n_commands, N, 2 * N - 1);
}

/* Nothing is left to be tried: who asked is told that the command failed, once. */
static void test_script_fails(void **state)
{
	struct packages m = { .kinds = { [7] = BROKEN } };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(run(&m, N, &f), -EIO);
	assert_string_equal(f.why, "a script failed");
	assert_int_equal(m.n_commands, 1);
}

static void test_one_brings_another(void **state)
{
	struct packages m = { .kinds = { [0] = BARRED, [9] = NEXT_TOO, [19] = NEXT_TOO } };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(run(&m, N, &f), -EIO);
	for (size_t i = 1; i < N; i++)
		assert_true(m.installed[i]);
}

static void test_no_time(void **state)
{
	struct packages m = { .kinds = { [3] = BARRED, [5] = HANGS } };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(run(&m, N, &f), -ECANCELED);
	/* Of 40, 20, 10, 5, the first 3, the 4th and 5th, both alone; then of the next 5. */
	assert_int_equal(m.n_commands, 9);
	assert_false(m.installed[N - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_at_once),
		cmocka_unit_test(test_one_is_barred),
		cmocka_unit_test(test_one_is_passed_over),
		cmocka_unit_test(test_all_are_barred),
		cmocka_unit_test(test_script_fails),
		cmocka_unit_test(test_one_brings_another),
		cmocka_unit_test(test_no_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
