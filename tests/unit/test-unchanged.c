// SPDX-License-Identifier: GPL-2.0-or-later
/* What a look costs on a host where nothing has changed: counted where calls are made. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define NOON	  1795262400 /* Sat, 21 Nov 2026 12:00:00 UTC */
#define DAY	  86400
#define CALLS_MAX 10
#define STEM	  APT_LISTS "/deb.example_dists_bookworm-security_"
#define RELEASE                                                      \
	"Label: Debian-Security\nSuite: stable-security\nCodename: " \
	"bookworm-security\nDate: Sat, 21 Nov 2026 06:00:00 UTC\n"
#define STATUS(version) \
	"Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: " version "\n\n"

static void put(const struct root *r, const char *name, const char *text)
{
	const struct timespec t[2] = { { NOON - DAY, 0 }, { NOON - DAY, 0 } };

	assert_int_equal(root_put(r, name, text, strlen(text)), 0);
	assert_int_equal(utimensat(r->fd, name, t, 0), 0);
}

static void put_host(const struct root *r)
{
	put(r, OS_RELEASE, "ID=debian\nVERSION_ID=12\nVERSION_CODENAME=bookworm\n");
	put(r, DPKG_STATUS, STATUS("1"));
	put(r, STEM "InRelease", RELEASE);
	put(r, STEM "main_binary-amd64_Packages", "Package: a\nArchitecture: all\nVersion: 2\n\n");
}

static enum grade look(const struct root *r, struct patches *p, uint64_t max_age, bool all)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = max_age,
							   .all_updates = all,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = NOON, .patches = p };
	struct finding f = { 0 };

	look_patches(&req, &host, &f);
	return f.grade;
}

/* Looks again, between two calls that nothing else makes, and waits to be watched. */
static void __attribute__((noreturn)) child(const struct root *r, struct patches *p)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
		_exit(2);
	raise(SIGSTOP);
	syscall(SYS_getppid);
	look(r, p, 7 * DAY, false);
	syscall(SYS_getppid);
	_exit(0);
}

/* The number of the next call that the child begins; -1 at its end. */
static long next_call(pid_t pid)
{
	struct __ptrace_syscall_info info;
	int status;

	do {
		if (ptrace(PTRACE_SYSCALL, pid, NULL, NULL) < 0 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return -1;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
			return -1;
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY);
	return (long)info.entry.nr;
}

static bool opens(long call)
{
#ifdef SYS_open
	if (call == SYS_open)
		return true;
#endif
	return call == SYS_openat || call == SYS_openat2 || call == SYS_read || call == SYS_mmap;
}

static void test_calls(void **state)
{
	struct patches *p = patches_new();
	int status, n = 0;
	struct root r;
	pid_t pid;
	long call;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r);
	assert_int_equal(look(&r, p, 7 * DAY, false), GRADE_FAIL);
	pid = fork();
	if (!pid)
		child(&r, p);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSTOPPED(status));
	assert_int_equal(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD), 0);
	while ((call = next_call(pid)) != SYS_getppid)
		assert_int_not_equal(call, -1);
	for (; (call = next_call(pid)) != SYS_getppid; n++) {
		assert_int_not_equal(call, -1);
		assert_false(opens(call));
	}
	assert_in_range(n, 1, CALLS_MAX);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	patches_free(p);
	root_close(&r);
}

/* Requirements that differ in age or in what counts do not make each other read again. */
static void test_neighbours(void **state)
{
	static const struct {
		uint64_t max_age;
		bool all;
	} rows[] = { { 7 * DAY, false }, { 2 * DAY, false }, { DAY, true }, { 3600, false } };
	struct patches *p = patches_new();
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_FAIL);
	/* Of the same size and time: only who reads it would see that it has the update. */
	put(&r, DPKG_STATUS, STATUS("2"));
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_FAIL);
	/* Lists that are too old for this one are read each time, and stay good for the others. */
	assert_int_equal(look(&r, p, rows[3].max_age, rows[3].all), GRADE_UNKNOWN);
	assert_int_equal(look(&r, p, rows[0].max_age, rows[0].all), GRADE_FAIL);
	patches_forget(p);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(look(&r, p, rows[i].max_age, rows[i].all), GRADE_PASS);
	patches_free(p);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_calls),
		cmocka_unit_test(test_neighbours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
