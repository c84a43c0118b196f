// SPDX-License-Identifier: GPL-2.0-or-later
/* Which cgroup is the repair services', from the words of cgroups(7). */
#include <errno.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/base/slice.h"
#include "tests/unit/test.h"

static void test_slice(void **state)
{
	static const struct {
		const char *text, *path;
		uint32_t level;
	} rows[] = {
		{ "0::/lazaret.slice/lazaretd.service\n", "/lazaret.slice", 1 },
		{ "0::/lazaret.slice\n", "/lazaret.slice", 1 },
		{ "0::/lazaret.slice", "/lazaret.slice", 1 },
		{ "9:pids:/a\n1:name=systemd:/lazaret.slice/x\n0::/lazaret.slice/x\n",
		  "/lazaret.slice", 1 },
		{ "0::/machine.slice/a.scope/lazaret.slice/x\n",
		  "/machine.slice/a.scope/lazaret.slice", 3 },
		/* A container's, in a slice of that name: its own is the one further down. */
		{ "0::/lazaret.slice/c/lazaret.slice/x\n", "/lazaret.slice/c/lazaret.slice", 3 },
	};
	char path[64];
	uint32_t level;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(slice_read(rows[i].text, path, sizeof(path), &level), 0);
		assert_string_equal(path, rows[i].path);
		assert_int_equal(level, rows[i].level);
	}
}

static void test_none(void **state)
{
	static const char *const rows[] = {
		"",
		"\n",
		"0::",
		"0::/",
		"0::/\n",
		"0::/system.slice/lazaretd.service\n",
		"0::/user.slice/my-lazaret.slice/x\n",
		"0::/lazaret.slicer/x\n",
		"0::/lazaret.slic\n",
		"0::lazaret.slice\n",
		"1:name=systemd:/lazaret.slice/x\n",
		"10::/lazaret.slice/x\n",
		"0::/a\n1:x:/lazaret.slice\n",
	};
	char path[64];
	uint32_t level;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(slice_read(rows[i], path, sizeof(path), &level), -ENOENT);
}

static void test_room(void **state)
{
	const char *text = "0::/lazaret.slice/x\n";
	char path[sizeof("/lazaret.slice")];
	uint32_t level;

	(void)state;
	assert_int_equal(slice_read(text, path, sizeof(path), &level), 0);
	assert_int_equal(slice_read(text, path, sizeof(path) - 1, &level), -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slice),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
