// SPDX-License-Identifier: GPL-2.0-or-later
/* What an antivirus has on disk to find anything by. */
#include <errno.h>

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
		cmocka_unit_test(test_stored_signatures),
		cmocka_unit_test(test_database_head),
	};

	return cmocka_run_group_tests_name("antivirus-signatures", tests, set_up, tear_down);
}
