// SPDX-License-Identifier: GPL-2.0-or-later
/* What an antivirus answers, whoever asks it, and what is seen of one that is not asked. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/posture/remembered.h"
#include "agent/posture/witnessed.h"
#include "tests/unit/clamav.h"

static void test_answers(void **state)
{
	static const struct {
		struct fake fake;
		enum grade grade;
		const char *what;
	} rows[] = {
		{ { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "ClamAV 1.4.6 answers; its signatures 27801 are 1 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Sun Nov  1 09:00:00 2026", 0, 0 },
		  GRADE_PASS,
		  "are 0 s old" },
		{ { "PONG", "ClamAV 1.4.6/27801/Thu Oct 29 07:59:00 2026", 0, 0 },
		  GRADE_FAIL,
		  "27801 are 3 d 1 min old; the policy allows 3 d" },
		{ { "PONG", "ClamAV 1.4.6/27801/Tue Nov  3 08:00:00 2026", 0, 0 },
		  GRADE_UNKNOWN,
		  "from the future" },
		{ { "PONG", "ClamAV 1.4.6", 0, 0 }, GRADE_FAIL, "has no daily signatures" },
		{ { "PONG", "ClamAV 1.4.6/27801/yesterday", 0, 0 }, GRADE_UNKNOWN, "yesterday" },
		{ { "PONG", "", 0, 0 }, GRADE_UNKNOWN, "names its signatures" },
		{ { "pong", "", 0, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
		{ { "PONG", NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { NULL, NULL, 0, 0 }, GRADE_FAIL, "does not answer" },
		{ { "PONG and no end", NULL, 4, 0 }, GRADE_UNKNOWN, "cannot ask clamd" },
	};

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++) {
		pid_t pid = start(&rows[i].fake);
		uint64_t begun = io_boot_ms();
		struct finding f;

		look(&f);
		assert_in_range(io_boot_ms() - begun, 0, 1300); /* a second, and the look */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(f.grade, rows[i].grade);
		assert_non_null(strstr(f.what, rows[i].what));
		assert_int_equal(!*f.todo, f.grade == GRADE_PASS);
	}
}

