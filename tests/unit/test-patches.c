// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "agent/posture/patches.h"
#include "agent/posture/phase.h"
#include "agent/posture/posture.h"
#include "tests/unit/changed.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOON	  1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */
#define DAY	  86400
#define LISTS	  APT_LISTS "/"
#define STEM	  LISTS "deb.example_dists_bookworm-security_"
#define LIST	  STEM "main_binary-amd64_Packages"
#define INSTALLED "install ok installed"

#define PACKAGE(name, status, version, arch) \
	"Package: " name "\nStatus: " status \
	"\nDescription: some\n words\n .\nArchitecture: " arch "\nVersion: " version "\n\n"
#define OFFER(name, version, arch) \
	"Package: " name "\nArchitecture: " arch "\nVersion: " version "\nDepends: libc6\n\n"
#define RELEASE_OF(label, suite, code, date) \
	"Label: " label "\nSuite: " suite "\nCodename: " code "\nDate: " date "\n"
#define TODAY	"Sat, 21 Nov 2026 06:00:00 UTC"
#define RELEASE RELEASE_OF("Debian-Security", "stable-security", "bookworm-security", TODAY)

#define OS	"NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n"
#define OPENSSL PACKAGE("openssl", INSTALLED, "3.0.11-1~deb12u1", "amd64")
#define UPDATE	OFFER("openssl", "3.0.14-1~deb12u2", "amd64")
#define PENDING "openssl 3.0.11-1~deb12u1 -> 3.0.14-1~deb12u2"

struct file {
	const char *path, *text;
	size_t len;
};

#define MORE(path, text) .more = { path, text, sizeof(text) - 1 }

