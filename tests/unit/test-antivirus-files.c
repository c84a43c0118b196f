// SPDX-License-Identifier: GPL-2.0-or-later
/* The files behind an antivirus's good answer: programs and settings. */
#include <errno.h>

#include "agent/posture/remembered.h"
#include "agent/posture/whole.h"
#include "tests/unit/clamav.h"

#define SLICE "sys/fs/cgroup/system.slice/"

/* What is wrong with a host whose clamd answers as it should. */
static void test_behind_the_answer(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	static const struct {
		const char *file, *text, *what;
		mode_t mode;
		enum grade grade;
	} rows[] = {
		{ "usr/sbin/clamd", "program", "cannot be executed: its mode is 644", 0644,
		  GRADE_FAIL },
		{ "usr/sbin/clamd", "program", "may be changed by others", 0757, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "ScanPE yes\n  scanelf\t= No\n",
		  "/etc/clamav/clamd.conf, line 2: ScanELF No is not allowed", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "ExcludePath ^/proc/\nExcludePath \"^/\"\n",
		  "line 2: ExcludePath ^/ is not allowed", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "MaxFileSize 0\nMaxScanSize 100K\n",
		  "line 2: MaxScanSize 100K", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "OnAccessExcludePath /\nDatabaseDirectory /tmp/x\n",
		  "line 2: DatabaseDirectory /tmp/x", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "TemporaryDirectory /sys\n",
		  "line 1: TemporaryDirectory /sys", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "TemporaryDirectory /var/tmp\nDisableCertCheck yes\n",
		  "line 2: DisableCertCheck yes", 0644, GRADE_FAIL },
		{ "etc/clamav/clamd.conf", "OnAccessExcludePath /\nOnAccessMaxThreads 0\n",
		  "answers", 0644, GRADE_PASS },
		{ "var/lib/clamav/daily.cvd", "ClamAV-VDB:", "stored signatures are damaged", 0644,
		  GRADE_FAIL },
		{ "var/lib/clamav/main.cvd", "", "damaged: /var/lib/clamav/main.cvd", 0644,
		  GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "00000000000000000000000000000000  usr/sbin/clamd\n",
		  "clamav-daemon: /usr/sbin/clamd is not as it was packaged", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n"
		  "00000000000000000000000000000000  usr/share/doc/gone\n"
		  "00000000000000000000000000000000  usr/bin/gone\n",
		  "clamav-daemon: /usr/bin/gone is gone", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums",
		  "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n", "answers", 0644,
		  GRADE_PASS },
		{ "var/lib/dpkg/info/libclamav12:amd64.md5sums",
		  "00000000000000000000000000000000  usr/lib/libclamav.so.12\n",
		  "libclamav12:amd64: /usr/lib/libclamav.so.12 is gone", 0644, GRADE_FAIL },
		{ "var/lib/dpkg/info/libclamav-dev:amd64.md5sums",
		  "00000000000000000000000000000000  usr/lib/libclamav.so.12\n", "answers", 0644,
		  GRADE_PASS },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums", "no list at all\n",
		  "clamav-daemon cannot be compared: its hashes are gone or", 0644, GRADE_UNKNOWN },
		{ "var/lib/dpkg/info/clamav-daemon.md5sums", "", "its hashes are gone", 0644,
		  GRADE_UNKNOWN },
		{ "var/lib/dpkg/info/clamav-daemon.list", "", "its hashes are gone", 0644,
		  GRADE_UNKNOWN },
		{ SLICE "clamav-daemon.service/cpu.max", "4999 100000\n",
		  "clamav-daemon.service gets less than a twentieth of a processor", 0644,
		  GRADE_FAIL },
		{ SLICE "clamav-daemon.service/cpu.max", "5000 100000\n", "answers", 0644,
		  GRADE_PASS },
		{ SLICE "clamav-daemon.service/../cpu.max", "4999 100000\n",
		  "clamav-daemon.service gets less than a twentieth", 0644, GRADE_FAIL },
	};
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		install();
		look(&f);
		assert_string_equal(f.what,
				    "ClamAV 1.4.6 answers; its signatures 27801 are 1 d old");
		assert_int_equal(f.grade, GRADE_PASS);
		put(rows[i].file, rows[i].text, rows[i].mode);
		look(&f);
		if (!strstr(f.what, rows[i].what))
			fail_msg("\"%s\" is not in \"%s\"", rows[i].what, f.what);
		assert_int_equal(f.grade, rows[i].grade);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static size_t count_told(const struct finding *f, const char *end)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n_evidence; i++) {
		const char *what = f->evidence[i].what, *at = strstr(what, end);

		n += at && !strcmp(at, end);
	}
	return n;
}

