// SPDX-License-Identifier: GPL-2.0-or-later
/* From OSV and the tracker to what a host finds; the documents are made up, in their shapes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "policy/publisher/feed-import.h"
#include "tests/unit/test.h"

#define TEXTS_MAX 4

/* A line an advisory: "PACKAGE KIND ID STATE SEVERITY INTRODUCED FIXED LAST ALSO". */
static void dump(const struct feed *f, char *out, size_t room)
{
	enum package_kind kind;
	struct feed_walk w;
	struct advisory a;
	const char *name;
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; feed_package(f, i, &name, &kind, &w); i++)
		while (feed_next(&w, &a)) {
			n += (size_t)snprintf(out + n, room - n, "%s %c %s %s %s [%s,%s,%s] %s\n",
					      name, *package_kind_names[kind], a.id,
					      advisory_state_names[a.state],
					      severity_names[a.severity], a.introduced, a.fixed,
					      a.last, a.also);
			assert_true(n < room);
		}
}

static void begin(struct import *m, const char *id, const char *release)
{
	*m = (struct import){ .kind = distro_find(id), .codename = "bookworm" };
	assert_non_null(m->kind);
	m->rows.order = m->kind->order;
	strcpy(m->distro.id, id);
	strcpy(m->distro.release, release);
}

static struct slice slice(const char *text)
{
	return (struct slice){ text, strlen(text) };
}

static void finish(struct import *m, char *out, size_t room)
{
	_free_ char *data = NULL;
	struct feed *f = NULL;
	size_t len;

	assert_int_equal(rows_merge(&m->rows), 0);
	assert_int_equal(rows_write(&m->rows, &m->distro, m->newest, &data, &len, NULL), 0);
	assert_int_equal(feed_use(data, len, &f, NULL), 0);
	assert_int_equal(feed_check(f, NULL), 0);
	dump(f, out, room);
	feed_unmap(f);
	rows_free(&m->rows);
}

#define RANGE(events) "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[" events "]}]"
#define AFFECTED(ecosystem, name, rest) \
	"{\"package\":{\"ecosystem\":\"" ecosystem "\",\"name\":\"" name "\"}," rest "}"
#define OSV(id, more, affected)                                              \
	"{\"id\":\"" id "\",\"modified\":\"2026-02-03T04:05:06.789Z\"," more \
	"\"affected\":[" affected "]}"
#define UP_TO(fix) "{\"introduced\":\"0\"},{\"fixed\":\"" fix "\"}"
#define PUBLISHED  "\"published\":\"2026-01-02T00:00:00Z\","
#define VECTOR                                                                                  \
	"\"severity\":[{\"type\":\"CVSS_V3\",\"score\":\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/" \
	"I:H/A:H\"}],"