/* clang-format off */
/* What differs from a host with openssl, a fresh security suite and nothing to do. */
static const struct row {
	const char *status, *release, *list;
	struct file more;
	enum grade grade;
	const char *what, *item;
} rows[] = {
	{ .grade = GRADE_PASS, .what = "1 package is up to date with bookworm-security of 6 h ago" },

	/* What is pending. */
	{ .list = UPDATE, .grade = GRADE_FAIL, .what = "1 security update is pending", .item = PENDING },
	{ .list = OFFER("openssl", "3.0.11-1~deb12u1", "amd64"), .grade = GRADE_PASS },
	{ .list = OFFER("openssl", "3.0.9-1", "amd64"), .grade = GRADE_PASS },
	{ .list = OFFER("openssl", "1:1.0", "amd64"), .grade = GRADE_FAIL },
	{ .list = OFFER("opensslx", "9", "amd64") OFFER("openss", "9", "amd64"), .grade = GRADE_PASS },
	{ .list = OFFER("openssl", "3.0.14-1~deb12u2", "amd64") OFFER("openssl", "3.0.13", "amd64"),
	  .grade = GRADE_FAIL, .item = PENDING },
	{ .list = OFFER("openssl", "3.0.13", "amd64") OFFER("openssl", "3.0.14-1~deb12u2", "amd64"),
	  .grade = GRADE_FAIL, .item = PENDING },
	{ .status = OPENSSL PACKAGE("bash", INSTALLED, "5.2", "amd64"),
	  .list = UPDATE OFFER("bash", "5.3", "amd64"), .grade = GRADE_FAIL,
	  .what = "2 security updates are pending" },
	{ .status = OPENSSL PACKAGE("old", "deinstall ok config-files", "1", "amd64"),
	  .list = OFFER("old", "2", "amd64"), .grade = GRADE_PASS },
	{ .status = OPENSSL "Package: seen\nStatus: unknown ok not-installed\n\n",
	  .grade = GRADE_PASS },
	{ .status = PACKAGE("tzdata", INSTALLED, "1", "all"), .list = OFFER("tzdata", "2", "all"),
	  .grade = GRADE_FAIL, .item = "tzdata 1 -> 2" },

	/* Architectures. */
	{ .list = OFFER("openssl", "9", "i386"), .grade = GRADE_PASS },
	{ .list = OFFER("openssl", "9", "all"), .grade = GRADE_FAIL },
	{ .status = PACKAGE("docs", INSTALLED, "1", "all"), .list = OFFER("docs", "2", "amd64"),
	  .grade = GRADE_FAIL },
	{ .status = PACKAGE("libc6", INSTALLED, "2", "amd64") PACKAGE("libc6", INSTALLED, "1", "i386"),
	  .list = OFFER("libc6", "2", "i386") OFFER("libc6", "2", "amd64"), .grade = GRADE_FAIL,
	  .what = "1 security update is pending", .item = "libc6 1 -> 2" },

	/* Held packages. */
	{ .status = PACKAGE("openssl", "hold ok installed", "3.0.11-1~deb12u1", "amd64"),
	  .list = UPDATE, .grade = GRADE_PASS, .what = "1 held back", .item = PENDING " (held)" },
	{ .status = OPENSSL PACKAGE("bash", "hold ok installed", "5.2", "amd64"),
	  .list = UPDATE OFFER("bash", "5.3", "amd64"), .grade = GRADE_FAIL,
	  .what = "1 security update is pending, 1 more held back", .item = PENDING },

	/* An interrupted dpkg. */
	{ .status = OPENSSL PACKAGE("a", "install ok unpacked", "1", "amd64"), .grade = GRADE_FAIL,
	  .what = "dpkg was interrupted: a is not complete" },
	{ .status = OPENSSL PACKAGE("a", "install ok half-configured", "1", "amd64"), .grade = GRADE_FAIL },
	{ .status = OPENSSL PACKAGE("a", "install reinstreq installed", "1", "amd64"), .grade = GRADE_FAIL },
	{ .status = "Package: a\nStatus: install reinstreq half-installed\n\n"
		    "Package: b\nStatus: install reinstreq half-installed\n\n", .grade = GRADE_FAIL,
	  .what = "a and others are not complete" },
	{ MORE("var/lib/dpkg/updates/0001", "Package: x\n"), .grade = GRADE_FAIL,
	  .what = "its journal is not complete" },
	{ MORE("var/lib/dpkg/updates/tmp.i", "#"), .grade = GRADE_PASS },

	/* Which suites are security's. */
	{ .release = RELEASE_OF("Debian", "stable", "bookworm", TODAY), .grade = GRADE_UNKNOWN,
	  .what = "no security suite" },
	{ MORE(OS_RELEASE, "VERSION_CODENAME=jammy\n"), .list = UPDATE, .grade = GRADE_FAIL,
	  .release = RELEASE_OF("Ubuntu", "jammy-security", "jammy", TODAY) },
	{ .release = RELEASE_OF("Lab", "lab", "bookworm-security", TODAY), .list = UPDATE,
	  .grade = GRADE_FAIL },
	{ .release = RELEASE_OF("Lab", "bookworm-security", "lab", TODAY), .list = UPDATE,
	  .grade = GRADE_FAIL },
	{ .release = RELEASE_OF("Debian-Security", "x", "bookworm", TODAY), .list = UPDATE,
	  .grade = GRADE_FAIL },

	/* Which of them are this release's. */
	{ .release = RELEASE_OF("Debian-Security", "oldstable-security", "bullseye-security", TODAY),
	  .grade = GRADE_UNKNOWN, .what = "bullseye-security is of another release than this host's bookworm" },
	{ .release = RELEASE_OF("Debian-Security", "stable-security", "trixie-security", TODAY),
	  .list = UPDATE, .grade = GRADE_UNKNOWN, .what = "another release" },
	{ .release = RELEASE_OF("Lab", "lab", "lab-security", TODAY), .grade = GRADE_UNKNOWN,
	  .what = "another release" },
	{ .release = RELEASE_OF("Lab", "x", "oldbookworm-security", TODAY), .grade = GRADE_UNKNOWN,
	  .what = "another release" },
	{ .release = RELEASE_OF("Lab", "x", "-security", TODAY), .grade = GRADE_UNKNOWN,
	  .what = "another release" },
	{ MORE(LISTS "deb.example_dists_bullseye-security_InRelease",
	       RELEASE_OF("Debian-Security", "x", "bullseye-security", TODAY)), .grade = GRADE_PASS },
	{ MORE(OS_RELEASE, "ID=debian\nVERSION_CODENAME=\"bookworm\"\n"), .grade = GRADE_PASS },
	{ MORE(OS_RELEASE, "NOT_VERSION_CODENAME=bookworm\nVERSION_ID='12'\n"), .grade = GRADE_PASS,
	  .release = RELEASE "Version: 12\n" },
	{ MORE(OS_RELEASE, "VERSION_ID=\"12\"\n"), .grade = GRADE_UNKNOWN, .what = "another release than this host's 12",
	  .release = RELEASE "Version: 11\n" },
	{ MORE(OS_RELEASE, "VERSION_ID=12\n"), .grade = GRADE_UNKNOWN, .what = "another release" },
	{ MORE(OS_RELEASE, "ID=debian\n"), .grade = GRADE_UNKNOWN, .what = "has no VERSION_CODENAME and no VERSION_ID" },
	{ MORE(OS_RELEASE, "VERSION_CODENAME=\n"), .grade = GRADE_UNKNOWN, .what = "has no VERSION_CODENAME" },
	{ MORE(LISTS "deb.example_debian_dists_bookworm_InRelease",
		    RELEASE_OF("Debian", "stable", "bookworm", "Mon, 02 Jan 2023 00:00:00 UTC")),
	  .grade = GRADE_PASS },
	{ MORE(LISTS "deb.example_debian_dists_bookworm_main_binary-amd64_Packages", UPDATE),
	  .grade = GRADE_PASS },
	{ MORE(STEM "contrib_binary-amd64_Packages", UPDATE), .grade = GRADE_FAIL, .item = PENDING },
	{ MORE(STEM "Release", "leftover"), .grade = GRADE_PASS },
	{ MORE(LISTS "flat.example_._InRelease", RELEASE), .grade = GRADE_UNKNOWN,
	  .what = "no package list belongs to it" },
	{ MORE(STEM "main_i18n_Translation-en", "x"), .grade = GRADE_PASS },

	/* Lists that cannot be read. */
	{ MORE(STEM "contrib_binary-amd64_Packages.lz4", "x"), .grade = GRADE_UNKNOWN,
	  .what = "contrib_binary-amd64_Packages.lz4: is no whole lz4 file" },
	{ MORE(STEM "contrib_binary-amd64_Packages.diff_Index", "x"), .grade = GRADE_PASS },
	{ .list = "Package: openssl\nVersion: 1\n\n", .grade = GRADE_UNKNOWN, .what = "without Package" },
	{ .list = "\x7f" "ELF\1\2\3\n\n", .grade = GRADE_UNKNOWN, .what = "neither \"Name: value\"" },
	{ .list = " continued\n\n", .grade = GRADE_UNKNOWN, .what = "continues nothing" },
	{ .list = OFFER("a", "1", "all") "Package: b\nArch", .grade = GRADE_UNKNOWN,
	  .what = "Packages: ends in the middle of a line" },
	{ .list = OFFER("a", "1", "all") "Package: b\nVersion: 2\nArchitecture: all\n",
	  .grade = GRADE_UNKNOWN, .what = "ends in the middle of a stanza" },
	{ .list = "Package: openssl\nVersion: 1\1\nArchitecture: all\n\n", .grade = GRADE_UNKNOWN,
	  .what = "control character" },
	{ MORE(LIST, OFFER("a\0b", "1", "all")),
	  .grade = GRADE_UNKNOWN, .what = "NUL byte" },
	/* The end of one stanza, nothing, and the end of another one. */
	{ MORE("var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nArchitecture: all\n"
	       "Version: 1\nDescription: x\0\0\0\0rsion: 3\n\n"), .grade = GRADE_UNKNOWN,
	  .what = "NUL byte" },
	{ .release = RELEASE "SHA256:\n 0a0b 100 main/binary-amd64/Packages\n", .grade = GRADE_UNKNOWN,
	  .what = "bytes; its suite says 100" },
	{ .release = RELEASE "SHA256:\n 0a 9 main/binary-amd64/Packages.gz\n 0a 62 "
			     "main/binary-amd64/Packages\nAcquire-By-Hash: yes\n", .grade = GRADE_PASS },
	/* The size agrees, so a repository that saves the last blank line is fine. */
	{ .release = RELEASE "SHA256:\n 0a 46 main/binary-amd64/Packages\n",
	  .list = "Package: openssl\nVersion: 9\nArchitecture: all\n", .grade = GRADE_FAIL },

	/* Release files that cannot be read, or are too old. */
	{ .release = "", .grade = GRADE_UNKNOWN, .what = "InRelease: no Date" },
	{ .release = RELEASE "MD5", .grade = GRADE_UNKNOWN, .what = "InRelease: cut short" },
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", "yesterday"), .grade = GRADE_UNKNOWN,
	  .what = "no Date" },
	{ .release = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" RELEASE
		     "-----BEGIN PGP SIGNATURE-----\n\nx\n-----END PGP SIGNATURE-----\n",
	  .grade = GRADE_PASS },
	{ .release = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" RELEASE
		     "-----BEGIN PGP SIGNATURE-----\n\nx", .grade = GRADE_UNKNOWN,
	  .what = "cut short" },
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", TODAY)
		     "Valid-Until: Sat, 21 Nov 2026 11:00:00 UTC\n", .grade = GRADE_UNKNOWN,
	  .what = "no longer valid since 1 h" },
	{ .release = RELEASE "Valid-Until: Sat, 21 Nov 2026 13:00:00 UTC\n", .grade = GRADE_PASS },
	{ .release = RELEASE "Valid-Until: soon\n", .grade = GRADE_UNKNOWN, .what = "Valid-Until" },
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", "Sun, 22 Nov 2026 13:00:00 UTC"),
	  .grade = GRADE_UNKNOWN, .what = "from the future" },
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", "Sun, 22 Nov 2026 11:00:00 UTC"),
	  .grade = GRADE_PASS },
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", "Sat, 14 Nov 2026 11:00:00 UTC"),
	  .grade = GRADE_UNKNOWN, .what = "last updated 1 w 1 h ago; the policy allows 1 w" },
	/* What is pending in an old list is pending all the same. */
	{ .release = RELEASE_OF("Debian-Security", "s", "bookworm-security", "Sat, 14 Nov 2026 11:00:00 UTC"),
	  .list = UPDATE, .grade = GRADE_FAIL, .what = "1 security update is pending" },

	/* The status file. */
	{ .status = "", .grade = GRADE_UNKNOWN, .what = "status: no package is installed" },
	{ .status = OPENSSL "Package: b", .grade = GRADE_UNKNOWN, .what = "middle of a line" },
	{ .status = OPENSSL "Package: b\nStatus: " INSTALLED "\nVersion: 1\nArchitecture: all\n",
	  .grade = GRADE_UNKNOWN, .what = "middle of a stanza" },
	{ .status = OPENSSL "Package: b\nStatus: " INSTALLED "\n\n", .grade = GRADE_UNKNOWN,
	  .what = "b has no Version" },
	{ .status = OPENSSL "Package: b\n\n", .grade = GRADE_UNKNOWN, .what = "whole Status" },
	{ .status = PACKAGE("b", "install ok", "1", "all"), .grade = GRADE_UNKNOWN, .what = "whole Status" },
	{ .status = PACKAGE("b", "install ok fine", "1", "all"), .grade = GRADE_UNKNOWN,
	  .what = "b has the unknown state \"fine\"" },
	{ .status = "Package: a\nPackage: b\n\n", .grade = GRADE_UNKNOWN, .what = "there twice" },
	{ .status = "\x28\xb5\x2f\xfd", .grade = GRADE_UNKNOWN, .what = "middle of a line" },
};

