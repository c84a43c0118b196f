// SPDX-License-Identifier: GPL-2.0-or-later
/* Since when patches are offered, through restarts, kills and clocks that leap. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/judge.h"
#include "tests/unit/offers.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static void test_restart(void **state)
{
	_drop_(drop_findings) struct findings *one = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *held = lacking(1, PATCH_HELD, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *two = lacking(2, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	_drop_(drop_findings) struct findings *none = lacking(0, PATCH_AVAILABLE, 0, 0);
	struct offered *o = anew();

	(void)state;
	look(o, one, T0);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	look(o, two, T0 + DAY);
	assert_int_equal(until(o, two, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* A hold stops no clock. */
	look(o, held, T0 + DAY);
	assert_int_equal(until(o, held, 5, false, T0 + DAY), 0);
	look(o, one, T0 + DAY);
	assert_int_equal(until(o, one, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* A look that was not whole forgets nothing. */
	offered_begin(o);
	offered_end(o, false);
	assert_int_equal(until(o, one, 5, false, T0 + DAY), T0 + 2 * DAY);
	/* What is mended and comes back is another matter. */
	look(o, none, T0 + DAY);
	look(o, one, T0 + 3 * DAY);
	assert_int_equal(until(o, one, 5, false, T0 + 3 * DAY), T0 + 5 * DAY);
	offered_close(o);
}

static void test_damaged(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(3, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();
	struct stat st;
	int fd;

	(void)state;
	look(o, f, T0);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	for (off_t at = 0; at < st.st_size; at++) {
		char was, bad;

		fd = openat(folder, "offered", O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &was, 1, at), 1);
		bad = (char)(was ^ 1);
		assert_int_equal(pwrite(fd, &bad, 1, at), 1);
		o = reopen(o, -EBADMSG);
		assert_int_equal(until(o, f, 5, false, T0), 0);
		assert_int_equal(pwrite(fd, &was, 1, at), 1);
		close(fd);
	}
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0), T0 + 2 * DAY);
	/* Cut short, it is no file of ours; and it is written anew. */
	fd = openat(folder, "offered", O_RDWR | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, st.st_size / 2), 0);
	close(fd);
	o = reopen(o, -EBADMSG);
	look(o, f, T0 + DAY);
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 + DAY), T0 + 3 * DAY);
	offered_close(o);
}

/* Adds one more each time until it is killed. */
static void grow(void)
{
	struct offered *o = NULL;

	if (offered_open(folder, &o, NULL) < 0)
		_exit(1);
	for (size_t n = 1; n < 1000; n++) {
		struct findings *f = lacking(n, PATCH_AVAILABLE, SEVERITY_HIGH, 0);

		offered_begin(o);
		if (offered_see(o, f, PATCHES_FAIL_ON, T0 + (int64_t)n) < 0 || offered_keep(o) < 0)
			_exit(1);
		findings_free(f);
	}
	_exit(0);
}

static void test_kill(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);

	(void)state;
	offered_close(anew());
	for (int i = 0; i < 12; i++) {
		pid_t pid = fork();
		struct offered *o;
		int status;

		if (pid == 0)
			grow();
		while (i && faccessat(folder, "offered", F_OK, 0) < 0)
			usleep(100);
		usleep((useconds_t)(i * 700));
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
		o = reopen(NULL, 0);
		/* What was on disk once stays as it was. */
		if (i)
			assert_int_equal(until(o, f, 5, false, T0), T0 + 1 + 2 * DAY);
		offered_close(o);
	}
}

static void test_leap(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(1, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();

	(void)state;
	look(o, f, T0);
	offered_leap(o, leap_of_all(1000 * DAY));
	assert_int_equal(until(o, f, 5, false, T0 + 1000 * DAY), T0 + 1002 * DAY);
	offered_leap(o, leap_of_all(-2000 * DAY));
	assert_int_equal(offered_keep(o), 0);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 - 1000 * DAY), T0 - 998 * DAY);
	offered_leap(o, (struct leap){ -DAY, T0 - 1000 * DAY + 1 });
	assert_int_equal(until(o, f, 5, false, T0 - 1000 * DAY), T0 - 998 * DAY);
	/* Set back while nobody ran: what seems to come from the future comes from now. */
	look(o, f, T0 - 1005 * DAY);
	assert_int_equal(until(o, f, 5, false, T0 - 1005 * DAY), T0 - 1003 * DAY);
	offered_close(o);
}

static int64_t cpu_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Many cost little, and nothing at all once they are on disk. */
static void test_many(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(5000, PATCH_AVAILABLE, SEVERITY_HIGH, 0);
	struct offered *o = anew();
	struct stat was, st;
	int64_t before;

	(void)state;
	look(o, f, T0);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &was, 0), 0);
	assert_true(was.st_size < 5000 * 40);
	before = cpu_ms();
	look(o, f, T0 + HOUR);
	assert_int_equal(until(o, f, 5, false, T0 + HOUR), T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	print_message("a round over 5000: %d ms\n", (int)(cpu_ms() - before));
	assert_true(cpu_ms() - before < 500);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	assert_int_equal(st.st_ino, was.st_ino);
	offered_close(o);
}

/* More than are remembered: what is worst is, and the disk is left alone afterwards. */
static void test_too_many(void **state)
{
	_drop_(drop_findings) struct findings *f = lacking(OFFERED_MAX, PATCH_AVAILABLE,
							   SEVERITY_LOW, 0);
	struct patch worst = { .package = "worst",
			       .installed = "1",
			       .severity = SEVERITY_CRITICAL };
	struct offered *o = anew();
	struct stat was, st;

	(void)state;
	look(o, f, T0);
	assert_int_equal(findings_add(f, &worst), 0);
	look(o, f, T0 + DAY);
	assert_int_equal(until(o, f, 5, false, T0 + DAY), T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &was, 0), 0);
	look(o, f, T0 + 2 * DAY);
	assert_int_equal(offered_keep(o), 0);
	assert_int_equal(fstatat(folder, "offered", &st, 0), 0);
	assert_int_equal(st.st_ino, was.st_ino);
	o = reopen(o, 0);
	assert_int_equal(until(o, f, 5, false, T0 + 2 * DAY), T0 + 2 * DAY);
	offered_close(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart), cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_kill),	cmocka_unit_test(test_leap),
		cmocka_unit_test(test_many),	cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, open_root, close_root);
}