static void test_nobody_listens(void **state)
{
	static const struct fake fake;
	struct finding f;
	char name[200];
	pid_t pid;

	(void)state;
	unlink(path);
	snprintf(name, sizeof(name), "%s/usr/sbin/clamd", folder);
	unlink(name);
	look(&f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not installed"));

	install();
	look(&f);
	assert_non_null(strstr(f.what, "not running"));

	/* The socket a killed clamd leaves behind. */
	pid = start(&fake);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	look(&f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_non_null(strstr(f.what, "not running"));
}

/* systemd's own note of a run that began so long ago. */
static void begin_run(long ago)
{
	const struct timespec times[2] = { { NOW - ago, 0 }, { NOW - ago, 0 } };
	char units[100], link[150];

	put("run/systemd/units/x", "", 0644);
	snprintf(units, sizeof(units), "%s/run/systemd/units", folder);
	snprintf(link, sizeof(link), "%s/invocation:clamav-daemon.service", units);
	assert_return_code(symlink("0123456789abcdef", link), errno);
	assert_return_code(utimensat(AT_FDCWD, link, times, AT_SYMLINK_NOFOLLOW), errno);
}

/* It reads its signatures first, for as long as a minute; to start it anew would cost it that. */
static void test_starts(void **state)
{
	static const struct {
		long ago;
		const char *events, *what, *todo;
	} rows[] = {
		{ 12, "populated 1\n", "clamd was started 12 s ago and does not answer on",
		  "give it time" },
		{ 599, "populated 1\n", "clamd was started 9 min 59 s ago", "give it time" },
		{ 600, "populated 1\n", "clamd does not answer on", "systemctl restart" },
		{ -1, "populated 1\n", "clamd does not answer on", "systemctl restart" },
		{ 12, "populated 0\n", "clamd is not running", "systemctl start" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct finding f;

		install();
		unlink(path);
		begin_run(rows[i].ago);
		put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.events",
		    rows[i].events, 0644);
		look(&f);
		assert_int_equal(f.grade, GRADE_FAIL);
		if (!strstr(f.what, rows[i].what) || !strstr(f.todo, rows[i].todo))
			fail_msg("row %zu: %s; %s", i, f.what, f.todo);
	}
}

static void test_version_parse(void **state)
{
	static const char *const bad[] = {
		"",
		"/1/Sun Nov  1 08:00:00 2026",
		"ClamAV/",
		"ClamAV/0/Sun Nov  1 08:00:00 2026",
		"ClamAV/-1/Sun Nov  1 08:00:00 2026",
		"ClamAV/1",
		"ClamAV/1/",
		"ClamAV/1/Sun Nov  1 08:00:00 2026 ",
		"ClamAV/1/Sun nov  1 08:00:00 2026",
		"ClamAV/1/Sun anF  1 08:00:00 2026",
		"ClamAV/1/Sun No  1 08:00:00 2026",
		"ClamAV/1/Sun Nov 32 08:00:00 2026",
		"ClamAV/1/Sun Nov  1 24:00:00 2026",
		"ClamAV/1/Sun Nov  1 08:00:00 1",
		"ClamAV/9999999999/Sun Nov  1 08:00:00 2026",
		"0123456789012345678901234567890123456789012345678901234567890123",
	};
	struct clamd_version v;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(clamd_version_parse(bad[i], &v), -EBADMSG);
	assert_int_equal(clamd_version_parse("ClamAV 1.0/5/Sun Nov  1 08:00:00 2026", &v), 0);
	assert_string_equal(v.engine, "ClamAV 1.0");
	assert_int_equal(v.version, 5);
	assert_int_equal(v.made, NOW);
}

/* The test file: what is asked for, how often, and what each answer means. */
static void test_proof(void **state)
{
	static const struct {
		const char *answer, *what;
		enum grade grade;
	} rows[] = {
		{ "stream: Eicar-Test-Signature FOUND", "answers", GRADE_PASS },
		{ "stream: OK", "took the test file of antivirus for clean", GRADE_FAIL },
		{ "INSTREAM size limit exceeded. ERROR", "did not say", GRADE_UNKNOWN },
		{ " FOUND", "did not say", GRADE_UNKNOWN },
	};
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	req.with.antivirus.proof_every = 3600;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 };
		struct remembered *remembered = remembered_new();
		pid_t pid;

		proof = rows[i].answer;
		pid = start(&fake);
		look_by(&req, remembered, &f);
		assert_non_null(strstr(f.what, rows[i].what));
		assert_int_equal(f.grade, rows[i].grade);
		assert_int_equal(remembered_proof(remembered, "clamav").at,
				 f.grade == GRADE_PASS ? NOW : 0);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);

		/* Within the hour a proof is not asked for again; one that failed is. */
		proof = "stream: OK";
		pid = start(&fake);
		look_by(&req, remembered, &f);
		assert_int_equal(f.grade, rows[i].grade == GRADE_PASS ? GRADE_PASS : GRADE_FAIL);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		remembered_free(remembered);
	}
}

/* How long one counts is the policy's to say; one from the future may be of any age. */
static void test_proof_ages(void **state)
{
	static const struct {
		uint64_t every;
		long age;
		enum grade grade; /* of a daemon that finds nothing any more */
	} rows[] = {
		{ 3600, 0, GRADE_PASS },     { 3600, 3599, GRADE_PASS }, { 3600, 3600, GRADE_FAIL },
		{ 3600, -1, GRADE_FAIL },    { DAY, 3600, GRADE_PASS },	 { DAY, DAY, GRADE_FAIL },
		{ 0, 10 * DAY, GRADE_PASS }, /* none is asked for */
	};
	static const struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	struct requirement req = plain;
	pid_t pid;

	(void)state;
	install();
	proof = "stream: OK";
	pid = start(&fake);
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct proof was = { NOW - rows[i].age, 0, 27801 };
		struct remembered *k = remembered_new();
		struct finding f;

		remembered_set_proof(k, "clamav", &was);
		req.with.antivirus.proof_every = rows[i].every;
		look_by(&req, k, &f);
		if (f.grade != rows[i].grade)
			fail_msg("row %zu: %s", i, f.what);
		remembered_free(k);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* A proof is of one process and its signatures, and of before no repair. */
static void test_proof_anew(void **state)
{
	static const char procs[] = "sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs";
	struct fake fake = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0, 0 };
	struct remembered *k = remembered_new();
	struct requirement req = plain;

	(void)state;
	install();
	put(procs, "77\n", 0644);
	req.with.antivirus.proof_every = 3600;
	for (int i = 0; i < 5; i++) {
		struct finding f;
		pid_t pid;

		/* At first all is well; then nothing changed, and then this. */
		proof = i ? "stream: OK" : "stream: Eicar FOUND";
		if (i == 2)
			put(procs, "78\n", 0644);
		if (i == 3)
			fake.version = "ClamAV 1.4.6/27802/Sat Oct 31 08:00:00 2026";
		if (i == 4)
			remembered_forget_words(k);
		pid = start(&fake);
		look_by(&req, k, &f);
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		assert_int_equal(f.grade, i < 2 ? GRADE_PASS : GRADE_FAIL);
		remembered_set_proof(k, "clamav",
				     &(struct proof){ NOW, i < 2 ? 77 : 78,
						      i < 3 ? 27801 : 27802 });
	}
	remembered_free(k);
}

