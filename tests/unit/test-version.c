// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/version.h"
#include "tests/unit/test.h"

static int compare(const char *a, const char *b)
{
	int r = version_compare(a, strlen(a), b, strlen(b));

	return (r > 0) - (r < 0);
}

/* deb-version(7), and what is easily got wrong. */
static void test_known(void **state)
{
	static const char *const ascending[] = {
		"~~",
		"~~a",
		"~",
		"",
		"1.0~rc1-1",
		"1.0-1~bpo1",
		"1.0-1",
		"1.0-1+b1",
		"1.0-1+deb12u9",
		"1.0-1+deb12u10",
		"1.0a",
		"1.0+1",
		"1.0.1",
		"1.00.2",
		"1.18446744073709551617",
		"1.18446744073709551618",
		"2",
		"a",
		"1:0~",
		"1:0",
		"2:0",
	};
	static const char *const same[][2] = {
		{ "1.0", "1.00" },
		{ "0:1", "1" },
		{ "1-0", "1" },
		{ "", "0" },
		{ "1.0-1", "1.0-01" },
		{ "", "-" },
		{ "000000000000000000000000000001", "1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ascending) / sizeof(*ascending); i++)
		for (size_t j = 0; j < sizeof(ascending) / sizeof(*ascending); j++)
			if (compare(ascending[i], ascending[j]) != (i > j) - (i < j))
				fail_msg("\"%s\" and \"%s\"", ascending[i], ascending[j]);
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		assert_int_equal(compare(same[i][0], same[i][1]), 0);
}

/* From few signs, so that versions are often alike for a while. */
static void make(unsigned *seed, char *out, bool valid)
{
	static const char signs[] = "00112a~+.-Z";
	size_t len = (size_t)rand_r(seed) % 9;
	char *p = out;

	if (!(rand_r(seed) % 4))
		p += sprintf(p, "%d:", rand_r(seed) % 3);
	if (valid)
		*p++ = (char)('0' + rand_r(seed) % 3);
	for (size_t i = 0; i < len; i++)
		*p++ = signs[(size_t)rand_r(seed) % (sizeof(signs) - 1)];
	/* dpkg refuses an empty revision. */
	if (valid)
		*p++ = (char)('0' + rand_r(seed) % 3);
	*p = '\0';
}

static void test_is_an_order(void **state)
{
	unsigned seed = 1;
	char a[32], b[32], c[32];

	(void)state;
	for (int i = 0; i < 100000; i++) {
		make(&seed, a, false);
		make(&seed, b, false);
		make(&seed, c, false);
		assert_int_equal(compare(a, a), 0);
		if (compare(a, b) != -compare(b, a))
			fail_msg("\"%s\" and \"%s\": not antisymmetric", a, b);
		if (compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0)
			fail_msg("\"%s\", \"%s\", \"%s\": not transitive", a, b, c);
	}
}

/* dpkg compares one pair a process, so one shell runs many. */
static void test_agrees_with_dpkg(void **state)
{
	static const char *const words[] = { "lt", "eq", "gt" };
	char path[] = "/tmp/lazaret-versions.XXXXXX", command[80];
	unsigned seed = 2;
	FILE *f = fdopen(mkstemp(path), "w");
	char a[32], b[32];

	(void)state;
	assert_non_null(f);
	fprintf(f, "bad=0\n");
	for (int i = 0; i < 800; i++) {
		make(&seed, a, true);
		make(&seed, b, true);
		fprintf(f, "dpkg --compare-versions '%s' %s '%s' || { echo '# %s %s'; bad=1; }\n",
			a, words[compare(a, b) + 1], b, a, b);
	}
	fprintf(f, "exit $bad\n");
	fclose(f);
	snprintf(command, sizeof(command), "sh %s", path);
	assert_int_equal(system(command), 0);
	remove(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_is_an_order),
		cmocka_unit_test(test_agrees_with_dpkg),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
