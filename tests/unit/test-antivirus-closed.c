// SPDX-License-Identifier: GPL-2.0-or-later
/* What of an antivirus lazaretd, which is not root, may not see, and what nobody can replace. */
#include <linux/fs.h>
#include <stdarg.h>

#include "agent/base/count.h"
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

static const char *locked = ""; /* the file with flags, below the root */
static int flags;

int __wrap_ioctl(int fd, unsigned long request, ...);
int __wrap_ioctl(int fd, unsigned long request, ...)
{
	_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat a, b;
	va_list ap;

	assert_int_equal(request, FS_IOC_GETFLAGS);
	assert_false(fcntl(fd, F_GETFL) & O_PATH); /* the kernel would refuse it */
	va_start(ap, request);
	*va_arg(ap, int *) = fstat(fd, &a) == 0 && fstatat(dir, locked, &b, 0) == 0 &&
					     a.st_ino == b.st_ino
				     ? flags
				     : FS_EXTENT_FL;
	va_end(ap);
	return 0;
}

/* It decides nothing: a remedy that meets it takes it away. */
static void test_locks(void **state)
{
	static const struct {
		const char *file;
		int flags;
		bool told;
	} rows[] = {
		{ "usr/sbin/clamd", FS_IMMUTABLE_FL, true },
		{ "usr/sbin/clamd", FS_APPEND_FL | FS_EXTENT_FL, true },
		{ "usr/sbin/clamd", FS_NODUMP_FL, false },
		{ "etc/clamav/clamd.conf", FS_IMMUTABLE_FL, true },
		{ "var/lib/clamav/daily.cvd", FS_IMMUTABLE_FL, true },
		{ "var/lib/dpkg/info/libclamav12:amd64.list", FS_IMMUTABLE_FL, false },
	};
	static const struct fake good = { "PONG", "ClamAV 1.4.6/27801/Sat Oct 31 08:00:00 2026", 0,
					  0 };
	pid_t pid = start(&good);

	(void)state;
	install();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct evidence *e;
		struct finding f;
		char what[120];

		locked = rows[i].file;
		flags = rows[i].flags;
		look(&f);
		assert_int_equal(f.grade, GRADE_PASS);
		e = evidence(&f, "locks");
		if ((e != NULL) != rows[i].told)
			fail_msg("row %zu: %s", i, e ? e->what : "nothing is told");
		if (!e)
			continue;
		snprintf(what, sizeof(what), "/%s cannot be replaced: chattr +i", rows[i].file);
		assert_string_equal(e->what, what);
		assert_int_equal(e->grade, GRADE_FAIL);
		assert_false(e->demanded);
	}
	flags = 0;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_closed_signatures),
		cmocka_unit_test(test_closed_settings),
		cmocka_unit_test(test_locks),
	};

	return cmocka_run_group_tests_name("antivirus-closed", tests, set_up, tear_down);
}
