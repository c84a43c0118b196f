// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "agent/posture/ends.h"
#include "tests/unit/test.h"

#define TEXT_MAX 300

/* Behind the text stand ends that are none of it. */
static void check(const char *text, size_t len)
{
	char *copy = malloc(len + ENDS_AHEAD);
	const char *p = copy;
	struct ends e;

	assert_non_null(copy);
	memset(copy, '\n', len + ENDS_AHEAD);
	memcpy(copy, text, len);
	e = ends_of(copy, len);
	for (const char *want; (want = memchr(p, '\n', len - (size_t)(p - copy))); p = want + 1)
		assert_ptr_equal(ends_next(&e), want);
	assert_null(ends_next(&e));
	free(copy);
}

/* Each length, with ends seldom and often, at the borders of what is looked at together. */
static void test_as_memchr(void **state)
{
	char text[TEXT_MAX];
	unsigned seed = 5;

	(void)state;
	for (unsigned often = 1; often < 200; often = often * 3 / 2 + 1) {
		for (size_t len = 0; len <= TEXT_MAX; len++) {
			for (size_t i = 0; i < len; i++)
				text[i] = rand_r(&seed) % (int)often ? 'x' : '\n';
			check(text, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_as_memchr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
