// SPDX-License-Identifier: GPL-2.0-or-later
/* What a host lacks: by a feed, by its lists, by both. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/aptconf.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/findings.h"
#include "agent/posture/phase.h"
#include "agent/posture/posture.h"
#include "tests/unit/advisories.h"
#include "tests/unit/apthost.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

DEFINE_DROP(findings, findings_free)
DEFINE_DROP(inventory, inventory_free)

/* What a feed says: of openssl, fixed twice; of zlib nothing is fixed; of curl what does not count.
 */
static const struct advisory_line lines[] = {
	{ "openssl", "CVE-1", "3.0.2-1", ADVISORY_FIXED, SEVERITY_HIGH, 10 * DAY },
	{ "openssl", "CVE-2", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 20 * DAY },
	{ "openssl", "CVE-3", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 15 * DAY },
	{ "zlib", "CVE-4", "", ADVISORY_NO_FIX, SEVERITY_MEDIUM, 1 * DAY },
	{ "curl", "CVE-5", "9-1", ADVISORY_UNIMPORTANT, SEVERITY_HIGH, 1 * DAY },
	{ "curl", "CVE-6", "", ADVISORY_NOT_AFFECTED, SEVERITY_HIGH, 1 * DAY },
	{ "curl", "CVE-7", "", ADVISORY_WITHDRAWN, SEVERITY_HIGH, 1 * DAY },
};

static struct feed *make_feed(const struct distro *d, char **bytes)
{
	return advisories(d, lines, COUNT(lines), 30 * DAY, bytes);
}

