// SPDX-License-Identifier: GPL-2.0-or-later
/* What is installed and does not run yet. */
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/posture/findings.h"
#include "agent/posture/installed.h"
#include "agent/posture/posture.h"
#include "tests/unit/advisories.h"
#include "tests/unit/apthost.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

/* What a feed says: of openssl, fixed twice; of zlib nothing is fixed; and of a kernel. */
static const struct advisory_line lines[] = {
	{ "openssl", "CVE-1", "3.0.2-1", ADVISORY_FIXED, SEVERITY_HIGH, 10 * DAY },
	{ "openssl", "CVE-2", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 20 * DAY },
	{ "openssl", "CVE-3", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 15 * DAY },
	{ "zlib", "CVE-4", "", ADVISORY_NO_FIX, SEVERITY_MEDIUM, 1 * DAY },
	{ "linux", "CVE-8", "6.1.128-1", ADVISORY_FIXED, SEVERITY_CRITICAL, 2 * DAY },
	{ "linux", "CVE-9", "6.1.119-1", ADVISORY_FIXED, SEVERITY_LOW, 1 * DAY },
};

static struct feed *make_feed(const struct distro *d, char **bytes)
{
	return advisories(d, lines, COUNT(lines), 30 * DAY, bytes);
}

#define W(text)                    \
	{                          \
		text, strlen(text) \
	}

/* What is installed and does not run yet is as bad as what it mends, seen from what runs. */
static void test_installed(void **state)
{
	static const struct {
		const char *name, *arch, *version, *source, *source_version, *runs;
		enum severity severity;
		const char *ids;
	} cases[] = {
		{ "libssl3", "amd64", "3.0.3-1", "openssl", "3.0.3-1", "", SEVERITY_LOW,
		  "CVE-2 CVE-3" },
		{ "libssl3", "amd64", "3.0.3-1+b2", "openssl", "3.0.3-1", "", SEVERITY_LOW,
		  "CVE-2" },
		{ "libssl3", "amd64", "3.0.3-1", "openssl", "3.0.3-1", "3.0.1-1", SEVERITY_HIGH,
		  "CVE-1" },
		{ "libssl3", "amd64", "3.0.2-1", "openssl", "3.0.2-1", "3.0.1-1", SEVERITY_HIGH,
		  "CVE-1" },
		/* A point release that mends nothing; an older fix may run already. */
		{ "libssl3", "amd64", "3.0.4-1", "openssl", "3.0.4-1", "", SEVERITY_UNKNOWN, "" },
		{ "libssl3", "amd64", "3.0.4-1", "openssl", "3.0.4-1", "3.0.3-1", SEVERITY_UNKNOWN,
		  "" },
		{ "zlib1g", "amd64", "2", "zlib", "2", "1", SEVERITY_UNKNOWN, "" },
		/* Signed kernels have a source of their own, with versions of its own. */
		{ "linux-image-6.1.0-31-amd64", "amd64", "6.1.128-1", "linux-signed-amd64",
		  "6.1.128+1", "6.1.119-1", SEVERITY_CRITICAL, "CVE-8" },
		{ "linux-image-6.1.0-28-amd64", "amd64", "6.1.119-1", "linux-signed-amd64",
		  "6.1.119+1", "6.1.99-1", SEVERITY_LOW, "CVE-9" },
	};
	static const struct distro debian = { "debian", "12" };
	_free_ char *bytes = NULL;
	_drop_(drop_feed) struct feed *feed = make_feed(&debian, &bytes);
	char ids[INSTALLED_IDS];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct package p = { .name = W(cases[i].name),
					   .arch = W(cases[i].arch),
					   .version = W(cases[i].version),
					   .source = W(cases[i].source),
					   .source_version = W(cases[i].source_version) };
		struct patch row = { .state = PATCH_RESTART };

		installed_rate(-1, feed, &p, (struct word)W(cases[i].runs), ids, &row);
		if (row.severity != cases[i].severity || !strstr(row.ids, cases[i].ids) ||
		    !*row.ids != !*cases[i].ids)
			fail_msg("case %zu: %s, %s", i, severity_names[row.severity], row.ids);
	}
}

static void test_installed_when(void **state)
{
	const struct package p = { .name = W("libssl3"), .arch = W("amd64"), .version = W("1") };
	const struct timespec then[] = { { NOON, 0 }, { NOON, 0 } };
	struct patch row = { .state = PATCH_RESTART };
	char ids[INSTALLED_IDS];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	installed_rate(r.fd, NULL, &p, (struct word){ 0 }, ids, &row);
	assert_int_equal(row.obtainable, 0);
	root_text(&r, "var/lib/dpkg/info/libssl3:amd64.list", "/.\n");
	assert_int_equal(utimensat(r.fd, "var/lib/dpkg/info/libssl3:amd64.list", then, 0), 0);
	installed_rate(r.fd, NULL, &p, (struct word){ 0 }, ids, &row);
	assert_int_equal(row.obtainable, NOON);
	assert_int_equal(row.severity, SEVERITY_UNKNOWN);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_installed),
		cmocka_unit_test(test_installed_when),
	};

	return cmocka_run_group_tests_name("installed", tests, NULL, NULL);
}
