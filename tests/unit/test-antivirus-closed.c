// SPDX-License-Identifier: GPL-2.0-or-later
/* What of an antivirus lazaretd, which is not root, may not see. */
#include "tests/unit/clamav.h"

#define NOBODY 65534
#define SUMS   "var/lib/dpkg/info/clamav-daemon.md5sums"

/* lazaretd is not root: what it may not see, it does not call as packaged. */
static void test_closed(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	install();
	assert_int_equal(chmod(folder, 0755) | chmod(path, 0666), 0);
	put(SUMS, "a9c449d4fa44e9e5a41c574ae55ce4d9  usr/sbin/clamd\n", 0644);
	assert_int_equal(fchmodat(dir, "usr/sbin/clamd", 0700, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	look(&f);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_non_null(strstr(f.what, "clamav-daemon cannot be compared: /usr/sbin/clamd: Perm"));

	/* A product that closes its folder can be told by the rest. */
	assert_int_equal(fchmodat(dir, "usr/sbin", 0700, 0), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	look(&f);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_string_equal(f.evidence[0].what,
			    "/usr/sbin/clamd lies where lazaretd may not look: its unit and its "
			    "process tell");
	assert_int_equal(fchmodat(dir, "usr/sbin", 0755, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void look_as_nobody(const struct requirement *req, struct finding *f)
{
	assert_int_equal(seteuid(NOBODY), 0);
	look_by(req, NULL, f);
	assert_int_equal(seteuid(0), 0);
}

static enum grade graded(const struct finding *f, const char *what)
{
	for (size_t i = 0; i < f->n_evidence; i++)
		if (!strcmp(f->evidence[i].what, what))
			return f->evidence[i].grade;
	fail_msg("nobody says \"%s\"", what);
	return GRADE_PASS;
}

/* A folder of signatures that lazaretd may not enter: a daemon that has told their age vouches. */
static void test_closed_signatures(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	install();
	assert_int_equal(chmod(folder, 0755) | chmod(path, 0666), 0);
	assert_int_equal(fchmodat(dir, "var/lib/clamav", 0700, 0), 0);
	look_as_nobody(&plain, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	assert_int_equal(graded(&f, "lazaretd may not read /var/lib/clamav/daily.cld: those that "
				    "are loaded tell"),
			 GRADE_UNKNOWN);
	assert_int_equal(fchmodat(dir, "var/lib/clamav", 0755, 0), 0);
	put("var/lib/clamav/x.ftm", "0:0:4d5a:Program:CL_TYPE_ANY:CL_TYPE_IGNORED\n", 0400);
	look_as_nobody(&plain, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.what, "lazaretd may not read /var/lib/clamav/x.ftm");
	assert_int_equal(unlinkat(dir, "var/lib/clamav/x.ftm", 0), 0);
	assert_int_equal(fchmodat(dir, "var/lib/clamav", 0700, 0), 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	look_as_nobody(&plain, &f);
	assert_int_equal(graded(&f, "stored signatures cannot be read: "
				    "/var/lib/clamav/daily.cld: Permission denied"),
			 GRADE_UNKNOWN);
}

/* What the daemon's file says nothing else shows; an updater's may be its own. */
static void test_closed_settings(void **state)
{
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct requirement req = plain;
	pid_t pid = start(&good);
	struct finding f;

	(void)state;
	install();
	put("usr/bin/freshclam", "program", 0755);
	put("etc/clamav/freshclam.conf", "PrivateMirror 192.0.2.9\n", 0400);
	req.with.antivirus.updater = true;
	assert_int_equal(chmod(folder, 0755) | chmod(path, 0666), 0);
	look_by(&req, NULL, &f);
	assert_int_equal(graded(&f, "/etc/clamav/freshclam.conf, line 1: PrivateMirror 192.0.2.9 "
				    "is not allowed"),
			 GRADE_FAIL);
	look_as_nobody(&req, &f);
	assert_int_equal(graded(&f, "lazaretd may not read /etc/clamav/freshclam.conf"),
			 GRADE_UNKNOWN);
	req.with.antivirus.updater = false;
	look_as_nobody(&req, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	put("etc/clamav/clamd.conf", "ExcludePath ^/\n", 0400);
	look_as_nobody(&req, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.what, "lazaretd may not read /etc/clamav/clamd.conf");
	assert_string_equal(f.todo, "let lazaretd read it: setfacl -m g:lazaret:r "
				    "/etc/clamav/clamd.conf");
	assert_int_equal(fchmodat(dir, "etc/clamav", 0700, 0), 0);
	look_as_nobody(&req, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.todo, "let lazaretd into its folder: setfacl -m g:lazaret:x "
				    "/etc/clamav");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_closed_signatures),
		cmocka_unit_test(test_closed_settings),
	};

	return cmocka_run_group_tests_name("antivirus-closed", tests, set_up, tear_down);
}