/* clang-format off */
/* One installed package; what its suites offer; and the one finding that comes of it. */
static const struct row {
	struct apt_host host;
	bool no_lists;
	const char *package; /* NULL: nothing is found */
	enum patch_state state;
	const char *fixed, *ids, *why;
	enum severity severity;
} rows[] = {
	/* The feed alone. */
	{ .host.status = SSL, .no_lists = true, .package = "libssl3", .state = PATCH_AVAILABLE, .fixed = "3.0.3-1",
	  .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = INSTALLED("libssl3", "install", "Source: openssl\n", "3.0.2-1+b1"), .no_lists = true,
	  .package = "libssl3", .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3", .severity = SEVERITY_LOW },
	{ .host.status = INSTALLED("libssl3", "install", "Source: openssl (3.0.3-1)\n", "1.1"), .no_lists = true },
	{ .host.status = INSTALLED("libssl3", "install", "Source: openssl (3.0.1-1)\n", "9:9"), .no_lists = true,
	  .package = "libssl3", .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = INSTALLED("openssl", "hold", "", "3.0.1-1"), .no_lists = true, .package = "openssl",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .why = "held by", .severity = SEVERITY_HIGH },
	{ .host.status = INSTALLED("zlib", "install", "", "1"), .no_lists = true, .package = "zlib", .state = PATCH_NO_FIX,
	  .ids = "CVE-4", .why = "no fix exists", .severity = SEVERITY_MEDIUM },
	{ .host.status = INSTALLED("curl", "install", "", "1"), .no_lists = true },
	/* With lists: what can be had. */
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.2-1", .ids = "CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"),
	  .host.base = OFFER("libssl3", "3.0.4-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.security = OFFER("other", "1", ""), .package = "libssl3", .state = PATCH_NOT_OFFERED,
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .why = "no list", .severity = SEVERITY_HIGH },
	/* With a feed, what is only newer is no fix, but in the security suite. */
	{ .host.status = INSTALLED("tzdata", "install", "", "1"), .host.base = OFFER("tzdata", "2", "") },
	{ .host.status = INSTALLED("tzdata", "install", "", "1"), .host.updates = OFFER("tzdata", "2", "") },
	{ .host.status = INSTALLED("tzdata", "install", "", "1"), .host.security = OFFER("tzdata", "2", ""), .package = "tzdata", .fixed = "2" },
	/* Pins. */
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .host.pins = "# why\n\nPackage: src:openssl other\nPin: version 3.0.1*\nPin-Priority: 1001", .package = "libssl3",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "pinned by /etc/apt/preferences.d/lab:3", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .host.pins = "package: *\npin: release l=Debian-Security\npin-priority: -1\n", .package = "libssl3",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "pinned by /etc/apt/preferences.d/lab:1", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .host.pins = "Package: /^libc/\nPin: release *\nPin-Priority: -1\n\nPackage: libssl3\nPin: nonsense\n", .package = "libssl3",
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	/* What apt takes instead of what is held mends something, too. */
	{ .host.status = SSL, .host.base = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"),
	  .host.security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .host.pins = "Package: libssl3\nPin: release n=bookworm-security\nPin-Priority: -1\n", .package = "libssl3",
	  .state = PATCH_AVAILABLE, .fixed = "3.0.2-1", .ids = "CVE-1", .severity = SEVERITY_HIGH },
	/* Phases: 0 per cent are nobody, and 100 are everybody. */
	{ .host.status = SSL, .host.updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\nPhased-Update-Percentage: 0\n"),
	  .package = "libssl3", .state = PATCH_NOT_OFFERED, .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "phased: offered to 0%", .severity = SEVERITY_HIGH },
	{ .host.status = SSL, .host.updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\nPhased-Update-Percentage: 100\n"),
	  .package = "libssl3", .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
};
/* clang-format on */

static void find(const struct root *r, bool no_lists, const struct feed *feed,
		 struct findings **ret)
{
	const struct apt_ask ask = {
		.root = r->fd, .lists = APT_LISTS, .now = NOON, .max_age = DAY, .feed = feed
	};
	_drop_(drop_inventory) struct inventory *inv = NULL;
	struct fault fault = { 0 };
	struct apt *apt = NULL;

	if (inventory_read(r->fd, &inv, &fault) < 0 ||
	    (!no_lists && apt_read(&ask, inv, &apt, &fault) < 0))
		fail_msg("%s", fault.why);
	assert_int_equal(findings_make(inv, apt, feed, ret), 0);
	apt_free(apt);
}

static bool same(const struct row *row, const struct patch *p)
{
	return p->state == row->state && !strcmp(p->package, row->package) &&
	       !strcmp(p->fixed, row->fixed ? row->fixed : "") &&
	       !strcmp(p->ids, row->ids ? row->ids : "") && p->severity == row->severity &&
	       (row->why ? strstr(p->why, row->why) != NULL : !*p->why);
}

static void test_states(void **state)
{
	static const struct distro bookworm = { "debian", "12" };
	_free_ char *bytes = NULL;
	_drop_(drop_feed) struct feed *feed = make_feed(&bookworm, &bytes);
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		_drop_(drop_findings) struct findings *f = NULL;
		const struct patch *p;
		struct root r;
		size_t n;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, &rows[i].host);
		find(&r, rows[i].no_lists, feed, &f);
		root_close(&r);
		p = findings_list(f, &n);
		if (rows[i].package ? n && same(&rows[i], p) : !n)
			continue;
		print_error("row %zu: %zu found", i, n);
		if (n)
			print_error(": %s %s -> %s %s [%s] %s", p->package,
				    patch_state_names[p->state], p->fixed, p->ids,
				    severity_names[p->severity], p->why);
		print_error("\n");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* Without a feed a point release may hold fixes, so all of it counts; other updates do not. */
static void test_point_release(void **state)
{
	const struct apt_host hosts[] = {
		{ SSL, .base = OFFER("libssl3", "3.0.1-2", "") },
		{ SSL, .updates = OFFER("libssl3", "3.0.1-2", "") },
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_drop_(drop_findings) struct findings *f = NULL;
		const struct patch *p;
		struct root r;
		size_t n;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, &hosts[i]);
		find(&r, false, NULL, &f);
		root_close(&r);
		p = findings_list(f, &n);
		assert_int_equal(n, i == 0);
		if (n) {
			assert_string_equal(p->from, "bookworm");
			assert_int_equal(p->severity, SEVERITY_UNKNOWN);
		}
	}
}

/* What a deadline needs: of each severity how many, and since when the first. */
static void test_dates(void **state)
{
	static const struct distro bookworm = { "debian", "12" };
	_free_ char *bytes = NULL;
	_drop_(drop_feed) struct feed *feed = make_feed(&bookworm, &bytes);
	_drop_(drop_findings) struct findings *f = NULL;
	const struct patch *p;
	struct root r;
	size_t n;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &rows[7].host);
	find(&r, false, feed, &f);
	root_close(&r);
	p = findings_list(f, &n);
	assert_int_equal(n, 1);
	assert_int_equal(p->by[SEVERITY_HIGH].n, 1);
	assert_int_equal(p->by[SEVERITY_HIGH].earliest, 10 * DAY);
	assert_int_equal(p->by[SEVERITY_LOW].n, 2);
	assert_int_equal(p->by[SEVERITY_LOW].earliest, 15 * DAY);
	assert_int_equal(p->obtainable, NOON - 6 * 3600);
	assert_string_equal(p->from, "bookworm-security");
}

