// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/canon.h"
#include "policy/json.h"
#include "tests/unit/test.h"

static void test_read_refuses(void **state)
{
	static const struct {
		const char *text;
		unsigned line, col;
		const char *words;
	} rows[] = {
		{ "", 1, 1, "end of file" },
		{ "{\n", 2, 1, "end of file" },
		{ "{\"a\": x}", 1, 7, "invalid token" },
		{ "{\"a\":1,\n\"a\":2}", 2, 3, "duplicate" },
		{ "[1] x", 1, 5, "end of file expected" },
		{ "[\"\xff\"]", 1, 2, "unable to decode" },
		{ "[\"\\u0000\"]", 1, 9, "\\u0000" },
		{ "[\"\\ud800\"]", 1, 9, "Unicode" },
		{ "[NaN]", 1, 4, "invalid token" },
		{ "[01]", 1, 2, "invalid token" },
		{ "[9223372036854775808]", 1, 20, "too big" },
		{ "{'a':1}", 1, 2, "expected" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		json_t *value = NULL;
		struct fault f = { 0 };

		assert_int_equal(json_read(rows[i].text, strlen(rows[i].text), &value, &f),
				 -EINVAL);
		assert_null(value);
		if (!strstr(f.why, rows[i].words))
			fail_msg("\"%s\" does not say \"%s\"", f.why, rows[i].words);
		assert_int_equal(f.line, rows[i].line);
		assert_int_equal(f.col, rows[i].col);
	}
}

static void test_read_bounds(void **state)
{
	_drop_(drop_json) json_t *value = NULL;
	char deep[2 * JSON_DEPTH + 2];
	struct fault f = { 0 };

	(void)state;
	memset(deep, '[', JSON_DEPTH + 1);
	memset(deep + JSON_DEPTH + 1, ']', JSON_DEPTH + 1);
	assert_int_equal(json_read(deep, sizeof(deep), &value, &f), -EINVAL);
	assert_string_equal(f.why, "nested too deeply");
	assert_int_equal(f.col, JSON_DEPTH + 1);
	assert_int_equal(json_read(deep + 1, sizeof(deep) - 2, &value, NULL), 0);
	assert_int_equal(json_read(deep, JSON_TEXT_BYTES + 1, &value, NULL), -EFBIG);
}

static void test_nul_byte(void **state)
{
	json_t *value;
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(json_read("[8\0,9]", 6, &value, &f), -EINVAL);
	assert_string_equal(f.why, "NUL byte");
	assert_int_equal(f.col, 3);
}

static void test_brackets_in_strings(void **state)
{
	_drop_(drop_json) json_t *value = NULL;
	char text[3 * JSON_DEPTH + 8] = "[\"\\\"";

	(void)state;
	memset(text + 4, '[', 2 * JSON_DEPTH);
	strcpy(text + 4 + 2 * JSON_DEPTH, "\"]");
	assert_int_equal(json_read(text, strlen(text), &value, NULL), 0);
}

static void test_places(void **state)
{
	static const char text[] = "{ \"a.b\": 1, \"a\": {\"c\": [1, [2],\n {\"x\\\"\":3, \"y\": "
				   "\"]q\"}]},\n\"z\": [] }";
	static const struct {
		const char *path;
		unsigned line, col; /* 0: there is none */
	} rows[] = {
		{ "", 1, 1 },	       { "a", 1, 18 },	    { "a.b", 1, 10 },
		{ "a.c", 1, 24 },      { "a.c[0]", 1, 25 }, { "a.c[1][0]", 1, 29 },
		{ "a.c[2].y", 2, 17 }, { "z", 3, 6 },	    { "a.c[3]", 0, 0 },
		{ "z[0]", 0, 0 },      { "b", 0, 0 },	    { "a.", 0, 0 },
		{ "a.b.c", 0, 0 },     { "[0]", 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned line = 0, col = 0;

		assert_int_equal(json_find_place(text, strlen(text), rows[i].path, &line, &col),
				 rows[i].line ? 0 : -ENOENT);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(col, rows[i].col);
	}
}

static void test_needs(void **state)
{
	static const char text[] = "{\"n\":5,\"t\":\"x\",\"f\":true,\"o\":{},\"a\":[]}";
	_drop_(drop_json) json_t *root = NULL;
	struct fault f = { 0 };
	const char *t = NULL;
	bool flag = false;
	int64_t n = 0;
	json_t *v;

	(void)state;
	assert_int_equal(json_read(text, strlen(text), &root, NULL), 0);
	assert_int_equal(json_need_number(root, "n", 1, 5, &n, NULL), 0);
	assert_int_equal(n, 5);
	assert_int_equal(json_need_text(root, "t", &t, NULL), 0);
	assert_string_equal(t, "x");
	assert_int_equal(json_need_flag(root, "f", &flag, NULL), 0);
	assert_true(flag);
	assert_int_equal(json_need_object(root, "o", &v, NULL), 0);
	assert_int_equal(json_need_array(root, "a", &v, NULL), 0);
	assert_int_equal(json_need_array(root, "o", &v, &f), -EINVAL);
	assert_string_equal(f.why, "\"o\" must be an array");
	f.why[0] = '\0';
	assert_int_equal(json_need_number(root, "n", 6, 9, &n, &f), -EINVAL);
	assert_string_equal(f.why, "\"n\" must be from 6 to 9");
	f.why[0] = '\0';
	assert_int_equal(json_need_text(root, "q", &t, &f), -EINVAL);
	assert_string_equal(f.why, "\"q\" is missing");
}

static void test_canon(void **state)
{
	static const struct {
		const char *text, *canon; /* NULL: refused */
	} rows[] = {
		{ "{ \"b\" : [ 1 , -0, true ] , \"a\" : null }", "{\"a\":null,\"b\":[1,0,true]}" },
		{ "\"a\\nb\\\"c\\\\d\\/\\u0001\\u00e4\"", "\"a\nb\\\"c\\\\d/\x01\xc3\xa4\"" },
		/* U+FF5E sorts before U+1F600 here, and after it by UTF-16. */
		{ "{\"\\ud83d\\ude00\":1,\"\\uff5e\":2}",
		  "{\"\xef\xbd\x9e\":2,\"\xf0\x9f\x98\x80\":1}" },
		{ "{\"aa\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"aa\":1}" },
		{ "{}", "{}" },
		{ "[[],{}]", "[[],{}]" },
		{ "[9223372036854775807]", "[9223372036854775807]" },
		{ "[1.0]", NULL },
		{ "{\"x\":{\"y\":1e2}}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_drop_(drop_json) json_t *value = NULL;
		_free_ char *canon = NULL;
		size_t len = 0;

		assert_int_equal(json_read(rows[i].text, strlen(rows[i].text), &value, NULL), 0);
		assert_int_equal(canon_write(value, &canon, &len, NULL),
				 rows[i].canon ? 0 : -EINVAL);
		if (rows[i].canon) {
			assert_int_equal(len, strlen(rows[i].canon));
			assert_memory_equal(canon, rows[i].canon, len);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_refuses), cmocka_unit_test(test_read_bounds),
		cmocka_unit_test(test_nul_byte),     cmocka_unit_test(test_brackets_in_strings),
		cmocka_unit_test(test_places),	     cmocka_unit_test(test_needs),
		cmocka_unit_test(test_canon),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
