// SPDX-License-Identifier: GPL-2.0-or-later
/* What an antivirus has on disk to find anything by. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/posture/remembered.h"
#include "tests/unit/clamav.h"

/* Signatures that are gone or old on disk, whatever the daemon still has. */
static void test_stored_signatures(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	pid_t pid = start(&good);
	struct finding f;
	char name[200];

	(void)state;
	install();
	put_head("var/lib/clamav/daily.cvd", "27700", NOW - 4 * DAY);
	look(&f);
	assert_string_equal(f.what,
			    "the stored signatures 27700 are 4 d old; the policy allows 3 d");
	put_head("var/lib/clamav/daily.cld", "27801", NOW); /* the newer one counts */
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	put("var/lib/clamav/local.ign2", "Win.Trojan.One\n", 0644);
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(f.evidence[f.n_evidence - 1].what,
			    "what /var/lib/clamav/local.ign2 names is not found");
	/* Cut off behind its head, and what is not its makers'. */
	snprintf(name, sizeof(name), "%s/var/lib/clamav/daily.cvd", folder);
	assert_int_equal(truncate(name, DATABASE_HEAD + 7), 0);
	look(&f);
	assert_string_equal(f.what, "stored signatures are damaged: /var/lib/clamav/daily.cvd");
	for (size_t i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "%s/var/lib/clamav/daily.c%cd", folder, "vl"[i]);
		unlink(name);
	}
	put_head("var/lib/clamav/daily.cud", "27801", NOW);
	look(&f);
	assert_non_null(strstr(f.what, "no signatures are stored: no /var/lib/clamav/daily."));
	assert_int_equal(f.grade, GRADE_FAIL);
	put_head("var/lib/clamav/daily.cvd", "27801", NOW);
	snprintf(name, sizeof(name), "%s/var/lib/clamav/main.cvd", folder);
	unlink(name);
	look(&f);
	assert_string_equal(f.what, "no signatures are stored: no /var/lib/clamav/main.cvd");
	put_head("var/lib/clamav/main.cld", "62", NOW - 900 * DAY);
	look(&f);
	assert_int_equal(f.grade, GRADE_PASS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Such a file, written then. */
static void put_at(const char *name, long at)
{
	const struct timespec times[2] = { { at, 0 }, { at, 0 } };
	char file[200];

	put(name, "signatures", 0644);
	snprintf(file, sizeof(file), "%s/%s", folder, name);
	assert_return_code(utimensat(AT_FDCWD, file, times, 0), errno);
}

/* Of a product whose files nobody else can read, the age is that of the newest. */
static void test_written(void **state)
{
	static const struct {
		long ages[2]; /* of its files; -1: there is none */
		enum grade grade;
		const char *what;
	} rows[] = {
		{ { DAY, -1 }, GRADE_PASS, "the stored signatures are 1 d old" },
		{ { 3 * DAY, 9 * DAY }, GRADE_PASS, "the stored signatures are 3 d old" },
		{ { 9 * DAY, 0 }, GRADE_PASS, "the stored signatures are 0 s old" },
		{ { 3 * DAY + 60, 9 * DAY },
		  GRADE_FAIL,
		  "the stored signatures are 3 d 1 min old; the policy allows 3 d" },
		{ { -2 * DAY, -1 }, GRADE_UNKNOWN, "the stored signatures are from the future" },
		{ { -1, -1 }, GRADE_FAIL, "no signatures are stored: no /opt/x/one" },
	};
	static const char *const files[] = { "opt/x/one", "opt/x/two" };
	struct provider provider = provider_clamav;
	struct requirement req = plain;

	(void)state;
	provider.answer.speaks = TONGUE_NONE;
	provider.signatures = (struct provider_signatures){
		.from = VINTAGE_MTIME, .files = { 2, { "/opt/x/one", "/opt/x/two" } }
	};
	req.with.antivirus.provider = &provider;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct evidence *e;
		struct finding f;

		install();
		for (size_t k = 0; k < 2; k++) {
			char name[200];

			snprintf(name, sizeof(name), "%s/%s", folder, files[k]);
			unlink(name);
			if (rows[i].ages[k] != -1)
				put_at(files[k], NOW - rows[i].ages[k]);
		}
		look_by(&req, NULL, &f);
		e = evidence(&f, "signatures");
		assert_non_null(e);
		if (e->grade != rows[i].grade ||
		    strncmp(e->what, rows[i].what, strlen(rows[i].what)))
			fail_msg("row %zu: %d: %s", i, (int)e->grade, e->what);
		assert_true(e->demanded);
	}
}

