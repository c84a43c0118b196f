// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/remedy/demand.h"
#include "tests/unit/test.h"

DEFINE_DROP(policy, policy_free)

#define UNIT(name, part) "{\"unit\":\"" name ".service\",\"part\":\"" part "\",\"program\":\"/x\"}"
#define UNITS(name) \
	UNIT(name, "daemon") "," UNIT(name "-u", "updater") "," UNIT(name "-o", "on-access")
#define START ",\"remedies\":[\"antivirus-start\"]"
#define PROVIDER(name) \
	"{\"name\":\"" name "\",\"title\":\"T\",\"units\":[" UNITS(name) "]" START "}"
#define BOTH PROVIDER("a") "," PROVIDER("b")
#define HEAD "{\"mode\":\"audit\",\"providers\":[" BOTH "],\"requirements\":["
#define AV(id, provider, members)                                             \
	"{\"id\":\"" id "\",\"check\":\"antivirus\",\"provider\":\"" provider \
	"\",\"grace\":\"0s\"" members "}"

/* Of these ids the look fails, or the repair. */
static const char *failing, *broken;
static char looked[100], done[100];

static bool fails(const struct requirement *q)
{
	strcat(looked, q->id);
	return strstr(failing, q->id);
}

static int each(const struct requirement *q, struct report *report, struct fault *fault)
{
	(void)report;
	strcat(done, q->id);
	strcat(done, q->with.antivirus.updater ? "u" : "");
	strcat(done, q->with.antivirus.on_access ? "o" : "");
	return strstr(broken, q->id) ? fault_set(fault, -EIO, "%s", q->id) : 0;
}

struct row {
	const char *requirements, *failing, *broken;
	enum remedy remedy;
	const char *looked, *done, *why;
	int r;
};

static void check_row(const struct row *row)
{
	const struct demand d = { row->remedy, fails, each };
	_drop_(drop_policy) struct policy *p = NULL;
	struct fault fault = { 0 };
	char text[2000];

	snprintf(text, sizeof(text), HEAD "%s]}", row->requirements);
	if (policy_parse(text, strlen(text), &p, &fault) < 0)
		fail_msg("%s: %s", text, fault.why);
	failing = row->failing, broken = row->broken;
	*looked = *done = '\0';
	assert_int_equal(demand_each_of(p, &d, NULL, &fault), row->r);
	assert_string_equal(looked, row->looked);
	assert_string_equal(done, row->done);
	assert_string_equal(fault.why, row->why);
}

static void test_each(void **state)
{
	static const enum remedy start = REMEDY_ANTIVIRUS_START;
	const struct row rows[] = {
		/* One alone is not looked at. */
		{ AV("x", "a", START), "", "", start, "", "x", "", 0 },
		/* The first fault, and none that keeps others from being repaired. */
		{ AV("x", "a", START) "," AV("y", "b", START), "xy", "xy", start, "xy", "xy", "x",
		  -EIO },
		{ AV("x", "a", START) "," AV("y", "b", START), "xy", "x", start, "xy", "xy", "x",
		  -EIO },
		/* What is well is left alone; when nobody sees what fails, all are meant. */
		{ AV("x", "a", START) "," AV("y", "b", START), "y", "", start, "xy", "y", "", 0 },
		{ AV("x", "a", START) "," AV("y", "b", START), "", "", start, "xy", "xy", "", 0 },
		/* So is what lists no such remedy. */
		{ AV("x", "a", "") "," AV("y", "b", START), "xy", "", start, "", "y", "", 0 },
		{ AV("x", "a", ""), "x", "", start, "", "",
		  "the policy has antivirus-start for no antivirus", -ENOENT },
		{ AV("x", "a", START), "x", "", REMEDY_ANTIVIRUS_REINSTALL, "", "",
		  "the policy has antivirus-reinstall for no antivirus", -ENOENT },
		/* One provider once, with all its parts, also for who lists nothing. */
		{ AV("x", "a", ",\"updater\":true") "," AV("y", "a", START) "," AV(
			  "z", "a", START ",\"on_access\":true"),
		  "xyz", "", start, "", "yuo", "", 0 },
		/* A requirement that is harder to meet may fail alone. */
		{ AV("x", "a", START) "," AV("y", "b", START) "," AV("z", "a", START), "z", "",
		  start, "xyz", "z", "", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

/* The witness tells of each, whoever fails. */
static void test_any(void **state)
{
	const struct demand d = { .remedy = REMEDY_ANY, .each = each };
	const char text[] = HEAD AV("x", "a", "") "," AV("y", "b", "") "]}";
	_drop_(drop_policy) struct policy *p = NULL;
	struct fault fault = { 0 };

	(void)state;
	assert_int_equal(policy_parse(text, strlen(text), &p, &fault), 0);
	failing = "", broken = "x";
	*looked = *done = '\0';
	assert_int_equal(demand_each_of(p, &d, NULL, &fault), -EIO);
	assert_string_equal(done, "xy");
	assert_string_equal(looked, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_any),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
