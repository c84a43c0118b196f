// SPDX-License-Identifier: GPL-2.0-or-later
/* From OSV and the tracker to what a host finds; the documents are made up, in their shapes. */
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/publisher/feed-import.h"
#include "tests/unit/imports.h"
#include "tests/unit/test.h"

#define TEXTS_MAX 4

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_imports),
		cmocka_unit_test(test_any_order_of_documents),
	};

	return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