/* What the updater's log says, and its files when that says less. */
static void test_updates(void **state)
{
	static const struct {
		struct updates log;
		long written; /* 0: its files are gone */
		uint64_t most;
		enum grade grade;
		const char *what;
	} rows[] = {
		{ { 0, 0, "" }, 0, DAY, GRADE_FAIL, "freshclam has never succeeded" },
		{ { 0, 0, "" }, 0, 0, GRADE_FAIL, "freshclam has never succeeded" },
		{ { 0, NOW - 60, "no route" },
		  0,
		  DAY,
		  GRADE_FAIL,
		  "freshclam has never succeeded; its last try: no route" },
		{ { NOW + 60, 0, "" }, 0, DAY, GRADE_FAIL, "freshclam has never succeeded" },
		{ { NOW - DAY, 0, "" }, 0, DAY, GRADE_PASS, "freshclam last succeeded 1 d ago" },
		{ { NOW - DAY - 60, NOW - 60, "no route" },
		  0,
		  DAY,
		  GRADE_FAIL,
		  "freshclam last succeeded 1 d 1 min ago; the policy allows 1 d; "
		  "its last try: no route" },
		{ { NOW - DAY - 60, 0, "" },
		  0,
		  0,
		  GRADE_PASS,
		  "freshclam last succeeded 1 d 1 min ago" },
		{ { NOW - 3600, NOW - 7200, "no route" },
		  0,
		  DAY,
		  GRADE_PASS,
		  "freshclam last succeeded 1 h ago" },
		{ { NOW - 9 * DAY, NOW - 7200, "no route" },
		  NOW - 3600,
		  DAY,
		  GRADE_PASS,
		  "freshclam last succeeded 1 h ago" },
		{ { 0, 0, "" }, NOW + 60, DAY, GRADE_PASS, "freshclam last succeeded 0 s ago" },
	};
	struct requirement req = plain;
	char name[200];

	(void)state;
	snprintf(name, sizeof(name), "%s/var/lib/clamav/daily.cvd", folder);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct remembered *k = remembered_new();
		const struct evidence *e;
		struct finding f;

		install();
		unlink(name);
		if (rows[i].written)
			put_at("var/lib/clamav/daily.cvd", rows[i].written);
		remembered_set_updates(k, "clamav", &rows[i].log);
		req.with.antivirus.updater_max_age = rows[i].most;
		look_by(&req, k, &f);
		remembered_free(k);
		e = evidence(&f, "updates");
		assert_non_null(e);
		if (e->grade != rows[i].grade || strcmp(e->what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)e->grade, e->what);
		assert_int_equal(e->demanded, rows[i].most != 0);
	}
}

#define PROGRAMS "0:0:4d5a:Program:CL_TYPE_ANY:CL_TYPE_IGNORED\n"
#define MAIL	 "0:0:582d53696576653a20:Mail:CL_TYPE_ANY:CL_TYPE_MAIL"
#define BLINDS	 "keeps kinds of files from being scanned"

static bool tells(const struct finding *f, const char *name, const char *what)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (strstr(f->evidence[i].what, name) && strstr(f->evidence[i].what, what) &&
		    f->evidence[i].grade == GRADE_FAIL)
			return true;
	return false;
}

static bool kinds_pass(const struct finding *f)
{
	const struct evidence *e = evidence(f, "kinds");

	return e && e->grade == GRADE_PASS;
}