/* clang-format on */

static int put_text(const struct root *r, const char *path, const char *text)
{
	return root_put(r, path, text, strlen(text));
}

static void look(const struct root *r, struct finding *f)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = 7 * DAY,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = NOON };

	memset(f, 'x', sizeof(*f));
	look_patches(&req, &host, f);
	assert_in_range(f->grade, 0, GRADE_COUNT - 1);
	assert_non_null(memchr(f->what, '\0', sizeof(f->what)));
	assert_true(f->grade == GRADE_PASS ? !f->todo[0] : f->todo[0] != '\0');
}

static void put_host(const struct root *r, const struct row *row)
{
	assert_int_equal(put_text(r, OS_RELEASE, OS), 0);
	assert_int_equal(put_text(r, "var/lib/dpkg/status", row->status ? row->status : OPENSSL),
			 0);
	assert_int_equal(put_text(r, STEM "InRelease", row->release ? row->release : RELEASE), 0);
	assert_int_equal(put_text(r, LIST, row->list ? row->list : OFFER("other", "1", "amd64")),
			 0);
	if (row->more.path)
		assert_int_equal(root_put(r, row->more.path, row->more.text, row->more.len), 0);
}

static void test_rows(void **state)
{
	size_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct row *row = &rows[i];
		struct finding f;
		struct root r;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, row);
		look(&r, &f);
		root_close(&r);
		if (f.grade == row->grade && (!row->what || strstr(f.what, row->what)) &&
		    (!row->item || (f.n_items && !strcmp(f.items[0], row->item))))
			continue;
		print_error("row %zu: grade %d, \"%s\", first item \"%s\"\n", i, (int)f.grade,
			    f.what, f.n_items ? f.items[0] : "");
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/*
 * When a quiet suite was last heard of, by when apt last set the times of its file: nobody else's
 * counts, and one of the day after tomorrow says nothing.
 */
