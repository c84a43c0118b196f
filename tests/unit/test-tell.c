// SPDX-License-Identifier: GPL-2.0-or-later
/* What a person is shown before he signs: all that gives others power, and nothing that hides it.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/json.h"
#include "policy/publisher/tell.h"
#include "tests/unit/test.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static char *told(const char *text)
{
	_drop_(drop_json) json_t *body = json_loads(text, 0, NULL);
	char *ret = NULL;
	size_t len;
	FILE *out = open_memstream(&ret, &len);

	assert_non_null(body);
	tell_file(body, out);
	fclose(out);
	return ret;
}

static void test_delegations(void **state)
{
	static const struct {
		const char *body, *words;
	} rows[] = {
		{ "{\"delegations\":{\"succinct_roles\":{\"name_prefix\":\"b\",\"bit_length\":1,"
		  "\"threshold\":1,\"keyids\":[\"" ID "\"]}}}",
		  "  for ALL names, roles b: 1 of 0123456789abcdef0123456789abcdef\n" },
		{ "{\"delegations\":{\"roles\":[{\"name\":\"r\",\"threshold\":1,\"keyids\":[],"
		  "\"path_hash_prefixes\":[\"\",\"a\"]}]}}",
		  "  role r: 1 of, for names whose hash begins with  a\n" },
		{ "{\"roles\":{\"root\":{\"threshold\":2,\"keyids\":[\"" ID "\",7]}}}",
		  "  role root: 2 of 0123456789abcdef0123456789abcdef ?\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_free_ char *text = told(rows[i].body);

		if (!strstr(text, rows[i].words))
			fail_msg("\"%s\" does not say \"%s\"", text, rows[i].words);
	}
}

static void test_all_of_it(void **state)
{
	static const char body[] =
		"{\"_type\":\"targets\",\"version\":7,\"expires\":\"2026-12-01T00:00:00Z\","
		"\"targets\":{\"policy.json\":{\"hashes\":{\"sha256\":\"abc\"}}},"
		"\"meta\":{\"snapshot.json\":{\"version\":3}},"
		"\"delegations\":{\"roles\":[{\"name\":\"team\",\"threshold\":2,\"keyids\":[\"" ID
		"\"],"
		"\"paths\":[\"advisories/*\",\"x\"],\"terminating\":true}]}}";
	_free_ char *text = told(body);

	(void)state;
	assert_string_equal(text, "targets version 7, expires 2026-12-01T00:00:00Z\n"
				  "  policy.json sha256 abc\n"
				  "  snapshot.json version 3 sha256 (none)\n"
				  "  role team: 2 of 0123456789abcdef0123456789abcdef, for "
				  "advisories/* x, terminating\n");
}

/* The line above erased, a C1 control, letters from right to left. */
static void test_terminal(void **state)
{
	static const char evil[] = "\\u001b[1A\\u001b[2K \\u009b2J \\u202e";
	char body[600], why[] = "a \x1b[2K\xc2\x9b b";

	(void)state;
	snprintf(
		body, sizeof(body),
		"{\"_type\":\"%s\",\"version\":1,\"expires\":\"%s\",\"roles\":{\"%s\":{\"keyids\":["
		"\"%s\"]}},\"targets\":{\"%s\":{\"hashes\":{\"sha256\":\"%s\"}}}}",
		evil, evil, evil, evil, evil, evil);
	_free_ char *text = told(body);
	for (const char *p = text; *p; p++)
		assert_true(*p == '\n' || (*p >= ' ' && *p <= '~'));
	tell_tidy(why);
	assert_string_equal(why, "a ?[2K?? b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delegations),
		cmocka_unit_test(test_all_of_it),
		cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests_name("tell", tests, NULL, NULL);
}