/* A look, while that lies there, grades so, and tells that of it; NULL: nothing. */
static void check_loose(const char *name, const char *text, enum grade grade, const char *what)
{
	char file[200];
	struct finding f;

	snprintf(file, sizeof(file), "var/lib/clamav/%.40s", name);
	put(file, text, 0644);
	look(&f);
	if (f.grade != grade || tells(&f, file, what ? what : "") != (what != NULL))
		fail_msg("%s \"%.60s\": %s", name, text, f.what);
	assert_int_equal(kinds_pass(&f), grade == GRADE_PASS);
	snprintf(file, sizeof(file), "%s/var/lib/clamav/%.40s", folder, name);
	assert_int_equal(unlink(file), 0);
}

/* Not all that clamd reads beside its signatures adds to what it finds. */
static void test_loose(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	static const struct {
		const char *name, *text;
		bool blinds;
	} rows[] = {
		{ "local.cfg", "PE:0x0:1:255\n", true },
		{ ".x.CFG", "", true },
		{ "local.cfg.set-aside", "PE:0x0:1:255\n", false },
		{ "local.ftm", PROGRAMS, true },
		{ ".x.Ftm", "# mine\n" MAIL "\n" PROGRAMS, true },
		{ "x.ftm", "0:0:504b0304:Zip:CL_TYPE_ANY:CL_TYPE_BINARY_DATA:1:255\n", true },
		{ "x.ftm", "0:0:4d5a:CL_TYPE_MAIL:CL_TYPE_MAIL:CL_TYPE_GIF\n", true },
		{ "x.ftm", "0:0:4d5a:x:CL_TYPE_ANY:CL_TYPE_MAILER\n", true },
		{ "x.ftm", "0:0:4d5a:x:CL_TYPE_ANY\n", true },
		{ ".x.ftm.set-aside.2", PROGRAMS, false },
		{ "ftm", PROGRAMS, false },
		{ "mine.ndb", "Mine:0:*:4d5a\n", false },
	};
	static const char *const pardons[] = { "a.ign2", "a.IGN2", "a.fp",  "a.sfp", "a.ign",
					       "a.crb",	 "a.cat",  "a.wdb", ".a.Fp" };
	pid_t pid = start(&good);
	char text[9000];

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++)
		check_loose(rows[i].name, rows[i].text, rows[i].blinds ? GRADE_FAIL : GRADE_PASS,
			    rows[i].blinds ? BLINDS : NULL);
	for (size_t i = 0; i < COUNT(pardons); i++)
		check_loose(pardons[i], "x\n", GRADE_PASS, "names is not found");
	/* As a feed of signatures for mail brings it. */
	check_loose("feed.ftm", "# mail\r\n" MAIL ":51:255\r\n" MAIL, GRADE_PASS,
		    "names is taken for mail");
	/* clamd cuts lines that are longer than its buffer (FILEBUFF). */
	memset(text, '#', sizeof(text));
	strcpy(text + 8191, PROGRAMS);
	check_loose("x.ftm", text, GRADE_FAIL, BLINDS);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void test_database_head(void **state)
{
	static const char *const bad[] = {
		"a:-1:1:90:x:y:z", "a:1:x:90:x:y:z",	      "a:1:1:90:x:y",
		"a::1:90:x:y:z",   "a:4294967296:1:90:x:y:z", "",
	};
	char head[DATABASE_HEAD + 1];
	struct clamd_version v;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		write_head(head, bad[i], 1);
		assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), -EBADMSG);
	}
	write_head(head, "a:27801:1:90:x:y:z", NOW);
	assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), 0);
	assert_int_equal(v.version, 27801);
	assert_int_equal(v.made, NOW);
	assert_int_equal(v.signatures, 1);
	assert_int_equal(database_head_parse(head, DATABASE_HEAD - 1, &v), -EBADMSG);
	head[100] = '\0';
	assert_int_equal(database_head_parse(head, DATABASE_HEAD, &v), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stored_signatures), cmocka_unit_test(test_written),
		cmocka_unit_test(test_updates),		  cmocka_unit_test(test_loose),
		cmocka_unit_test(test_database_head),
	};

	return cmocka_run_group_tests_name("antivirus-signatures", tests, set_up, tear_down);
}
