// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/posture/aptconf.h"
#include "agent/posture/dpkg.h"
#include "agent/posture/findings.h"
#include "agent/posture/installed.h"
#include "agent/posture/patches.h"
#include "agent/posture/phase.h"
#include "agent/posture/posture.h"
#include "agent/posture/unpack.h"
#include "policy/publisher/feed-rows.h"
#include "tests/unit/packed.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOON 1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */
#define DAY  86400
#define LIST "var/lib/apt/lists/deb.example_dists_"
#define OS   "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n"
#define RELEASE(suite, label)                                                  \
	"Origin: Debian\nLabel: " label "\nSuite: " suite "\nCodename: " suite \
	"\nDate: Sat, 21 Nov 2026 06:00:00 UTC\n"
#define INSTALLED(name, want, source, version)                                           \
	"Package: " name "\nStatus: " want " ok installed\nArchitecture: amd64\n" source \
	"Version: " version "\n\n"
#define OFFER(name, version, more) \
	"Package: " name "\nArchitecture: amd64\nVersion: " version "\n" more "\n"

DEFINE_DROP(feed, feed_unmap)
DEFINE_DROP(findings, findings_free)
DEFINE_DROP(inventory, inventory_free)

/* What a feed says: of openssl, fixed twice; of zlib nothing is fixed; of curl what does not count.
 */
static const struct line {
	const char *package, *id, *fixed;
	enum advisory_state state;
	enum severity severity;
	int64_t published;
} lines[] = {
	{ "openssl", "CVE-1", "3.0.2-1", ADVISORY_FIXED, SEVERITY_HIGH, 10 * DAY },
	{ "openssl", "CVE-2", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 20 * DAY },
	{ "openssl", "CVE-3", "3.0.3-1", ADVISORY_FIXED, SEVERITY_LOW, 15 * DAY },
	{ "zlib", "CVE-4", "", ADVISORY_NO_FIX, SEVERITY_MEDIUM, 1 * DAY },
	{ "curl", "CVE-5", "9-1", ADVISORY_UNIMPORTANT, SEVERITY_HIGH, 1 * DAY },
	{ "curl", "CVE-6", "", ADVISORY_NOT_AFFECTED, SEVERITY_HIGH, 1 * DAY },
	{ "curl", "CVE-7", "", ADVISORY_WITHDRAWN, SEVERITY_HIGH, 1 * DAY },
	{ "linux", "CVE-8", "6.1.128-1", ADVISORY_FIXED, SEVERITY_CRITICAL, 2 * DAY },
	{ "linux", "CVE-9", "6.1.119-1", ADVISORY_FIXED, SEVERITY_LOW, 1 * DAY },
};

static uint32_t put(struct feed_rows *r, const char *text)
{
	uint32_t at;

	assert_int_equal(rows_put_text(r, text, strlen(text), &at), 0);
	return at;
}

static struct feed *make_feed(const struct distro *d, char **bytes)
{
	struct feed_rows rows = { .order = distro_find(d->id)->order };
	struct feed *f = NULL;
	size_t len;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		const struct line *l = &lines[i];
		const struct feed_row row = { .kind = PACKAGE_SOURCE,
					      .state = l->state,
					      .severity = l->severity,
					      .published = l->published,
					      .package = put(&rows, l->package),
					      .id = put(&rows, l->id),
					      .bound = put(&rows, l->fixed),
					      .bound_is = *l->fixed ? BOUND_FIXED : BOUND_NONE,
					      .source = (uint32_t)i };

		assert_int_equal(rows_add(&rows, &row), 0);
	}
	assert_int_equal(rows_write(&rows, d, 30 * DAY, bytes, &len, NULL), 0);
	rows_free(&rows);
	assert_int_equal(feed_use(*bytes, len, &f, NULL), 0);
	return f;
}

