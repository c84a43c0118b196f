// SPDX-License-Identifier: GPL-2.0-or-later
/* What keeps an antivirus from being installed, or from coming up. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/count.h"
#include "agent/remedy/hindrance.h"
#include "agent/remedy/legible.h"
#include "agent/remedy/unblind.h"
#include "agent/remedy/unreadable.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define MAIL "0:0:582d53696576653a20:Mail:CL_TYPE_ANY:CL_TYPE_MAIL"

/* What is set aside is a file in the very folder, whatever its daemon is made to say. */
static void test_unreadable(void **state)
{
	static const struct {
		const char *line, *path; /* NULL: none is named */
	} rows[] = {
		{ "LibClamAV Error: cli_loaddbdir: error loading database /var/lib/clamav/x.ndb",
		  "/var/lib/clamav/x.ndb" },
		{ "cli_loaddbdir(): error loading database /var/lib/clamav/a b.cvd",
		  "/var/lib/clamav/a b.cvd" },
		{ "LibClamAV Error: Can't load /var/lib/clamav/x.ndb: Malformed database", NULL },
		{ "error loading database /var/lib/clamav/", NULL },
		{ "error loading database /var/lib/clamav/..", NULL },
		{ "error loading database /var/lib/clamav/../../etc/passwd", NULL },
		{ "error loading database /var/lib/clamavx/y", NULL },
		{ "error loading database /etc/passwd", NULL },
		{ "error loading database ", NULL },
	};
	struct provider none = provider_clamav;
	char path[ASIDE_PATH];

	(void)state;
	none.signatures.from = VINTAGE_NONE;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_false(unreadable_names(&none, rows[i].line, path));
		assert_int_equal(unreadable_names(&provider_clamav, rows[i].line, path),
				 rows[i].path != NULL);
		if (rows[i].path)
			assert_string_equal(path, rows[i].path);
	}
}