static void test_heard_of(void **state)
{
	static const struct {
		const char *name;
		long at;
		enum grade grade;
		const char *what;
	} heard[] = {
		{ "security_InRelease", NOON - DAY, GRADE_PASS, "bookworm-security of 1 d ago" },
		{ "security_InRelease", NOON - 8 * DAY, GRADE_UNKNOWN, "updated 1 w 1 d ago" },
		{ "security_InRelease", NOON + 2 * DAY, GRADE_UNKNOWN, "updated 2 w 5 d ago" },
		{ "bookworm_InRelease", NOON, GRADE_UNKNOWN, "updated 2 w 5 d ago" },
		{ "Packages", NOON, GRADE_UNKNOWN, "updated 2 w 5 d ago" },
	};
	const struct row quiet = {
		.release = RELEASE_OF("Debian-Security", "s", "bookworm-security",
				      "Mon, 02 Nov 2026 00:00:00 UTC"),
		.more = { LISTS "deb.example_dists_bookworm_InRelease",
			  RELEASE_OF("Debian", "stable", "bookworm", TODAY),
			  strlen(RELEASE_OF("Debian", "stable", "bookworm", TODAY)) },
	};
	struct finding f;
	size_t wrong = 0;
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &quiet);
	for (size_t i = 0; i < COUNT(heard); i++) {
		changed_name = heard[i].name;
		changed_at = heard[i].at;
		look(&r, &f);
		if (f.grade == heard[i].grade && strstr(f.what, heard[i].what))
			continue;
		print_error("row %zu: grade %d, \"%s\"\n", i, (int)f.grade, f.what);
		wrong++;
	}
	assert_int_equal(wrong, 0);
	changed_name = NULL;
	root_close(&r);
}