static const struct {
	const char *what, *distro, *release, *texts[TEXTS_MAX], *expected;
} cases[] = {
	{ "an advisory and its issues' own documents are one",
	  "debian",
	  "12",
	  { OSV("DSA-1-1", PUBLISHED "\"aliases\":[\"CVE-2026-1\",\"CVE-2026-2\",\"CVE-2026-9\"],",
		AFFECTED("Debian:12", "curl", RANGE(UP_TO("7.88-1+deb12u2")))),
	    OSV("DEBIAN-CVE-2026-1", VECTOR,
		AFFECTED("Debian:12", "curl", RANGE(UP_TO("7.88-1+deb12u2")))),
	    OSV("DEBIAN-CVE-2026-2", "",
		AFFECTED("Debian:12", "curl", RANGE("{\"introduced\":\"7.80\"}"))) },
	  "curl s CVE-2026-1 fixed critical [,7.88-1+deb12u2,] DSA-1-1\n"
	  "curl s CVE-2026-2 fixed unknown [,7.88-1+deb12u2,] DSA-1-1\n"
	  "curl s DSA-1-1 fixed unknown [,7.88-1+deb12u2,] CVE-2026-9\n" },
	{ "what the issue's document knows stands against the advisory's",
	  "debian",
	  "12",
	  { OSV("DSA-1-1", "\"upstream\":[\"CVE-2026-1\",\"CVE-2026-2\"],",
		AFFECTED("Debian:12", "a", RANGE(UP_TO("2")))),
	    OSV("DEBIAN-CVE-2026-1", "", AFFECTED("Debian:12", "a", RANGE(UP_TO("3")))),
	    "{\"a\":{\"CVE-2026-2\":{\"releases\":{\"bookworm\":"
	    "{\"status\":\"resolved\",\"fixed_version\":\"0\"}}}}}" },
	  "a s CVE-2026-1 fixed unknown [,3,] DSA-1-1\n"
	  "a s CVE-2026-2 not-affected unknown [,,] \n" },
	{ "the tracker and OSV say the same issue once",
	  "debian",
	  "12",
	  { OSV("DEBIAN-CVE-2026-1", VECTOR, AFFECTED("Debian:12", "a", RANGE(UP_TO("3")))),
	    "{\"a\":{\"CVE-2026-1\":{\"releases\":{\"bookworm\":"
	    "{\"status\":\"resolved\",\"fixed_version\":\"3\",\"urgency\":\"low\"}}}}}" },
	  "a s CVE-2026-1 fixed critical [,3,] \n" },
	{ "other releases and distributions are left",
	  "debian",
	  "12",
	  { OSV("DSA-1-1", "",
		AFFECTED("Debian:11", "a", RANGE(UP_TO("1"))) "," AFFECTED(
			"Debian:1", "a", RANGE(UP_TO("1"))) "," AFFECTED("Debian:123", "a",
									 RANGE(UP_TO("1")))) },
	  "" },
	{ "withdrawn, unimportant, at the end of life: apart from what can be mended",
	  "debian",
	  "12",
	  { OSV("CVE-2026-1", "\"withdrawn\":\"2026-02-01T00:00:00Z\",",
		AFFECTED("Debian:12", "a", RANGE(UP_TO("3")))),
	    OSV("CVE-2026-2", "",
		AFFECTED("Debian:12", "a",
			 "\"ecosystem_specific\":{\"urgency\":\"unimportant\"}," RANGE(
				 UP_TO("3")))),
	    OSV("CVE-2026-3", "",
		AFFECTED("Debian:12", "a",
			 "\"ecosystem_specific\":{\"urgency\":\"end-of-life\"}," RANGE(
				 "{\"introduced\":\"0\"}"))),
	    OSV("CVE-2026-4", "", AFFECTED("Debian:12", "a", RANGE(UP_TO("0")))) },
	  "a s CVE-2026-3 never-fixed unknown [,,] \n"
	  "a s CVE-2026-2 unimportant unknown [,3,] \n"
	  "a s CVE-2026-4 not-affected unknown [,,] \n"
	  "a s CVE-2026-1 withdrawn unknown [,3,] \n" },
	{ "each range of several, in whatever order its events are",
	  "alpine",
	  "3.19",
	  { OSV("ALPINE-CVE-2026-1", "",
		AFFECTED("Alpine:v3.19", "x",
			 RANGE("{\"fixed\":\"2.1-r0\"},{\"introduced\":\"2.0-r0\"},"
			       "{\"fixed\":\"1.0-r1\"},{\"introduced\":\"0\"}"))) },
	  "x s CVE-2026-1 fixed unknown [2.0-r0,2.1-r0,] \n"
	  "x s CVE-2026-1 fixed unknown [,1.0-r1,] \n" },
	{ "one interval may begin where another ends",
	  "alpine",
	  "3.19",
	  { OSV("CVE-2026-1", "",
		AFFECTED("Alpine:v3.19", "x",
			 RANGE(UP_TO("2") ",{\"introduced\":\"2\"},{\"last_affected\":\"3\"}"))) },
	  "x s CVE-2026-1 fixed unknown [,2,] \n"
	  "x s CVE-2026-1 no-fix unknown [2,,3] \n" },
	{ "versions that are only listed",
	  "ubuntu",
	  "22.04",
	  { OSV("UBUNTU-CVE-2026-1",
		"\"severity\":[{\"type\":\"Ubuntu\",\"score\":\"negligible\"}],",
		AFFECTED("Ubuntu:22.04:LTS", "x", "\"versions\":[\"1\",\"2\"]")) },
	  "x s CVE-2026-1 no-fix low [1,,1] \n"
	  "x s CVE-2026-1 no-fix low [2,,2] \n" },
	{ "an errata of binaries, the same in two repositories",
	  "rhel",
	  "9",
	  { OSV("RHSA-2026:1", "\"summary\":\"Important: x update\",\"upstream\":[\"CVE-2026-1\"],",
		AFFECTED("Red Hat:enterprise_linux:9::baseos", "x-libs", RANGE(UP_TO("1:1.0-2.el9"))) "," AFFECTED(
			"Red Hat:enterprise_linux:9::appstream", "x-libs",
			RANGE(UP_TO("1:1.0-2.el9"))) "," AFFECTED("Red Hat:rhel_eus:9.2::baseos",
								  "x-libs", RANGE(UP_TO("9")))) },
	  "x-libs b RHSA-2026:1 fixed high [,1:1.0-2.el9,] CVE-2026-1\n" },
	{ "a stream of a module has the name of another",
	  "almalinux",
	  "9",
	  { OSV("ALSA-2026:1", "",
		AFFECTED("AlmaLinux:9", "nodejs", RANGE(UP_TO("1:20-1.module_el9.4.0+1+ab")))) },
	  "" },
	{ "SUSE lists its binaries",
	  "sles",
	  "15.5",
	  { OSV("SUSE-SU-2026:1-1", "\"related\":[\"CVE-2026-1\"],",
		AFFECTED("SUSE:Linux Enterprise Server 15 SP5", "openssl-1_1",
			 "\"ecosystem_specific\":{\"binaries\":[{\"libopenssl1_1\":\"1.1-2\"}]}"
			 "," RANGE(UP_TO("1.1-2"))) "," AFFECTED("SUSE:Linux Enterprise Module for "
								 "Basesystem 15 SP4",
								 "openssl-1_1",
								 RANGE(UP_TO("9")))) },
	  "libopenssl1_1 b SUSE-SU-2026:1-1 fixed unknown [,1.1-2,] CVE-2026-1\n" },
	{ "a module of SUSE's is of its service pack",
	  "sles",
	  "15.5",
	  { OSV("SUSE-SU-2026:2-1", "",
		AFFECTED("SUSE:Linux Enterprise Module for Basesystem 15 SP5", "x",
			 RANGE(UP_TO(
				 "2"))) "," AFFECTED("SUSE:Linux Enterprise Module for Basesystem "
						     "15 SP6",
						     "y",
						     RANGE(UP_TO(
							     "2"))) "," AFFECTED("openSUSE:Leap "
										 "15.5",
										 "z",
										 RANGE(UP_TO(
											 "2")))) },
	  "x s SUSE-SU-2026:2-1 fixed unknown [,2,] \n" },
	{ "openSUSE lists its binaries as well",
	  "opensuse-leap",
	  "15.5",
	  { OSV("openSUSE-SU-2026:1-1", "\"related\":[\"CVE-2026-1\"],",
		AFFECTED("openSUSE:Leap 15.5", "git",
			 "\"ecosystem_specific\":{\"binaries\":[{\"git-core\":\"2.35-1\"}]}"
			 "," RANGE(UP_TO("2.35-1"))) "," AFFECTED("openSUSE:Leap 15.4", "git",
								  RANGE(UP_TO("9")))),
	    OSV("openSUSE-SU-2026:2-1", "",
		AFFECTED("openSUSE:Tumbleweed", "git", RANGE(UP_TO("9")))) },
	  "git-core b openSUSE-SU-2026:1-1 fixed unknown [,2.35-1,] CVE-2026-1\n" },
	{ "Rocky lists its sources",
	  "rocky",
	  "9",
	  { OSV("RLSA-2026:1", "\"summary\":\"Critical: x update\",\"related\":[\"CVE-2026-1\"],",
		AFFECTED("Rocky Linux:9", "x", RANGE(UP_TO("0:1.0-2.el9"))) "," AFFECTED(
			"Rocky Linux:8", "x", RANGE(UP_TO("0:9")))) },
	  "x s RLSA-2026:1 fixed critical [,0:1.0-2.el9,] CVE-2026-1\n" },
	{ "an array of documents; commits and long names are left",
	  "debian",
	  "12",
	  { "[" OSV("CVE-2026-1", "", AFFECTED("Debian:12", "a b", RANGE(UP_TO("1")))) "," OSV(
		  "CVE-2026-2", "",
		  AFFECTED("Debian:12", "a",
			   "\"ranges\":[{\"type\":\"GIT\","
			   "\"events\":[{\"fixed\":\"abc\"}]}"
			   "]")) "," OSV("CVE-2026-3", "",
					 AFFECTED("Debian:12", "a", RANGE(UP_TO("1")))) " ]" },
	  "a s CVE-2026-3 fixed unknown [,1,] \n" },
	{ "all that the tracker knows",
	  "debian",
	  "12",
	  { "{\"a\":{\"CVE-2026-1\":{\"description\":\"\\u00e9 \\\" "
	    "}\",\"releases\":{\"bookworm\":{"
	    "\"status\":\"resolved\",\"fixed_version\":\"3\",\"urgency\":\"high**\"},\"sid\":{}}},"
	    "\"CVE-2026-2\":{\"releases\":{\"bookworm\":{\"status\":\"open\",\"urgency\":\"low\","
	    "\"nodsa_reason\":\"postponed\"}}},\"CVE-2026-3\":{\"releases\":{\"bookworm\":{"
	    "\"status\":\"open\",\"nodsa_reason\":\"ignored\"}}},\"CVE-2026-4\":{\"releases\":{"
	    "\"bookworm\":{\"status\":\"undetermined\"}}},\"CVE-2026-5\":{\"releases\":{"
	    "\"sid\":{\"status\":\"open\"}}},\"TEMP-1-A\":{\"releases\":{\"bookworm\":{"
	    "\"status\":\"open\",\"urgency\":\"unimportant\"}}}},\"b\":{}}" },
	  "a s CVE-2026-1 fixed high [,3,] \n"
	  "a s CVE-2026-2 no-fix low [,,] \n"
	  "a s CVE-2026-3 never-fixed unknown [,,] \n"
	  "a s TEMP-1-A unimportant unknown [,,] \n" },
};