/* Alpine: the origin is the source, and the order of versions is apk's. */
static void test_apk(void **state)
{
	static const struct distro alpine = { "alpine", "3.19" };
	static const char installed[] =
		"C:Q1x=\nP:libssl3\nV:3.0.2-r0\nA:x86_64\no:openssl\nF:lib\nR:x\n\n"
		"P:busybox\nV:1-r0\nA:x86_64\n\n";
	_free_ char *bytes = NULL;
	_drop_(drop_feed) struct feed *feed = make_feed(&alpine, &bytes);
	_drop_(drop_inventory) struct inventory *inv = NULL;
	_drop_(drop_findings) struct findings *f = NULL;
	struct fault fault = { 0 };
	const struct patch *p;
	struct root r;
	size_t n;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	root_text(&r, APK_INSTALLED, installed);
	if (inventory_read(r.fd, &inv, &fault) < 0)
		fail_msg("%s", fault.why);
	inventory_list(inv, &n);
	assert_int_equal(n, 2);
	assert_int_equal(findings_make(inv, NULL, feed, &f), 0);
	p = findings_list(f, &n);
	assert_int_equal(n, 1);
	assert_string_equal(p->package, "libssl3");
	inv = inventory_free(inv);
	assert_int_equal(root_put(&r, APK_INSTALLED, installed, sizeof(installed) - 2), 0);
	assert_int_equal(inventory_read(r.fd, &inv, &fault), -EBADMSG);
	root_close(&r);
}

/* Drawn by the C++ library that apt uses. */
static void test_phase(void **state)
{
	static const struct {
		struct word source, version, id;
		unsigned draw;
	} draws[] = {
		{ WORD("glibc"), WORD("2.35-0ubuntu3.8"), WORD("0123456789abcdef0123456789abcdef"),
		  77 },
		{ WORD("glibc"), WORD("2.35-0ubuntu3.8"), WORD("fedcba98765432100123456789abcdef"),
		  49 },
		{ WORD("glibc"), WORD("2.35-0ubuntu3.8"), WORD("00000000000000000000000000000001"),
		  19 },
		{ WORD("glibc"), WORD("1:2.3~rc1"), WORD("0123456789abcdef0123456789abcdef"), 33 },
		{ WORD("glibc"), WORD("1:2.3~rc1"), WORD("fedcba98765432100123456789abcdef"), 40 },
		{ WORD("glibc"), WORD("1:2.3~rc1"), WORD("00000000000000000000000000000001"), 15 },
		{ WORD("glibc"), WORD("3"), WORD("0123456789abcdef0123456789abcdef"), 47 },
		{ WORD("glibc"), WORD("3"), WORD("fedcba98765432100123456789abcdef"), 15 },
		{ WORD("glibc"), WORD("3"), WORD("00000000000000000000000000000001"), 78 },
		{ WORD("linux"), WORD("2.35-0ubuntu3.8"), WORD("0123456789abcdef0123456789abcdef"),
		  16 },
		{ WORD("linux"), WORD("2.35-0ubuntu3.8"), WORD("fedcba98765432100123456789abcdef"),
		  83 },
		{ WORD("linux"), WORD("2.35-0ubuntu3.8"), WORD("00000000000000000000000000000001"),
		  99 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(draws); i++) {
		unsigned at = draws[i].draw;

		assert_true(phase_reached(at, draws[i].source, draws[i].version, draws[i].id));
		if (at && at <= 100)
			assert_false(phase_reached(at - 1, draws[i].source, draws[i].version,
						   draws[i].id));
	}
	assert_true(phase_reached(0, draws[0].source, draws[0].version, (struct word){ 0 }));
}

/* What apt does not install is not to be had, however old its list lies there. */
static void test_architectures(void **state)
{
	static const char other[] = "Package: libfoo\nStatus: install ok installed\nArchitecture: "
				    "i386\nVersion: 1\n\n";
	static const char offer[] = "Package: libfoo\nArchitecture: i386\nVersion: 2\n\n";
	static const struct {
		const char *conf, *dpkg; /* what it knows; "": of its own alone */
		size_t n;
	} cases[] = { { "", "", 0 },
		      { "", "amd64\narm64\n", 0 },
		      { "", "amd64\ni386\n", 1 },
		      { "APT::Architectures { \"amd64\"; };", "amd64\ni386\n", 0 },
		      { "APT::Architectures { \"i386\"; };", "", 1 } };

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		_drop_(drop_findings) struct findings *f = NULL;
		char status[500];
		const struct apt_host host = { .status = status, .security = offer };
		struct root r;
		size_t n;

		snprintf(status, sizeof(status), "%s%s", other,
			 INSTALLED("dpkg", "install", "", "1"));
		assert_int_equal(root_open(&r), 0);
		put_host(&r, &host);
		root_text(&r, APT_CONF, cases[i].conf);
		if (*cases[i].dpkg)
			root_text(&r, DPKG_ARCH, cases[i].dpkg);
		find(&r, false, NULL, &f);
		findings_list(f, &n);
		assert_int_equal(n, cases[i].n);
		root_close(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), cmocka_unit_test(test_point_release),
		cmocka_unit_test(test_dates),  cmocka_unit_test(test_apk),
		cmocka_unit_test(test_phase),  cmocka_unit_test(test_architectures),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