/* Nothing there, a folder or a pipe instead of a file: unknown, and no hanging. */
static void test_strange_files(void **state)
{
	static const char *const files[] = { "var/lib/dpkg/status", STEM "InRelease", LIST };
	struct finding f;
	struct root r;

	(void)state;
	for (size_t i = 0; i < COUNT(files); i++) {
		assert_int_equal(root_open(&r), 0);
		look(&r, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		put_host(&r, &rows[0]);
		assert_int_equal(unlinkat(r.fd, files[i], 0), 0);
		look(&r, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_int_equal(mkdirat(r.fd, files[i], 0755), 0);
		look(&r, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_int_equal(unlinkat(r.fd, files[i], AT_REMOVEDIR), 0);
		assert_int_equal(mkfifoat(r.fd, files[i], 0644), 0);
		look(&r, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		root_close(&r);
	}
}

/* Stanzas larger than the window are refused, others cross its edge. */
static void test_window(void **state)
{
	_free_ char *text = malloc(2 * DEB822_STANZA_MAX);
	struct row row = { .list = text };
	struct finding f;
	struct root r;
	int n;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	n = sprintf(text, "Package: openssl\nVersion: 1\nArchitecture: all\nDescription: ");
	memset(text + n, 'x', DEB822_STANZA_MAX - (size_t)n - 10);
	strcpy(text + DEB822_STANZA_MAX - 10, "\n\n" UPDATE);
	put_host(&r, &row);
	look(&r, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.items[0], PENDING);

	memset(text + n, 'x', DEB822_STANZA_MAX + 100000);
	strcpy(text + DEB822_STANZA_MAX + 100000, "\n\n" UPDATE);
	put_host(&r, &row);
	look(&r, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_non_null(strstr(f.what, "a stanza is longer than"));
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_heard_of),
		cmocka_unit_test(test_strange_files),
		cmocka_unit_test(test_window),
	};

	return cmocka_run_group_tests_name("patches", tests, NULL, NULL);
}
