// SPDX-License-Identifier: GPL-2.0-or-later
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/version.h"
#include "tests/unit/test.h"

static int compare_in(enum version_order order, const char *a, const char *b)
{
	int r = version_cmp(order, a, strlen(a), b, strlen(b));

	return (r > 0) - (r < 0);
}

static int compare(const char *a, const char *b)
{
	return compare_in(VERSION_DPKG, a, b);
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
	for (size_t i = 0; i < COUNT(ascending); i++)
		for (size_t j = 0; j < COUNT(ascending); j++)
			if (compare(ascending[i], ascending[j]) != (i > j) - (i < j))
				fail_msg("\"%s\" and \"%s\"", ascending[i], ascending[j]);
	for (size_t i = 0; i < COUNT(same); i++)
		assert_int_equal(compare(same[i][0], same[i][1]), 0);
}

/* rpm-version(7). */
static void test_known_to_rpm(void **state)
{
	static const char *const ascending[] = {
		"~",	    "",	       "^",	      "a",	   "1~rc1-1",
		"1~rc1-2",  "1-1.el9", "1-1.el9_2.3", "1-10.el9",  "1^git1-1",
		"1^git2-1", "1a-1",    "1.0~b-1",     "1.0-1",	   "1.0.1-1",
		"1.1-1",    "1.10-1",  "5.14.0-1",    "5.14.10-1", "6-1",
		"1:0-1",    "2:0~-1",  "2:0-1",
	};
	static const char *const same[][2] = {
		{ "1.0-1", "0:1.0-1" }, { "1.0-1", "1.00-01" }, { "1.0", "1_0" },
		{ "1.0-1", "1..0-1" },	{ "1-1.", "1-1" },	{ "1a-1", "1.a-1" },
		{ "00:1", "1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(ascending); i++)
		for (size_t j = 0; j < COUNT(ascending); j++)
			if (compare_in(VERSION_RPM, ascending[i], ascending[j]) !=
			    (i > j) - (i < j))
				fail_msg("\"%s\" and \"%s\"", ascending[i], ascending[j]);
	for (size_t i = 0; i < COUNT(same); i++)
		assert_int_equal(compare_in(VERSION_RPM, same[i][0], same[i][1]), 0);
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

static void make_of(unsigned *seed, char *out, const char *const *pieces, size_t n)
{
	size_t len = (size_t)rand_r(seed) % 7;

	for (*out = '\0'; len; len--)
		out = stpcpy(out, pieces[(size_t)rand_r(seed) % n]);
}

static void make_for(enum version_order order, unsigned *seed, char *out)
{
	static const char *const rpm[] = { "0", "1", "10", "01", "a", "ab", "B",  ".",
					   "~", "^", "-",  "_",	 "+", "1:", ".1", "el" };
	static const char *const apk[] = { "0",	   "1",	     "2",    "01", ".0",    ".1",
					   ".10",  ".01",    "a",    "b",  "_rc",   "_p",
					   "_pre", "_alpha", "_git", "_x", "~a1",   "-r0",
					   "-r1",  "-r10",   "-",    "1",  "_beta", "_cvs1" };

	if (order == VERSION_DPKG)
		make(seed, out, false);
	else if (order == VERSION_RPM)
		make_of(seed, out, rpm, COUNT(rpm));
	else
		make_of(seed, out, apk, COUNT(apk));
}

static void test_is_an_order(void **state)
{
	unsigned seed = 1;
	char a[64], b[64], c[64];

	(void)state;
	for (int i = 0; i < 200000; i++) {
		enum version_order o = (enum version_order)(i % VERSION_ORDERS);

		make_for(o, &seed, a);
		make_for(o, &seed, b);
		make_for(o, &seed, c);
		assert_int_equal(compare_in(o, a, a), 0);
		if (compare_in(o, a, b) != -compare_in(o, b, a))
			fail_msg("\"%s\" and \"%s\": not antisymmetric", a, b);
		if (compare_in(o, a, b) <= 0 && compare_in(o, b, c) <= 0 && compare_in(o, a, c) > 0)
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

/* One process compares all pairs: rpm has a Lua in it.  What it calls no version is left out. */
static const char rpm_compares[] =
	"local n = 0 for l in io.lines(rpm.expand('%{pairs}')) do "
	"local a, b, r = l:match('^(.-) (.-) (.-)$') "
	"local ok, c = pcall(rpm.vercmp, a, b) if ok then n = n + 1 end "
	"if ok and c ~= tonumber(r) then print('# ' .. l .. '\\n') end end "
	"print(n > 10000 and 'all alike' or '# only ' .. n .. ' are versions')";

static void test_agrees_with_rpm(void **state)
{
	char path[] = "/tmp/lazaret-versions.XXXXXX", command[sizeof(rpm_compares) + 200];
	unsigned seed = 3;
	FILE *f = fdopen(mkstemp(path), "w");
	char a[64], b[64];

	(void)state;
	assert_non_null(f);
	for (int i = 0; i < 20000; i++) {
		make_for(VERSION_RPM, &seed, a);
		make_for(VERSION_RPM, &seed, b);
		fprintf(f, "%s %s %d\n", a, b, compare_in(VERSION_RPM, a, b));
	}
	fclose(f);
	snprintf(command, sizeof(command),
		 "said=$(rpm -D 'pairs %s' --eval \"%%{lua: %s}\") && "
		 "{ [ \"$said\" = 'all alike' ] || { echo \"$said\"; exit 1; }; }",
		 path, rpm_compares);
	assert_int_equal(system(command), 0);
	remove(path);
}

/* No tool of Alpine's is in Debian, so its answers are kept in a file. */
static void test_agrees_with_apk(void **state)
{
	char path[PATH_MAX] = __FILE__, line[200], a[100], b[100], sign;
	FILE *f;
	int n = 0;

	(void)state;
	strcpy(strrchr(path, '/') + 1, "data/apk-versions");
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (*line == '#')
			continue;
		assert_int_equal(sscanf(line, "%99s %c %99s", a, &sign, b), 3);
		if ("<=>"[compare_in(VERSION_APK, a, b) + 1] != sign)
			fail_msg("not %s", line);
		n++;
	}
	fclose(f);
	assert_true(n > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),		cmocka_unit_test(test_known_to_rpm),
		cmocka_unit_test(test_is_an_order),	cmocka_unit_test(test_agrees_with_dpkg),
		cmocka_unit_test(test_agrees_with_rpm), cmocka_unit_test(test_agrees_with_apk),
	};

	return cmocka_run_group_tests_name("version", tests, NULL, NULL);
}
