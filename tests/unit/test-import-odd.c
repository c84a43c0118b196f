// SPDX-License-Identifier: GPL-2.0-or-later
/* Documents of feeds that are odd, late or malformed, and folders of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "agent/base/count.h"
#include "policy/publisher/feed-import.h"
#include "tests/unit/imports.h"
#include "tests/unit/test.h"

/* The day on which there was a fix, not that on which the issue was known. */
static void test_dates(void **state)
{
	static const char *const texts[] = {
		OSV("CVE-2026-1", "\"published\":\"2025-12-01T00:00:00Z\",",
		    AFFECTED("Debian:12", "a", RANGE("{\"introduced\":\"0\"}"))),
		OSV("DSA-1-1", PUBLISHED "\"aliases\":[\"CVE-2026-1\"],",
		    AFFECTED("Debian:12", "a", RANGE(UP_TO("2")))),
	};
	struct import m;

	(void)state;
	begin(&m, "debian", "12");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(import_text(&m, slice(texts[i]), NULL), 0);
	assert_int_equal(rows_merge(&m.rows), 0);
	assert_int_equal(m.rows.n, 1);
	assert_int_equal(m.rows.rows[0].published, 1767312000); /* 2026-01-02 */
	assert_int_equal(m.newest, 1770091506);
	assert_int_equal(import_date("2026-01-02"), 0);
	assert_int_equal(import_date("2026-13-02T00:00:00Z"), 0);
	rows_free(&m.rows);
}

static void test_refuses(void **state)
{
	static const char *const bad[] = {
		"",
		"{",
		"[",
		"[{}]",
		"[1]",
		"\"x\"",
		"{}x",
		"{\"id\":\"CVE-2026-1\"",
		"{\"id\":\"CVE-2026-1\"}}",
		"{\"id\":\"CVE 1\"}",
		"{\"id\":\"\"}",
		"{\"a\":1}",
		"{\"a\":[]}",
		"{\"a\":{\"b\":}}",
		"{\"a\":{\"b\":[}}}",
		"{\"a\":{\"b\":{}},}",
		"{\"a\" {\"b\":{}}}",
		"{\"a b\":{\"b\":{}}}",
		"{\"\":{\"CVE-2026-1\":{}}}",
		"{\"\\ud800\":{\"b\":{}}}",
		"[" OSV("CVE-2026-1", "", "") " " OSV("CVE-2026-2", "", "") "]",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fault fault = { 0 };
		struct import m;

		begin(&m, "debian", "12");
		if (import_text(&m, slice(bad[i]), &fault) != -EINVAL || !*fault.why)
			fail_msg("%s: %s", bad[i], fault.why);
		rows_free(&m.rows);
	}
}

/* Nothing in a document may be of another type than one thinks. */
static void test_odd_types(void **state)
{
	static const char *const odd[] = {
		"{\"id\":\"A-1\",\"affected\":{}}",
		"{\"id\":\"A-1\",\"affected\":[1,null,\"x\",{}]}",
		OSV("A-1", "\"aliases\":[1,{}],\"severity\":{},\"summary\":7,",
		    AFFECTED("Debian:12", "a", "\"ranges\":[1,{\"type\":\"ECOSYSTEM\"}]")),
		OSV("A-1", "", AFFECTED("Debian:12", "", RANGE(UP_TO("1")))),
		OSV("A-1", "", AFFECTED("Debian:12", "a", RANGE("7,{\"fixed\":8}"))),
		"{\"a\":{\"CVE-2026-1\":[]}}",
		"{\"a\":{\"\":{\"releases\":{\"bookworm\":{\"status\":\"open\"}}}}}",
		"{\"a\":{\"CVE-2026-1\":{\"releases\":{\"bookworm\":{\"status\":\"resolved\"}}}}}",
		"{\"a\":{\"CVE-2026-1\":{\"releases\":{\"bookworm\":{\"status\":1}}}}}",
	};
	char out[200];
	struct import m;

	(void)state;
	for (size_t i = 0; i < COUNT(odd); i++) {
		begin(&m, "debian", "12");
		assert_int_equal(import_text(&m, slice(odd[i]), NULL), 0);
		finish(&m, out, sizeof(out));
		if (*out)
			fail_msg("%s:\n%s", odd[i], out);
	}
}

static void put(const char *dir, const char *name, const char *text)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void test_folders(void **state)
{
	char dir[] = "/tmp/lazaret-import.XXXXXX", command[100], sub[100], out[500];
	struct fault fault = { 0 };
	struct import m;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	assert_int_equal(mkdir(sub, 0755), 0);
	put(dir, "b.json", OSV("CVE-2026-2", "", AFFECTED("Debian:12", "a", RANGE(UP_TO("2")))));
	put(sub, "a.json", OSV("CVE-2026-1", "", AFFECTED("Debian:12", "a", RANGE(UP_TO("1")))));
	put(dir, "README", "no JSON");
	begin(&m, "debian", "12");
	assert_int_equal(import_path(&m, dir, false, NULL), 0);
	assert_int_equal(m.left[LEFT_FILE].n, 1);
	finish(&m, out, sizeof(out));
	assert_string_equal(out, "a s CVE-2026-2 fixed unknown [,2,] \n"
				 "a s CVE-2026-1 fixed unknown [,1,] \n");
	put(sub, "bad.json", "{\"id\":");
	begin(&m, "debian", "12");
	assert_int_equal(import_path(&m, dir, false, &fault), -EINVAL);
	assert_non_null(strstr(fault.why, "bad.json: "));
	rows_free(&m.rows);
	begin(&m, "debian", "12");
	assert_int_equal(import_path(&m, dir, true, NULL), 0);
	assert_int_equal(m.left[LEFT_UNREADABLE].n, 1);
	assert_non_null(strstr(m.left[LEFT_UNREADABLE].first, "bad.json"));
	rows_free(&m.rows);
	assert_int_equal(import_path(&m, "/nowhere", false, NULL), -ENOENT);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_odd_types),
		cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests_name("import-odd", tests, NULL, NULL);
}