/* Of the largest provider that a policy can declare no probe is lost. */
static void test_largest(void **state)
{
	struct provider p = provider_clamav;
	struct requirement req = plain;
	struct finding f;

	(void)state;
	install();
	put("run/systemd/system/x", "", 0644);
	p.answer.speaks = TONGUE_NONE;
	p.n_units = p.n_settings = p.packages.n = p.libraries.n = PROVIDER_ROWS;
	for (int i = 0; i < PROVIDER_ROWS; i++) {
		char file[100];

		snprintf(p.units[i].name, sizeof(p.units[i].name), "u%d.service", i);
		snprintf(p.units[i].program, sizeof(p.units[i].program), "/usr/sbin/p%d", i);
		p.units[i].part = PART_DAEMON;
		put(p.units[i].program + 1, "program", 0755);
		p.settings[i] = (struct provider_setting){ .key = "K", .has_at_least = true };
		snprintf(p.settings[i].file, sizeof(p.settings[i].file), "/etc/f%d.conf", i);
		put(p.settings[i].file + 1, "K 1\n", 0644);
		snprintf(p.packages.rows[i], PROVIDER_TEXT_MAX, "package-%d", i);
		snprintf(p.libraries.rows[i], PROVIDER_TEXT_MAX, "l%dib", i);
		snprintf(file, sizeof(file), "var/lib/dpkg/info/l%dib1.list", i);
		put(file, "", 0644);
		snprintf(file, sizeof(file), "var/lib/dpkg/info/l%dib1.md5sums", i);
		put(file, "00000000000000000000000000000000  usr/share/doc/x\n", 0644);
	}
	put("var/lib/clamav/x.ign2", "", 0644);
	req.with.antivirus.provider = &p;
	look_by(&req, NULL, &f);
	assert_int_equal(count_told(&f, " is there"), PROVIDER_ROWS);
	assert_int_equal(count_told(&f, "has no unit file"), PROVIDER_ROWS);
	assert_int_equal(count_told(&f, ".service"), PROVIDER_ROWS);
	assert_int_equal(count_told(&f, "says nothing that is not allowed"), PROVIDER_ROWS);
	assert_int_equal(count_told(&f, "no package of that name is installed"), PROVIDER_ROWS);
	assert_int_equal(count_told(&f, "is as it was packaged"), PROVIDER_ROWS);
	assert_int_equal(f.n_crowded, 0);
	assert_true(f.n_evidence > 6 * PROVIDER_ROWS);
	assert_string_equal(f.evidence[f.n_evidence - 1].probe, "passed over");
}

/* Of what runs it is told only: accounts of a directory service are in no file. */
static void test_account(void **state)
{
	static const char gone[] = "the account clamav is gone: clamd cannot start",
			  there[] = "the account clamav is there";
	static const struct {
		const char *passwd, *image;
		bool runs;
		const char *what; /* NULL: nothing is told */
	} rows[] = {
		{ NULL, NULL, false, NULL },
		{ "root:x:0:0::/root:/bin/sh\n", NULL, false, gone },
		{ "root:x:0:0::/root:/bin/sh\n", NULL, true, gone },
		{ "clamavx:x:1:1::/:/\nx:clamav:\n", NULL, false, gone },
		{ "root:x:0:0::/root:/bin/sh\nclamav:x:101:106::/:/bin/false", NULL, false, there },
		{ "root:x:0:0::/root:/bin/sh\n", "clamav:x:101:106::/:/bin/false\n", false, there },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct evidence *e;
		struct finding f;

		install();
		put("run/systemd/system/x", "", 0644);
		if (rows[i].passwd)
			put("etc/passwd", rows[i].passwd, 0644);
		if (rows[i].image)
			put("usr/lib/passwd", rows[i].image, 0644);
		if (rows[i].runs)
			put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.events",
			    "populated 1\nfrozen 0\n", 0644);
		look(&f);
		e = evidence(&f, "account");
		assert_int_equal(e != NULL, rows[i].what != NULL);
		if (!e)
			continue;
		assert_string_equal(e->what, rows[i].what);
		assert_int_equal(e->grade, rows[i].what == gone ? GRADE_FAIL : GRADE_PASS);
		assert_int_equal(e->demanded, !rows[i].runs);
	}
}

