// SPDX-License-Identifier: GPL-2.0-or-later
/* What a look costs on a host where nothing has changed: counted where calls are made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "tests/unit/calls.h"
#include "tests/unit/changed.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOON	  1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */
#define DAY	  86400
#define CALLS_MAX 9
#define STEM	  APT_LISTS "/deb.example_dists_bookworm-security_"
#define RELEASE                                                      \
	"Label: Debian-Security\nSuite: stable-security\nCodename: " \
	"bookworm-security\nDate: Sat, 21 Nov 2026 06:00:00 UTC\n"
#define STATUS(version) \
	"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: " version "\n\n"

static void put(const struct root *r, const char *name, const char *text)
{
	const struct timespec t[2] = { { NOON - DAY, 0 }, { NOON - DAY, 0 } };

	assert_int_equal(root_put(r, name, text, strlen(text)), 0);
	assert_int_equal(utimensat(r->fd, name, t, 0), 0);
}

static void put_host(const struct root *r)
{
	put(r, OS_RELEASE, "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n");
	put(r, DPKG_STATUS, STATUS("1"));
	put(r, STEM "InRelease", RELEASE);
	put(r, STEM "main_binary-amd64_Packages", "Package: a\nArchitecture: all\nVersion: 2\n\n");
}

static enum grade look(const struct root *r, struct patches *p, uint64_t max_age, bool all)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = max_age,
							   .all_updates = all,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = NOON, .patches = p };
	struct finding f = { 0 };

	look_patches(&req, &host, &f);
	return f.grade;
}

struct again {
	const struct root *root;
	struct patches *patches;
};

static void look_again(void *ctx)
{
	const struct again *a = ctx;

	look(a->root, a->patches, 7 * DAY, false);
}

static void test_calls(void **state)
{
	struct again again = { .patches = patches_new() };
	struct calls calls;
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r);
	assert_int_equal(look(&r, again.patches, 7 * DAY, false), GRADE_FAIL);
	again.root = &r;
	assert_int_equal(calls_count(look_again, &again, &calls), 0);
	assert_in_range(calls.n, 1, CALLS_MAX);
	assert_int_equal(calls.opens, 0);
	patches_free(again.patches);
	root_close(&r);
}

/* Requirements that differ in age or in what counts do not make each other read again. */
static void test_neighbours(void **state)
{
	static const struct {
		uint64_t max_age;
		bool all;
	} rows[] = { { 7 * DAY, false }, { 2 * DAY, false }, { DAY, true }, { 3600, false } };
	struct patches *p = patches_new();
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_FAIL);
	/* Of the same size and time: only who reads it would see that it has the update. */
	put(&r, DPKG_STATUS, STATUS("2"));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_FAIL);
	/* Lists that are too old for this one are read each time, and stay good for the others. */
	assert_int_equal(look(&r, p, rows[3].max_age, rows[3].all), GRADE_UNKNOWN);
	assert_int_equal(look(&r, p, rows[0].max_age, rows[0].all), GRADE_FAIL);
	patches_forget(p);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_PASS);
	patches_free(p);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
