// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that are right, and a daemon that began with others. */
#include <errno.h>

#include "agent/base/count.h"
#include "agent/posture/antivirus.h"
#include "agent/posture/remembered.h"
#include "tests/unit/clamav.h"

#define CONF	  "etc/clamav/clamd.conf"
#define FRESHCLAM "etc/clamav/freshclam.conf"
#define DROP_IN	  "etc/systemd/system/clamav-daemon.service.d/no.conf"

/* When a file was changed is the kernel's clock, so a look is by that, too. */
static struct timespec changed_at(const char *name)
{
	char file[200];
	struct stat st;

	snprintf(file, sizeof(file), "%s/%s", folder, name);
	assert_return_code(stat(file, &st), errno);
	return st.st_ctim;
}

/* systemd's own note of a run that began so long after that. */
static void begin_run(const char *unit, struct timespec at, long s, long ns)
{
	const long all = at.tv_nsec + ns + 1000000000;
	const struct timespec begun = { at.tv_sec + s + all / 1000000000 - 1, all % 1000000000 };
	const struct timespec times[2] = { begun, begun };
	char link[150];

	put("run/systemd/units/x", "", 0644);
	snprintf(link, sizeof(link), "%s/run/systemd/units/invocation:%s", folder, unit);
	unlink(link);
	assert_return_code(symlink("0123456789abcdef", link), errno);
	assert_return_code(utimensat(AT_FDCWD, link, times, AT_SYMLINK_NOFOLLOW), errno);
}

/* A look at a clamd that answers well, with signatures of the day before. */
static void look_now(const struct requirement *req, struct remembered *k, int64_t now,
		     struct finding *f)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct host host = { .root = dir, .clamd = path, .now = now, .remembered = k };
	const time_t made = now - DAY;
	char version[80];
	struct fake fake = { "PONG", version, 0, 0 };
	struct tm tm;
	pid_t pid;

	strftime(version, sizeof(version), "ClamAV 1.4.6/27801/%a %b %e %H:%M:%S %Y",
		 gmtime_r(&made, &tm));
	put_head("var/lib/clamav/daily.cvd", "27801", made);
	put_head("var/lib/clamav/main.cvd", "62", made);
	pid = start(&fake);
	look_antivirus(req, &host, f);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* One that is seen by its unit and its process alone. */
static void run_unasked(void)
{
	put("run/systemd/system/x", "", 0644);
	put("usr/lib/systemd/system/clamav-daemon.service", "[Unit]\n", 0644);
	put("usr/lib/systemd/system/clamav-daemon.socket", "[Unit]\n", 0644);
	put("sys/fs/cgroup/system.slice/clamav-daemon.service/cgroup.procs", "77\n", 0644);
	put("proc/77/stat", "77 (clamd) S 1 2\n", 0644);
}

static void expect(size_t i, const struct finding *f, enum grade grade, const char *what)
{
	if (f->grade != grade || !strstr(f->what, what) ||
	    (grade == GRADE_FAIL && strstr(what, "since before") &&
	     !strstr(f->todo, "restart it: systemctl restart")))
		fail_msg("%zu: %d: %s; %s", i, (int)f->grade, f->what, f->todo);
}

/* A fault that was told ends by a row that passes; who was not asked tells none. */
static bool tells_well(const struct finding *f)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].probe, "restart"))
			return f->evidence[i].grade == GRADE_PASS;
	return false;
}

/* By when its configuration was changed. */
static void test_changed(void **state)
{
	static const struct {
		long begun, begun_ns, looked; /* from the change on */
		enum grade grade;
		const char *what;
	} rows[] = {
		{ -60, 0, 10, GRADE_FAIL, "clamd runs since before /" CONF " was changed" },
		{ 0, -4000000, 60, GRADE_FAIL, "clamd runs since before" },
		{ -60, 0, 9, GRADE_UNKNOWN, "cannot be told yet: /" CONF " was just" },
		{ 0, 0, 60, GRADE_PASS, "answers" },
		{ 0, 4000000, 60, GRADE_PASS, "answers" },
		/* A clock that was ahead. */
		{ -60, 0, -1, GRADE_PASS, "answers" },
	};

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct timespec at = changed_at(CONF);
		struct finding f;

		begin_run("clamav-daemon.service", at, rows[i].begun, rows[i].begun_ns);
		look_now(&plain, NULL, at.tv_sec + rows[i].looked, &f);
		expect(i, &f, rows[i].grade, rows[i].what);
		assert_int_equal(f.moving, rows[i].grade == GRADE_UNKNOWN);
		assert_int_equal(tells_well(&f), rows[i].grade == GRADE_PASS);
	}
}