/* One that is not asked, and whose process lazaretd does not see. */
static void test_hidden(void **state)
{
	static const struct {
		const char *line, *what;
		enum grade grade;
		bool moving;
	} rows[] = {
		{ "", "nobody has seen whether", GRADE_UNKNOWN, false },
		{ "process clamav clamav-daemon.service 77 S", "ClamAV runs", GRADE_PASS, false },
		{ "process clamav clamav-daemon.service 77 T",
		  "process 77 of clamav-daemon.service is stopped", GRADE_FAIL, false },
		{ "process clamav clamav-daemon.service 77 -", "/usr/sbin/clamd does not run",
		  GRADE_FAIL, false },
		{ "process clamav clamav-daemon.service 76 S", "nobody has seen yet", GRADE_UNKNOWN,
		  true },
	};
	struct provider provider = provider_clamav;
	struct remembered *k = remembered_new();
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	put("usr/lib/systemd/system/clamav-daemon.service", "[Unit]\n", 0644);
	put("usr/lib/systemd/system/clamav-daemon.socket", "[Unit]\n", 0644);
	put("run/systemd/system/x", "", 0644);
	provider.answer.speaks = TONGUE_NONE;
	req.with.antivirus.provider = &provider;
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "77\n", 0644);
	for (size_t i = 0; i < COUNT(rows); i++) {
		bool news;

		assert_int_equal(witnessed_hear(k, rows[i].line, NOW, &news), *rows[i].line != 0);
		look_by(&req, k, &f);
		if (f.grade != rows[i].grade || f.moving != rows[i].moving ||
		    !strstr(f.what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)f.grade, f.what);
	}
	remembered_free(k);
}

/* What its vendor's program said, and for how long that counts. */
static void test_command(void **state)
{
	static const struct {
		int64_t age;
		int err;
		const char *why, *what;
		enum grade grade;
	} rows[] = {
		{ 0, 0, "", "ClamAV runs", GRADE_PASS },
		{ HEALTH_MAX_AGE, 0, "", "ClamAV runs", GRADE_PASS },
		{ HEALTH_MAX_AGE + 1, 0, "", "nobody has asked /usr/bin/mdatp yet", GRADE_UNKNOWN },
		{ -60, 0, "", "nobody has asked", GRADE_UNKNOWN },
		{ 0, -EIO, "it is not well", "it is not well", GRADE_FAIL },
		{ 0, -ENOTCONN, "no socket", "no socket", GRADE_UNKNOWN },
	};
	struct provider provider = provider_clamav;
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	provider.answer = (struct provider_answer){ .speaks = TONGUE_COMMAND, .ask = HEALTH_MDATP };
	req.with.antivirus.provider = &provider;
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "77\n", 0644);
	look_by(&req, NULL, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_false(f.moving);
	assert_non_null(
		strstr(f.what, "nobody has seen whether the process of clamav-daemon.service"));
	put("proc/77/stat", "77 (clamd) S 1 2\n", 0644);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct remembered *remembered = remembered_new();
		struct health_word w = { .at = NOW - rows[i].age, .err = rows[i].err };

		strcpy(w.why, rows[i].why);
		assert_true(remembered_set_health(remembered, HEALTH_MDATP, &w));
		assert_false(remembered_set_health(remembered, HEALTH_MDATP, &w));
		look_by(&req, remembered, &f);
		if (f.grade != rows[i].grade || !strstr(f.what, rows[i].what))
			fail_msg("row %zu: %d: %s", i, (int)f.grade, f.what);
		if (f.grade == GRADE_FAIL)
			assert_non_null(strstr(f.todo, "/usr/bin/mdatp health --output json says"));
		remembered_free(remembered);
	}

	/* What it says is of a daemon that runs. */
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "", 0644);
	look_by(&req, NULL, &f);
	assert_non_null(strstr(f.what, "does not run"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),	      cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_version_parse), cmocka_unit_test(test_proof),
		cmocka_unit_test(test_proof_anew),    cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_starts),	      cmocka_unit_test(test_command),
		cmocka_unit_test(test_proof_ages),
	};

	return cmocka_run_group_tests_name("antivirus", tests, set_up, tear_down);
}