static void test_imports(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct fault fault = { 0 };
		char out[2000];
		struct import m;

		begin(&m, cases[i].distro, cases[i].release);
		for (size_t k = 0; k < TEXTS_MAX && cases[i].texts[k]; k++)
			if (import_text(&m, slice(cases[i].texts[k]), &fault) < 0)
				fail_msg("%s: %s", cases[i].what, fault.why);
		finish(&m, out, sizeof(out));
		if (strcmp(out, cases[i].expected))
			fail_msg("%s:\n%s", cases[i].what, out);
	}
}

static void test_any_order_of_documents(void **state)
{
	char first[2000], second[2000];
	struct import m;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		begin(&m, cases[i].distro, cases[i].release);
		for (size_t k = TEXTS_MAX; k--;)
			if (cases[i].texts[k])
				assert_int_equal(import_text(&m, slice(cases[i].texts[k]), NULL),
						 0);
		finish(&m, second, sizeof(second));
		snprintf(first, sizeof(first), "%s", cases[i].expected);
		/* Two that differ in their severity alone: the first one's stands. */
		if (!strstr(cases[i].what, "once"))
			assert_string_equal(first, second);
	}
}

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
		cmocka_unit_test(test_imports),	  cmocka_unit_test(test_any_order_of_documents),
		cmocka_unit_test(test_dates),	  cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_odd_types), cmocka_unit_test(test_folders),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
