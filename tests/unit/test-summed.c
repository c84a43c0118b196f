// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "policy/summed.h"
#include "tests/unit/test.h"

/* Cut anywhere, with a bit flipped anywhere, or with more behind it, it is not what was sealed. */
static void test_summed(void **state)
{
	char text[SUMMED_HEAD + 10] = { 0 };
	const size_t len = SUMMED_HEAD + strlen("a\nb\n");

	(void)state;
	strcpy(text + SUMMED_HEAD, "a\nb\n");
	assert_int_equal(summed_seal(text, len), 0);
	assert_memory_equal(text, "911169dd", 8);
	assert_true(summed_is_whole(text, len));
	for (size_t cut = 0; cut < len; cut++)
		assert_false(summed_is_whole(text, cut));
	assert_false(summed_is_whole(text, len + 1));
	for (size_t bit = 0; bit < 8 * len; bit++) {
		text[bit / 8] ^= (char)(1 << bit % 8);
		assert_false(summed_is_whole(text, len));
		text[bit / 8] ^= (char)(1 << bit % 8);
	}
}

/* Nothing at all is no text, whatever its sum. */
static void test_empty(void **state)
{
	char text[SUMMED_HEAD];

	(void)state;
	assert_int_equal(summed_seal(text, sizeof(text)), 0);
	assert_false(summed_is_whole(text, sizeof(text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summed),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests_name("summed", tests, NULL, NULL);
}