/* As clamd's account has its folder, and whoever copies signatures there may be root. */
static void test_legible(void **state)
{
	static const struct {
		uid_t uid;
		gid_t gid;
		mode_t mode, becomes;
	} rows[] = {
		{ 0, 0, 0600, 0644 },	   { 0, 0, 0644, 0644 },     { 0, 0, 0604, 0604 },
		{ 0, 65534, 0640, 0640 },  { 0, 65534, 0604, 0644 }, { 65534, 0, 0600, 0600 },
		{ 65534, 65534, 0, 0444 },
	};
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	_drop_(root_close) struct root r;
	char path[200], other[200];
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(root_open(&r), 0);
	root_text(&r, "db/daily.cvd", "x");
	snprintf(path, sizeof(path), "%s/db", r.path);
	assert_int_equal(chown(path, 65534, 65534), 0);
	snprintf(path, sizeof(path), "%s/db/daily.cvd", r.path);
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(chown(path, rows[i].uid, rows[i].gid), 0);
		assert_int_equal(chmod(path, rows[i].mode), 0);
		assert_int_equal(legible_make(path, &nobody), rows[i].mode != rows[i].becomes);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].becomes);
	}
	/* What another account gives a name in its folder may be anybody's secret. */
	assert_int_equal(chown(path, 0, 0) | chmod(path, 0600), 0);
	snprintf(other, sizeof(other), "%s/db/other", r.path);
	assert_int_equal(link(path, other), 0);
	assert_int_equal(legible_make(path, &nobody), 0);
	assert_int_equal(unlink(path) | symlink("other", path), 0);
	assert_int_equal(legible_make(path, &nobody), -ELOOP);
	assert_int_equal(stat(other, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(legible_make(path, &nobody), -ENOENT);
}

/* Beside signatures of a feed's own account, which has not thought of lazaretd. */
static void test_kinds(void **state)
{
	static const struct {
		const char *name, *text;
		mode_t mode, becomes;
	} rows[] = {
		{ "mail.ftm", "# all\n" MAIL "\n", 0640, 0644 },
		{ "MAIL.FTM", MAIL "\n", 0, 0444 },
		{ "all.ftm", MAIL "\n", 0604, 0604 },
		{ "more.ftm", "0:0:4d5a:No:CL_TYPE_ANY:CL_TYPE_IGNORED\n", 0600, 0600 },
		{ "mine.ndb", "Mine:0:*:4d494e45\n", 0600, 0600 },
		{ "x.cfg", MAIL "\n", 0600, 0600 },
	};
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct provider p = provider_clamav;
	_drop_(root_close) struct root r;
	char name[40], other[200];
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(root_open(&r), 0);
	snprintf(p.signatures.files.rows[0], PROVIDER_TEXT_MAX, "%s/db/daily.cvd", r.path);
	assert_int_equal(disclose(&p, &nobody), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(name, sizeof(name), "db/%s", rows[i].name);
		root_text(&r, name, rows[i].text);
		assert_int_equal(fchmodat(r.fd, name, rows[i].mode, 0), 0);
	}
	/* One that has another name elsewhere. */
	root_text(&r, "secret", MAIL "\n");
	assert_int_equal(fchmodat(r.fd, "secret", 0600, 0), 0);
	snprintf(other, sizeof(other), "%s/db/secret.ftm", r.path);
	assert_int_equal(linkat(r.fd, "secret", AT_FDCWD, other, 0), 0);
	assert_int_equal(disclose(&p, &nobody), 2);
	assert_int_equal(disclose(&p, &nobody), 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(name, sizeof(name), "db/%s", rows[i].name);
		assert_int_equal(fstatat(r.fd, name, &st, 0), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].becomes);
	}
	assert_int_equal(fstatat(r.fd, "secret", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

/* However long its name is. */
static void test_blinding(void **state)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct provider p = provider_clamav;
	_drop_(root_close) struct root r;
	char name[NAME_MAX + 8], aside[NAME_MAX + 4];

	(void)state;
	assert_int_equal(root_open(&r), 0);
	snprintf(p.signatures.files.rows[0], PROVIDER_TEXT_MAX, "%s/db/daily.cvd", r.path);
	for (int n = NAME_MAX; n > NAME_MAX - 20; n--) {
		memset(name, 'x', sizeof(name));
		memcpy(name, "db/", 3);
		strcpy(name + 3 + n - 4, ".cfg");
		snprintf(aside, sizeof(aside), "db/.%.*s.set-aside", NAME_MAX - 11, name + 3);
		root_text(&r, name, "PE:0x0:1:255\n");
		assert_int_equal(unblind(&p, &nobody), 1);
		assert_int_equal(faccessat(r.fd, name, F_OK, 0), -1);
		assert_int_equal(faccessat(r.fd, aside, F_OK, 0), 0);
		assert_int_equal(unblind(&p, &nobody), 0);
	}
}

static void test_hindrance(void **state)
{
	static const struct {
		const char *file, *text, *what;
	} rows[] = {
		{ "etc/dpkg/dpkg.cfg", "# no-act\nlog /var/log/dpkg.log\nno-debsig\n", NULL },
		{ "etc/dpkg/dpkg.cfg.d/docker", "path-exclude=/usr/share/doc/*\nno-actor\n", NULL },
		{ "etc/dpkg/dpkg.cfg.d/x", "force-unsafe-io\n\tpre-invoke=false\n",
		  "/etc/dpkg/dpkg.cfg.d/x tells dpkg \"pre-invoke=false\", which may be why" },
		{ "etc/dpkg/dpkg.cfg", "no-act", "/etc/dpkg/dpkg.cfg tells dpkg \"no-act\"" },
	};
	_drop_(root_close) struct root r;
	char what[HINDRANCE_MAX];

	(void)state;
	assert_int_equal(root_open(&r), 0);
	assert_false(dpkg_hindrance(r.fd, what));
	for (size_t i = 0; i < COUNT(rows); i++) {
		root_text(&r, rows[i].file, rows[i].text);
		assert_int_equal(dpkg_hindrance(r.fd, what), rows[i].what != NULL);
		if (rows[i].what && !strstr(what, rows[i].what))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].what, what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unreadable), cmocka_unit_test(test_legible),
		cmocka_unit_test(test_kinds),	   cmocka_unit_test(test_blinding),
		cmocka_unit_test(test_hindrance),
	};

	return cmocka_run_group_tests_name("obstacles", tests, NULL, NULL);
}
