// SPDX-License-Identifier: GPL-2.0-or-later
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/count.h"
#include "policy/pattern.h"
#include "tests/unit/test.h"

#define TRIALS	  200000
#define PATH_LONG 2000

static void test_rows(void **state)
{
	static const struct {
		const char *pattern, *path;
		bool fits;
	} rows[] = {
		{ "a", "a", true },
		{ "a", "A", false },
		{ "*", "", true },
		{ "", "", true },
		{ "", "a", false },
		{ "*", "a/b", false },
		{ "*/*", "a/b", true },
		{ "?/b", "a/b", true },
		{ "a?b", "a/b", false },
		{ "a*b", "a/b", false },
		{ "a/*", "a/", true },
		{ "a/*", "a", false },
		{ "*.json", ".json", true },
		{ "*a*b", "aabab", true },
		{ "*a*b", "aaba", false },
		{ "**", "abc", true },
		{ "*/b*", "ab/bb", true },
		{ "*b/c", "bab/c", true },
		{ "[ab]", "a", false },
		{ "[ab]", "[ab]", true },
		{ "\\*", "*", false },
		{ "\\*", "\\x", true },
		{ "foo-*.tgz", "foo-", false },
		{ "*/", "a/b", false },
		{ "a*/x", "a/b/x", false },
		{ "?", "", false },
		{ "a", "ab", false },
		{ "ab", "a", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (pattern_fits(rows[i].pattern, rows[i].path) != rows[i].fits)
			fail_msg("%s and %s", rows[i].pattern, rows[i].path);
}

static void fill(char *text, const char *letters)
{
	size_t len = (size_t)(random() % 9);

	for (size_t i = 0; i < len; i++)
		text[i] = letters[(size_t)random() % strlen(letters)];
	text[len] = '\0';
}

/* In the C locale, with a path as it is, fnmatch(3) means the same. */
static void test_like_fnmatch(void **state)
{
	char pattern[16], path[16];

	(void)state;
	srandom(1);
	for (int i = 0; i < TRIALS; i++) {
		fill(pattern, "ab/*?*");
		fill(path, "ab/");
		if (pattern_fits(pattern, path) !=
		    (fnmatch(pattern, path, FNM_PATHNAME | FNM_NOESCAPE) == 0))
			fail_msg("%s and %s", pattern, path);
	}
}

/* Whoever delegates chooses the pattern: no choice of it may take long. */
static void test_hostile(void **state)
{
	char pattern[2 * PATH_LONG + 2], path[PATH_LONG + 1];
	clock_t begin = clock();

	(void)state;
	memset(path, 'a', PATH_LONG);
	path[PATH_LONG] = '\0';
	for (size_t i = 0; i < PATH_LONG; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	strcpy(pattern + PATH_LONG, "b");
	assert_false(pattern_fits(pattern, path));
	assert_true(clock() - begin < CLOCKS_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_like_fnmatch),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
