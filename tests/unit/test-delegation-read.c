// SPDX-License-Identifier: GPL-2.0-or-later
/* One file's delegations: their forms, and to which roles a target leads. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/delegation.h"
#include "policy/json.h"
#include "tests/unit/test.h"

static json_t *body_with(const char *roles)
{
	json_t *body = NULL;
	struct fault f = { 0 };
	char *text;

	assert_true(asprintf(&text, "{\"delegations\":%s}", roles) > 0);
	if (json_read(text, strlen(text), &body, &f) < 0)
		fail_msg("%s: %s", text, f.why);
	free(text);
	return body;
}

#define ROLE(more)                                                                      \
	"{\"keys\":{},\"roles\":[{\"keyids\":[],\"threshold\":1,\"terminating\":false," \
	"\"name\":" more "}]}"
#define BINS(more) "{\"keys\":{},\"succinct_roles\":{\"keyids\":[],\"threshold\":1," more "}}"

static void test_forms(void **state)
{
	static const char *const rows[][2] = {
		{ "[]", "must be an object" },
		{ "{}", "\"keys\" is missing" },
		{ "{\"keys\":{}}", "\"roles\" is missing" },
		{ "{\"keys\":{},\"roles\":[1]}", "\"name\" is missing" },
		{ ROLE("\"root\",\"paths\":[]"), "delegates to the top-level role root" },
		{ ROLE("\"targets\",\"paths\":[]"), "delegates to the top-level role targets" },
		{ ROLE("\"\",\"paths\":[]"), "has an empty or too long name" },
		{ ROLE("\"a\""), "must have either \"paths\" or \"path_hash_prefixes\"" },
		{ ROLE("\"a\",\"paths\":[],\"path_hash_prefixes\":[]"), "must have either" },
		{ ROLE("\"a\",\"paths\":[1]"), "\"paths\" must be strings" },
		{ ROLE("\"a\",\"paths\":{}"), "\"paths\" must be an array" },
		{ BINS("\"name_prefix\":\"b\""), "\"bit_length\" is missing" },
		{ BINS("\"name_prefix\":\"b\",\"bit_length\":33"), "\"bit_length\" must be" },
		{ BINS("\"name_prefix\":\"b\",\"bit_length\":0"), "\"bit_length\" must be" },
		{ "{\"keys\":{},\"roles\":[],\"succinct_roles\":{}}", "has both" },
		{ ROLE("\"a\",\"paths\":[]"), NULL },
		{ BINS("\"name_prefix\":\"b\",\"bit_length\":32"), NULL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct delegations *d = NULL;
		struct fault f = { 0 };
		json_t *body = body_with(rows[i][0]);

		assert_int_equal(delegations_read(body, &d, &f), rows[i][1] ? -EINVAL : 0);
		if (rows[i][1] && !strstr(f.why, rows[i][1]))
			fail_msg("\"%s\" does not say \"%s\"", f.why, rows[i][1]);
		delegations_free(d);
		json_decref(body);
	}
}

static void expect_next(const char *text, const char *target, const char *name)
{
	json_t *body = body_with(text);
	struct delegations *d = NULL;
	struct delegation next;
	size_t at = 0;

	assert_int_equal(delegations_read(body, &d, NULL), 0);
	assert_int_equal(delegations_next(d, target, &at, &next), name ? 0 : -ENOENT);
	if (name) {
		assert_string_equal(next.name, name);
		assert_int_equal(delegations_next(d, target, &at, &next), -ENOENT);
	}
	delegations_free(d);
	json_decref(body);
}

/* SHA-256 of "a/x" is 1653a068..., as sha256sum(1) says. */
static void test_hashes(void **state)
{
	static const char *const bins[][2] = {
		{ "1", "b-0" },	    { "3", "b-0" },	 { "4", "b-1" },
		{ "5", "b-02" },    { "8", "b-16" },	 { "9", "b-02c" },
		{ "16", "b-1653" }, { "17", "b-02ca7" }, { "32", "b-1653a068" },
	};

	(void)state;
	expect_next(ROLE("\"a\",\"path_hash_prefixes\":[\"00\",\"165\"]"), "a/x", "a");
	expect_next(ROLE("\"a\",\"path_hash_prefixes\":[\"166\"]"), "a/x", NULL);
	expect_next(ROLE("\"a\",\"path_hash_prefixes\":[]"), "a/x", NULL);
	for (size_t i = 0; i < COUNT(bins); i++) {
		char text[200];

		snprintf(text, sizeof(text), BINS("\"name_prefix\":\"b\",\"bit_length\":%s"),
			 bins[i][0]);
		expect_next(text, "a/x", bins[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_hashes),
	};

	return cmocka_run_group_tests_name("delegation-read", tests, NULL, NULL);
}