/* clang-format off */
/* One installed package; what its suites offer; and the one finding that comes of it. */
static const struct row {
	const char *status, *security, *base, *updates, *pins;
	bool no_lists;
	const char *package; /* NULL: nothing is found */
	enum patch_state state;
	const char *fixed, *ids, *why;
	enum severity severity;
} rows[] = {
#define SSL INSTALLED("libssl3", "install", "Source: openssl\n", "3.0.1-1")
	/* The feed alone. */
	{ SSL, .no_lists = true, .package = "libssl3", .state = PATCH_AVAILABLE, .fixed = "3.0.3-1",
	  .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ INSTALLED("libssl3", "install", "Source: openssl\n", "3.0.2-1+b1"), .no_lists = true,
	  .package = "libssl3", .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3", .severity = SEVERITY_LOW },
	{ INSTALLED("libssl3", "install", "Source: openssl (3.0.3-1)\n", "1.1"), .no_lists = true },
	{ INSTALLED("libssl3", "install", "Source: openssl (3.0.1-1)\n", "9:9"), .no_lists = true,
	  .package = "libssl3", .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ INSTALLED("openssl", "hold", "", "3.0.1-1"), .no_lists = true, .package = "openssl",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .why = "held by", .severity = SEVERITY_HIGH },
	{ INSTALLED("zlib", "install", "", "1"), .no_lists = true, .package = "zlib", .state = PATCH_NO_FIX,
	  .ids = "CVE-4", .why = "no fix exists", .severity = SEVERITY_MEDIUM },
	{ INSTALLED("curl", "install", "", "1"), .no_lists = true },
	/* With lists: what can be had. */
	{ SSL, .security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ SSL, .security = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.2-1", .ids = "CVE-1", .severity = SEVERITY_HIGH },
	{ SSL, .security = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"),
	  .base = OFFER("libssl3", "3.0.4-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ SSL, .updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\n"), .package = "libssl3",
	  .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	{ SSL, .security = OFFER("other", "1", ""), .package = "libssl3", .state = PATCH_NOT_OFFERED,
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .why = "no list", .severity = SEVERITY_HIGH },
	/* With a feed, what is only newer is no fix, but in the security suite. */
	{ INSTALLED("tzdata", "install", "", "1"), .base = OFFER("tzdata", "2", "") },
	{ INSTALLED("tzdata", "install", "", "1"), .updates = OFFER("tzdata", "2", "") },
	{ INSTALLED("tzdata", "install", "", "1"), .security = OFFER("tzdata", "2", ""), .package = "tzdata", .fixed = "2" },
	/* Pins. */
	{ SSL, .security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .pins = "# why\n\nPackage: src:openssl other\nPin: version 3.0.1*\nPin-Priority: 1001", .package = "libssl3",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "pinned by /etc/apt/preferences.d/lab:3", .severity = SEVERITY_HIGH },
	{ SSL, .security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .pins = "package: *\npin: release l=Debian-Security\npin-priority: -1\n", .package = "libssl3",
	  .state = PATCH_HELD, .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "pinned by /etc/apt/preferences.d/lab:1", .severity = SEVERITY_HIGH },
	{ SSL, .security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .pins = "Package: /^libc/\nPin: release *\nPin-Priority: -1\n\nPackage: libssl3\nPin: nonsense\n", .package = "libssl3",
	  .fixed = "3.0.3-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
	/* What apt takes instead of what is held mends something, too. */
	{ SSL, .base = OFFER("libssl3", "3.0.2-1", "Source: openssl\n"),
	  .security = OFFER("libssl3", "3.0.3-1", "Source: openssl\n"),
	  .pins = "Package: libssl3\nPin: release n=bookworm-security\nPin-Priority: -1\n", .package = "libssl3",
	  .state = PATCH_AVAILABLE, .fixed = "3.0.2-1", .ids = "CVE-1", .severity = SEVERITY_HIGH },
	/* Phases: 0 per cent are nobody, and 100 are everybody. */
	{ SSL, .updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\nPhased-Update-Percentage: 0\n"),
	  .package = "libssl3", .state = PATCH_NOT_OFFERED, .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1",
	  .why = "phased: offered to 0%", .severity = SEVERITY_HIGH },
	{ SSL, .updates = OFFER("libssl3", "3.0.4-1", "Source: openssl\nPhased-Update-Percentage: 100\n"),
	  .package = "libssl3", .fixed = "3.0.4-1", .ids = "CVE-2 CVE-3 CVE-1", .severity = SEVERITY_HIGH },
};
/* clang-format on */

static void put_text(const struct root *r, const char *path, const char *text)
{
	assert_int_equal(root_put(r, path, text, strlen(text)), 0);
}

static void put_suite(const struct root *r, const char *name, const char *release, const char *list)
{
	char path[200];

	snprintf(path, sizeof(path), LIST "%s_InRelease", name);
	put_text(r, path, release);
	snprintf(path, sizeof(path), LIST "%s_main_binary-amd64_Packages", name);
	put_text(r, path, list ? list : OFFER("unrelated", "1", ""));
}

static void put_host(const struct root *r, const struct row *row)
{
	put_text(r, OS_RELEASE, OS);
	put_text(r, ETC_MACHINE_ID, "0123456789abcdef0123456789abcdef\n");
	put_text(r, DPKG_STATUS, row->status);
	put_suite(r, "bookworm-security", RELEASE("bookworm-security", "Debian-Security"),
		  row->security);
	put_suite(r, "bookworm", RELEASE("bookworm", "Debian"), row->base);
	put_suite(r, "bookworm-updates", RELEASE("bookworm-updates", "Debian"), row->updates);
	if (row->pins)
		put_text(r, APT_PREFERENCES_PARTS "/lab", row->pins);
}

static void find(const struct root *r, const struct row *row, const struct feed *feed,
		 struct findings **ret)
{
	const struct apt_ask ask = {
		.root = r->fd, .lists = APT_LISTS, .now = NOON, .max_age = DAY, .feed = feed
	};
	_drop_(drop_inventory) struct inventory *inv = NULL;
	struct fault fault = { 0 };
	struct apt *apt = NULL;

	if (inventory_read(r->fd, &inv, &fault) < 0 ||
	    (!row->no_lists && apt_read(&ask, inv, &apt, &fault) < 0))
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
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		_drop_(drop_findings) struct findings *f = NULL;
		const struct patch *p;
		struct root r;
		size_t n;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, &rows[i]);
		find(&r, &rows[i], feed, &f);
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
	const struct row hosts[] = {
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
		find(&r, &hosts[i], NULL, &f);
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
	put_host(&r, &rows[7]);
	find(&r, &rows[7], feed, &f);
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
	put_text(&r, APK_INSTALLED, installed);
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

static ssize_t unpack_all(const char *ending, const void *data, size_t len, uint64_t max, char *out,
			  size_t room)
{
	_close_ int fd = memfd_create("packed", MFD_CLOEXEC);
	struct unpack *u = NULL;
	ssize_t n, all = 0;

	assert_int_equal(io_write(fd, data, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(unpack_open(fd, ending, max, &u, NULL), 0);
	while ((n = unpack_read(u, out + all, room - (size_t)all, NULL)) > 0)
		all += n;
	if (n == 0)
		assert_int_equal(unpack_total(u), all);
	unpack_close(u);
	return n < 0 ? n : all;
}

/* Whole it is the text twice over; cut anywhere but between its streams it is refused. */
static void test_unpack(void **state)
{
#define FORM(name)                                              \
	{                                                       \
		"." #name, packed_##name, sizeof(packed_##name) \
	}
	static const struct {
		const char *ending;
		const unsigned char *data;
		size_t len;
	} forms[] = {
#ifdef CONFIG_UNPACK_GZIP
		FORM(gz),
#endif
#ifdef CONFIG_UNPACK_XZ
		FORM(xz),  FORM(lzma),
#endif
#ifdef CONFIG_UNPACK_LZ4
		FORM(lz4),
#endif
#ifdef CONFIG_UNPACK_ZSTD
		FORM(zst),
#endif
#ifdef CONFIG_UNPACK_BZIP2
		FORM(bz2),
#endif
	};
	const size_t once = strlen(PACKED_TEXT) * PACKED_TIMES;
	char out[4096];

	(void)state;
	(void)packed_bz2;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		const char *e = forms[i].ending;

		assert_int_equal(unpack_all(e, forms[i].data, forms[i].len, 4096, out, 4096),
				 2 * once);
		for (size_t at = 0; at < 2 * once; at += strlen(PACKED_TEXT))
			assert_memory_equal(out + at, PACKED_TEXT, strlen(PACKED_TEXT));
		assert_int_equal(unpack_all(e, forms[i].data, forms[i].len, 2 * once - 1, out,
					    4096),
				 -EFBIG);
		for (size_t len = 1; len < forms[i].len; len++) {
			ssize_t n = unpack_all(e, forms[i].data, len, 4096, out, 4096);

			if (n != -EBADMSG && n != (ssize_t)once)
				fail_msg("%s cut to %zu bytes gave %zd", e, len, n);
		}
		assert_int_equal(unpack_all(e, PACKED_TEXT, strlen(PACKED_TEXT), 4096, out, 4096),
				 -EBADMSG);
	}
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
	for (size_t i = 0; i < sizeof(draws) / sizeof(*draws); i++) {
		unsigned at = draws[i].draw;

		assert_true(phase_reached(at, draws[i].source, draws[i].version, draws[i].id));
		if (at && at <= 100)
			assert_false(phase_reached(at - 1, draws[i].source, draws[i].version,
						   draws[i].id));
	}
	assert_true(phase_reached(0, draws[0].source, draws[0].version, (struct word){ 0 }));
}

static void look(const struct root *r, struct patches *p, long now, struct finding *f)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = 7 * DAY,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = now, .patches = p };

	look_patches(&req, &host, f);
}

static void set_time(const struct root *r, const char *path, long at)
{
	const struct timespec t[2] = { { at, 0 }, { at, 0 } };

	assert_int_equal(utimensat(r->fd, path, t, 0), 0);
}

/* What has not changed is not read; what cannot be read leaves the last findings to be seen. */
static void test_memory(void **state)
{
	struct patches *p = patches_new();
	struct row row = { SSL, .security = OFFER("libssl3", "3.0.3-1", "") };
	struct finding f;
	struct root r;
	size_t n;
	int64_t when;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &row);
	set_time(&r, DPKG_STATUS, NOON - DAY);
	look(&r, p, NOON, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	findings_list(patches_findings(p, &when), &n);
	assert_int_equal(n, 1);
	assert_int_equal(when, NOON);

	/* Another content of the same size and time: only who reads it would see. */
	put_text(&r, DPKG_STATUS, INSTALLED("libssl3", "install", "Source: openssl\n", "9.9.9-9"));
	set_time(&r, DPKG_STATUS, NOON - DAY);
	look(&r, p, NOON + 60, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.items[0], "libssl3 3.0.1-1 -> 3.0.3-1");
	look(&r, p, NOON + DAY, &f);
	assert_int_equal(f.grade, GRADE_PASS);

	put_text(&r, DPKG_STATUS, SSL);
	look(&r, p, NOON + DAY, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	put_text(&r, DPKG_STATUS, "Package: libssl3\nSta");
	for (int i = 0; i < 2; i++) {
		look(&r, p, NOON + DAY + 7200, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_non_null(strstr(f.what, "middle of a line; 2 h ago 1 pending"));
		assert_string_equal(f.items[0], "libssl3 3.0.1-1 -> 3.0.3-1");
	}
	/* With time alone the lists become too old. */
	put_text(&r, DPKG_STATUS, SSL);
	put_suite(&r, "bookworm-security", RELEASE("bookworm-security", "Debian-Security"), NULL);
	look(&r, p, NOON + DAY, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	look(&r, p, NOON + 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	patches_free(p);
	root_close(&r);
}

/* A process that holds a lock until it is killed. */
static pid_t hold(const struct root *r, const char *path)
{
	struct flock l = { .l_type = F_WRLCK };
	int pipes[2], fd;
	pid_t child;
	char c;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = openat(r->fd, path, O_RDWR);
		if (fcntl(fd, F_SETLK, &l) < 0 || write(pipes[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	return child;
}

static void look_as(const struct root *r, struct patches *p, int64_t now, struct finding *f)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = DAY,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = now, .patches = p };

	look_patches(&req, &host, f);
}

/* Lists that apt is writing: the last findings with their age, which count for a while. */
static void test_fetching(void **state)
{
	static const struct {
		const char *offer;
		enum grade counts;
	} cases[] = { { NULL, GRADE_PASS },
		      { OFFER("libssl3", "3.0.3-1", "Source: openssl\n"), GRADE_FAIL } };
	const char *const release = LIST "bookworm-security_InRelease";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct row row = { .status = SSL, .security = cases[i].offer };
		struct patches *p = patches_new();
		struct finding f;
		struct root r;
		pid_t apt;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, &row);
		put_text(&r, APT_LISTS "/lock", "");
		look_as(&r, p, NOON, &f);
		assert_int_equal(f.grade, cases[i].counts);
		assert_false(f.meanwhile);
		apt = hold(&r, APT_LISTS "/lock");
		unlinkat(r.fd, release, 0);
		put_text(&r, release, "");
		look_as(&r, p, NOON + 20, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_true(f.meanwhile);
		assert_int_equal(finding_counts(&f), cases[i].counts);
		assert_int_equal(f.lacking, cases[i].counts == GRADE_FAIL);
		assert_string_equal(f.what,
				    i ? "apt is fetching its package lists; 20 s ago 1 pending"
				      : "apt is fetching its package lists; 20 s ago 0 pending");
		/* For longer it does not count; and never when nothing was known before. */
		look_as(&r, p, NOON + 700, &f);
		assert_int_equal(finding_counts(&f), GRADE_UNKNOWN);
		look_as(&r, NULL, NOON + 20, &f);
		assert_string_equal(f.what, "apt is fetching its package lists");
		assert_int_equal(finding_counts(&f), GRADE_UNKNOWN);
		kill(apt, SIGKILL);
		waitpid(apt, NULL, 0);
		/* Nobody is at work: they are damaged. */
		look_as(&r, p, NOON + 20, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_false(f.meanwhile);
		assert_null(strstr(f.what, "fetching"));
		patches_free(p);
		root_close(&r);
	}
}

/* What apt was told not to install is not to be had, however old its list lies there. */
static void test_architectures(void **state)
{
	static const char other[] = "Package: libfoo\nStatus: install ok installed\nArchitecture: "
				    "i386\nVersion: 1\n\n";
	static const char offer[] = "Package: libfoo\nArchitecture: i386\nVersion: 2\n\n";
	static const struct {
		const char *conf;
		size_t n;
	} cases[] = { { "", 1 },
		      { "APT::Architectures { \"amd64\"; };", 0 },
		      { "APT::Architectures { \"i386\"; };", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_drop_(drop_findings) struct findings *f = NULL;
		char status[500];
		const struct row row = { .status = status, .security = offer };
		struct root r;
		size_t n;

		snprintf(status, sizeof(status), "%s%s", other,
			 INSTALLED("dpkg", "install", "", "1"));
		assert_int_equal(root_open(&r), 0);
		put_host(&r, &row);
		put_text(&r, APT_CONF, cases[i].conf);
		find(&r, &row, NULL, &f);
		findings_list(f, &n);
		assert_int_equal(n, cases[i].n);
		root_close(&r);
	}
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
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
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
	put_text(&r, "var/lib/dpkg/info/libssl3:amd64.list", "/.\n");
	assert_int_equal(utimensat(r.fd, "var/lib/dpkg/info/libssl3:amd64.list", then, 0), 0);
	installed_rate(r.fd, NULL, &p, (struct word){ 0 }, ids, &row);
	assert_int_equal(row.obtainable, NOON);
	assert_int_equal(row.severity, SEVERITY_UNKNOWN);
	root_close(&r);
}

/* Half done while somebody holds dpkg's lock is at work; without a holder it was interrupted. */
static void test_at_work(void **state)
{
	const struct row row = { .status = SSL
				 "Package: b\nStatus: install ok half-installed\n\n" };
	struct finding f;
	struct root r;
	pid_t dpkg;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &row);
	put_text(&r, DPKG_LOCK, "");
	dpkg = hold(&r, DPKG_LOCK);
	look(&r, NULL, NOON, &f);
	kill(dpkg, SIGKILL);
	waitpid(dpkg, NULL, 0);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.what, "dpkg is at work");
	look(&r, NULL, NOON, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "dpkg was interrupted: b is not complete");
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states),	  cmocka_unit_test(test_point_release),
		cmocka_unit_test(test_dates),	  cmocka_unit_test(test_apk),
		cmocka_unit_test(test_unpack),	  cmocka_unit_test(test_phase),
		cmocka_unit_test(test_memory),	  cmocka_unit_test(test_at_work),
		cmocka_unit_test(test_fetching),  cmocka_unit_test(test_architectures),
		cmocka_unit_test(test_installed), cmocka_unit_test(test_installed_when),
	};

	return cmocka_run_group_tests_name("findings", tests, NULL, NULL);
}