static void test_clocks(void **state)
{
	static const struct {
		struct timespec begun, changed;
		int64_t now, booted;
		enum grade grade;
	} rows[] = {
		{ { 1000, 5 }, { 1000, 6 }, 2000, 900, GRADE_FAIL },
		{ { 1000, 5 }, { 1000, 5 }, 2000, 900, GRADE_PASS },
		{ { 1000, 5 }, { 999, 999999999 }, 2000, 900, GRADE_PASS },
		{ { 1000, 5 }, { 1990, 0 }, 2000, 900, GRADE_FAIL },
		{ { 1000, 5 }, { 1991, 0 }, 2000, 900, GRADE_UNKNOWN },
		{ { 1000, 5 }, { 2000, 0 }, 2000, 900, GRADE_UNKNOWN },
		{ { 1000, 5 }, { 2001, 0 }, 2000, 900, GRADE_PASS },
		/* Set right after it began: what was changed before the boot, it has read. */
		{ { 1000, 5 }, { 4000, 0 }, 6000, 5000, GRADE_PASS },
		{ { 1000, 5 }, { 5001, 0 }, 6000, 5000, GRADE_FAIL },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		if (restart_grade(&rows[i].begun, &rows[i].changed, rows[i].now, rows[i].booted) !=
		    rows[i].grade)
			fail_msg("row %zu", i);
}

/* The file that a link leads to may be an old one. */
static void test_link(void **state)
{
	struct timespec at;
	struct finding f;
	char link[150];

	(void)state;
	install();
	put("etc/good.conf", "ScanELF yes\n", 0644);
	at = changed_at("etc/good.conf");
	begin_run("clamav-daemon.service", at, 0, 0);
	snprintf(link, sizeof(link), "%s/" CONF, folder);
	assert_return_code(unlink(link), errno);
	usleep(20000); /* more than a tick of the clock of files */
	assert_return_code(symlink("../good.conf", link), errno);
	look_now(&plain, NULL, at.tv_sec + 60, &f);
	expect(0, &f, GRADE_FAIL, "clamd runs since before /" CONF " was changed");
	begin_run("clamav-daemon.service", at, 1, 0);
	look_now(&plain, NULL, at.tv_sec + 60, &f);
	expect(1, &f, GRADE_PASS, "answers");
}

/* Each part reads its own file; one that is not demanded, or runs not, decides nothing. */
static void test_parts(void **state)
{
	struct requirement req = plain;
	struct provider other = provider_clamav;
	struct timespec at;
	struct finding f;

	(void)state;
	install();
	put(FRESHCLAM, "Checks 24\n", 0644);
	at = changed_at(FRESHCLAM);
	begin_run("clamav-daemon.service", at, 1, 0);
	look_now(&req, NULL, at.tv_sec + 60, &f);
	expect(0, &f, GRADE_PASS, "answers");
	begin_run("clamav-freshclam.service", at, -60, 0);
	look_now(&req, NULL, at.tv_sec + 60, &f);
	expect(1, &f, GRADE_PASS, "answers");
	req.with.antivirus.updater = true;
	put("usr/bin/freshclam", "program", 0755);
	put("sys/fs/cgroup/system.slice/clamav-freshclam.service/cgroup.procs", "78\n", 0644);
	put("proc/78/stat", "78 (freshclam) S 1 2\n", 0644);
	look_now(&req, NULL, at.tv_sec + 60, &f);
	expect(2, &f, GRADE_FAIL, "freshclam runs since before /" FRESHCLAM " was changed");
	assert_false(tells_well(&f));
	/* Of what runs with other files it is not told that it is well. */
	begin_run("clamav-freshclam.service", at, 1, 0);
	put(CONF, "ExcludePath ^/\n", 0644);
	look_now(&req, NULL, at.tv_sec + 60, &f);
	expect(3, &f, GRADE_FAIL, "is not allowed");
	assert_false(tells_well(&f));
	put(CONF, "ScanELF yes\n", 0644);
	/* Others may read theirs again, or write it themselves. */
	other.answer = (struct provider_answer){ .speaks = TONGUE_NONE };
	req.with.antivirus.provider = &other;
	req.with.antivirus.updater = false;
	run_unasked();
	begin_run("clamav-daemon.service", at, -60, 0);
	look_now(&req, NULL, at.tv_sec + 60, &f);
	expect(4, &f, GRADE_PASS, "ClamAV runs");
}

/* What was seen to be wrong, and somebody put right. */
static void test_put_right(void **state)
{
	static const struct {
		const char *file, *wrong, *right, *says, *by; /* right NULL: it goes */
	} rows[] = {
		{ DROP_IN, "[Service]\nExecStart=\nExecStart=/usr/sbin/clamd -c /run/x\n", NULL,
		  "is changed", "clamav-daemon.service" },
		{ "etc/systemd/system/clamav-daemon.service", "[Service]\nExecStart=/x\n", NULL,
		  "is overridden", "clamav-daemon.service" },
		{ CONF, "ExcludePath ^/\n", "ScanELF yes\n", "is not allowed", "/" CONF },
		{ "var/lib/dpkg/info/clamav-base.md5sums",
		  "00000000000000000000000000000000  usr/sbin/clamd\n", NULL,
		  "not as it was packaged", "clamav-base" },
		{ "var/lib/clamav/x.cfg", "PE:0x0\n", NULL,
		  "keeps kinds of files from being scanned", "/var/lib/clamav" },
	};
	struct provider other = provider_clamav;
	struct requirement req = plain;

	(void)state;
	other.answer = (struct provider_answer){ .speaks = TONGUE_NONE };
	req.with.antivirus.provider = &other;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct remembered *k = remembered_new();
		struct timespec at;
		char file[200], says[200];
		struct finding f;

		install();
		run_unasked();
		at = changed_at(CONF);
		begin_run("clamav-daemon.service", at, 0, 0);
		look_now(&req, k, at.tv_sec + 60, &f);
		expect(i, &f, GRADE_PASS, "ClamAV runs");

		put(rows[i].file, rows[i].wrong, 0644);
		look_now(&req, k, at.tv_sec + 60, &f);
		expect(i, &f, GRADE_FAIL, rows[i].says);
		for (size_t e = 0; e < f.n_evidence; e++)
			assert_string_not_equal(f.evidence[e].probe, "restart");

		snprintf(file, sizeof(file), "%s/%s", folder, rows[i].file);
		assert_return_code(unlink(file), errno);
		if (rows[i].right)
			put(rows[i].file, rows[i].right, 0644);
		snprintf(says, sizeof(says), "clamd runs since before %s was put right",
			 rows[i].by);
		for (int again = 0; again < 2; again++) {
			look_now(&req, k, at.tv_sec + 3600, &f);
			expect(i, &f, GRADE_FAIL, says);
		}
		look_now(&req, NULL, at.tv_sec + 3600, &f);
		expect(i, &f, GRADE_PASS, "ClamAV runs"); /* who has not seen it cannot know */

		begin_run("clamav-daemon.service", at, 1, 0);
		look_now(&req, k, at.tv_sec + 3600, &f);
		expect(i, &f, GRADE_PASS, "ClamAV runs");
		begin_run("clamav-daemon.service", at, 0, 0);
		remembered_forget_misled(k);
		look_now(&req, k, at.tv_sec + 3600, &f);
		expect(i, &f, GRADE_PASS, "ClamAV runs");
		remembered_free(k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changed),	  cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_link),	  cmocka_unit_test(test_parts),
		cmocka_unit_test(test_put_right),
	};

	return cmocka_run_group_tests_name("antivirus-restart", tests, set_up, tear_down);
}