/* It decides nothing, and is told: another program's may be in it for good. */
static void test_preload(void **state)
{
	static const struct {
		const char *text, *what; /* NULL: nothing is told */
	} rows[] = {
		{ "", NULL },
		{ " \n\t\n", NULL },
		{ "\n /usr/lib/x.so /usr/lib/y.so\n",
		  "all programs load /usr/lib/x.so: /etc/ld.so.preload" },
	};
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct evidence *last;

		put("etc/ld.so.preload", rows[i].text, 0644);
		look(&f);
		assert_int_equal(f.grade, GRADE_PASS);
		last = &f.evidence[f.n_evidence - 1];
		assert_int_equal(!strcmp(last->probe, "preload"), rows[i].what != NULL);
		if (rows[i].what) {
			assert_string_equal(last->what, rows[i].what);
			assert_int_equal(last->grade, GRADE_FAIL);
			assert_false(last->demanded);
		}
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What finds no room is said to be there, and counts. */
static void test_crowded(void **state)
{
	struct finding f = { .grade = GRADE_PASS };
	const struct evidence *last = &f.evidence[EVIDENCE_MAX - 1];

	(void)state;
	for (int i = 0; i < EVIDENCE_MAX; i++)
		finding_note(&f, "note", GRADE_FAIL, "%d", i);
	assert_int_equal(f.n_evidence, EVIDENCE_MAX);
	assert_string_equal(last->what, "63");
	finding_tell(&f, "told", GRADE_PASS, NULL, "well");
	assert_string_equal(last->probe, "more");
	assert_string_equal(last->what, "2 more were looked at, and find no room here");
	assert_true(last->demanded && last->grade == GRADE_PASS);
	finding_tell(&f, "told", GRADE_FAIL, "mend it", "bad");
	finding_tell(&f, "told", GRADE_UNKNOWN, NULL, "unseen");
	assert_string_equal(last->what, "4 more were looked at, and find no room here");
	assert_int_equal(last->grade, GRADE_FAIL);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "bad");
	assert_int_equal(f.n_evidence, EVIDENCE_MAX);
}

#define SUMS "var/lib/dpkg/info/clamav-daemon.md5sums"

/* A FIFO without a writer says nothing to us, and to its daemon something else; nobody waits. */
static void test_no_regular_file(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	static const mode_t kinds[] = { S_IFIFO, S_IFSOCK, S_IFDIR };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	static const char file[] = "etc/clamav/clamd.conf";
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		install();
		assert_int_equal(unlinkat(dir, file, 0), 0);
		assert_int_equal(kinds[i] == S_IFDIR ? mkdirat(dir, file, 0755)
						     : mknodat(dir, file, kinds[i] | 0644, 0),
				 0);
		look(&f);
		assert_int_equal(f.grade, GRADE_FAIL);
		assert_string_equal(f.what, "/etc/clamav/clamd.conf is no regular file");
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* What is larger than a look's share is compared all the same, when its turn has come. */
static void test_large(void **state)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct remembered *k = remembered_new();
	size_t budget = WHOLE_PER_LOOK - 1;
	char name[200], wrong[120];

	(void)state;
	install();
	put("opt/large", "", 0755);
	snprintf(name, sizeof(name), "%s/opt/large", folder);
	assert_int_equal(truncate(name, (off_t)WHOLE_PER_LOOK + 1024 * 1024), 0);
	put(SUMS, "a359f08e59828efe8a94742db4fcb208  opt/large\n", 0644);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EAGAIN);
	budget = WHOLE_PER_LOOK;
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), 0);
	assert_int_equal(budget, 0);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), 0); /* remembered */
	assert_int_equal(truncate(name, (off_t)1024 * 1024 * 1024), 0);
	budget = WHOLE_PER_LOOK;
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EFBIG);
	assert_non_null(strstr(wrong, "/opt/large: File too large"));
	unlink(name);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EUCLEAN);
	remembered_free(k);
}

/* What was found good as one file is no good as another: a link to it, or a mount. */
static void test_taken_for_another(void **state)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct remembered *k = remembered_new();
	size_t budget = WHOLE_PER_LOOK;
	char wrong[120];

	(void)state;
	install();
	put("usr/bin/freshclam", "another program", 0755);
	put(SUMS,
	    "1cb9267ca58e1ef8685b9f72e1bbab1c  usr/bin/freshclam\n"
	    "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n",
	    0644);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), 0);
	assert_int_equal(unlinkat(dir, "usr/sbin/clamd", 0), 0);
	assert_int_equal(symlinkat("../bin/freshclam", dir, "usr/sbin/clamd"), 0);
	assert_int_equal(whole_look(dir, "clamav-daemon", k, &budget, wrong), -EUCLEAN);
	assert_string_equal(wrong, "/usr/sbin/clamd is not as it was packaged");
	remembered_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_the_answer),
		cmocka_unit_test(test_largest),
		cmocka_unit_test(test_account),
		cmocka_unit_test(test_preload),
		cmocka_unit_test(test_crowded),
		cmocka_unit_test(test_no_regular_file),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_taken_for_another),
	};

	return cmocka_run_group_tests_name("antivirus-files", tests, set_up, tear_down);
}
