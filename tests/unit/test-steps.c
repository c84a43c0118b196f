// SPDX-License-Identifier: GPL-2.0-or-later
/* Steps of a remedy: programs that are run with nothing of ours, within their time, and heard. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "agent/remedy/remedy.h"
#include "tests/unit/test.h"

#define SH(script) STEP_ARGV("/bin/sh", "-c", script)

/* Runs steps and gives back all that was said. */
static int said(const struct step *steps, char *out, size_t room, struct fault *fault)
{
	FILE *f = tmpfile();
	struct report report = { .fd = fileno(f) };
	_free_ char *text = NULL;
	size_t len;
	int r = steps_run(steps, &report, fault);

	assert_int_equal(io_read_fd(report.fd, 1024 * 1024, &text, &len), 0);
	assert_int_equal(len, report.sent);
	snprintf(out, room, "%s", text);
	fclose(f);
	return r;
}

static void test_program_knows_nothing(void **state)
{
	const struct step steps[] = {
		{ .say = "looking",
		  .limit_s = 10,
		  .argv = SH("env | grep -c SECRET; wc -c; echo $LANG; echo bad >&2; umask") },
		{ 0 },
	};
	char out[500];

	(void)state;
	setenv("LAZARET_SECRET", "x", 1);
	umask(022);
	assert_int_equal(said(steps, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "+ looking\n  0\n  0\n  C.UTF-8\n  bad\n  0022\n");
}

static void test_failure_names_program_and_words(void **state)
{
	const struct step steps[] = {
		{ .say = "a", .limit_s = 10, .argv = SH("echo soft; exit 3"), .may_fail = true },
		{ .say = "b",
		  .limit_s = 10,
		  .argv = SH("echo a; echo E: lock held; echo E: then; exit 100") },
		{ .say = "c", .limit_s = 10, .argv = SH("echo never") },
		{ 0 },
	};
	struct fault f = { 0 };
	char out[500];

	(void)state;
	assert_int_equal(said(steps, out, sizeof(out), &f), -EIO);
	assert_string_equal(f.why, "/bin/sh ended with status 100: E: lock held");
	assert_non_null(strstr(out, "+ b\n"));
	assert_null(strstr(out, "+ c"));
}

/* The first failure that a later step may have to tell as the cause. */
static void test_owed(void **state)
{
	const struct step steps[] = {
		{ .limit_s = 10, .argv = SH("echo none; exit 1"), .may_fail = true },
		{ .limit_s = 10, .argv = SH("echo fine"), .may_fail = true, .owes = true },
		{ .limit_s = 10,
		  .argv = SH("echo gone; exit 100"),
		  .may_fail = true,
		  .owes = true },
		{ .limit_s = 10, .argv = SH("echo more; exit 2"), .may_fail = true, .owes = true },
		{ 0 },
	};
	struct report report = { .fd = open("/dev/null", O_WRONLY | O_CLOEXEC) };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(steps_run(steps, &report, &f), 0);
	assert_string_equal(f.why, "");
	assert_int_equal(report.owed, -EIO);
	assert_string_equal(report.owing.why, "/bin/sh ended with status 100: gone");
	close(report.fd);
}

static void test_absent_and_unneeded(void **state)
{
	const struct step unneeded[] = {
		{ .say = "a", .limit_s = 1, .argv = SH("exit 1"), .needs = "/nonexistent/x" },
		{ 0 },
	};
	const struct step absent[] = {
		{ .limit_s = 1, .argv = STEP_ARGV("/nonexistent/x") },
		{ 0 },
	};
	struct fault f = { 0 };
	char out[500];

	(void)state;
	assert_int_equal(said(unneeded, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "");
	assert_int_equal(said(absent, out, sizeof(out), &f), -ENOENT);
	assert_string_equal(f.why, "cannot start /nonexistent/x: No such file or directory");
}

/* Somebody's dead child may lie around unreaped: it has no command line. */
static bool runs(int pid)
{
	_free_ char *text = NULL;
	char path[64];
	size_t len = 0;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	return io_read(AT_FDCWD, path, 4096, &text, &len) == 0 && len > 0;
}

/* The limit ends the whole group; what a program left behind does not hold it up. */
static void test_time_limit(void **state)
{
	const struct step slow[] = {
		{ .limit_s = 1, .argv = SH("sleep 77 & echo $!; sleep 77") },
		{ 0 },
	};
	const struct step leaves[] = {
		{ .limit_s = 30, .argv = SH("sleep 3 & echo done") },
		{ 0 },
	};
	uint64_t begun = io_awake_ms();
	struct fault f = { 0 };
	char out[500];

	(void)state;
	assert_int_equal(said(leaves, out, sizeof(out), NULL), 0);
	assert_string_equal(out, "  done\n");
	assert_in_range(io_awake_ms() - begun, 0, 2500);
	assert_int_equal(said(slow, out, sizeof(out), &f), -ETIMEDOUT);
	assert_string_equal(f.why, "/bin/sh did not end within 1 s");
	step_sleep(50);
	assert_false(runs(atoi(out)));
}

/* What a policy gives the whole remedy is less than what its steps could take. */
static void test_remedy_limit(void **state)
{
	const struct step slow[] = {
		{ .limit_s = 600, .argv = SH("sleep 77") },
		{ 0 },
	};
	struct report report = { .fd = -1, .end_ms = io_awake_ms() + 300 };
	struct fault f = { 0 }, g = { 0 };

	(void)state;
	assert_int_equal(remedy_limit(REMEDY_PATCHES_INSTALL, 0), REMEDY_LIMIT_MAX);
	assert_int_equal(remedy_limit(REMEDY_ANTIVIRUS_START, 60), 60);
	assert_true(remedy_limit(REMEDY_ANTIVIRUS_START, REMEDY_LIMIT_MAX) < REMEDY_LIMIT_MAX);
	assert_int_equal(steps_run(slow, &report, &f), -ETIMEDOUT);
	assert_true(io_awake_ms() < report.end_ms + 2000);
	step_sleep(20);
	assert_int_equal(steps_run(slow, &report, &g), -ETIMEDOUT);
	assert_string_equal(g.why, "no time is left for /bin/sh");
	report.end_ms = 0;
	assert_int_equal(step_left(&report, 5), 5);
}

static void test_output_is_bounded(void **state)
{
	const struct step steps[] = {
		{ .limit_s = 60,
		  .argv = SH("yes 0123456789 | head -n 100000; echo E: last; exit 1") },
		{ 0 },
	};
	char *out = malloc(STEP_OUTPUT_MAX * 2);
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(said(steps, out, STEP_OUTPUT_MAX * 2, &f), -EIO);
	assert_in_range(strlen(out), STEP_OUTPUT_MAX - 500, STEP_OUTPUT_MAX + 500);
	assert_non_null(strstr(f.why, "E: last"));
	free(out);
}

/* What a package manager says before and after the cause is not the cause. */
static void test_causes(void **state)
{
	static const struct {
		const char *says, *why;
	} rows[] = {
		{ "Reading...\nE: no such package\nE: and so on", "E: no such package" },
		{ "Error: \n Problem: cannot install the best update candidate for package a\n"
		  "  - nothing provides b needed by a-2\n(try to add x)",
		  "- nothing provides b needed by a-2" },
		{ "Error: \n Problem: package a-2 requires b, but none can be installed\n"
		  "  - cannot install both b-1 and b-2",
		  "Problem: package a-2 requires b, but none can be installed" },
		{ "  - Curl error (7)\nError: Failed to download metadata for repo 'a'",
		  "Error: Failed to download metadata for repo 'a'" },
		{ "one\ntwo", "two" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct step steps[] = {
			{ .limit_s = 60,
			  .argv = STEP_ARGV("/bin/sh", "-c", "echo \"$1\"; exit 1", "sh",
					    rows[i].says) },
			{ 0 },
		};
		struct fault f = { 0 };
		char out[1000], why[200];

		snprintf(why, sizeof(why), "/bin/sh ended with status 1: %s", rows[i].why);
		assert_int_equal(said(steps, out, sizeof(out), &f), -EIO);
		assert_string_equal(f.why, why);
	}
}

static void test_env_is_not_to_blame(void **state)
{
	struct report nobody = { .fd = -1, .sent = STEP_OUTPUT_MAX };
	struct fault f = { 0 };

	(void)state;
	assert_int_equal(step_exec(STEP_ARGV("/usr/bin/env", "A=1", "B=2", "/bin/sh", "-c",
					     "exit $A$B"),
				   60, &nobody, &f),
			 -EIO);
	assert_string_equal(f.why, "/bin/sh ended with status 12");
}

static void keep_line(void *ctx, const char *line)
{
	strcat(ctx, line);
}

static void test_lines_are_read(void **state)
{
	struct report nobody = { .fd = -1 };
	struct fault f = { 0 };
	char all[40] = "";

	(void)state;
	assert_int_equal(step_read(STEP_ARGV("/bin/sh", "-c", "echo a; echo b >&2; echo c"), 60,
				   &nobody, keep_line, all, &f),
			 0);
	assert_string_equal(all, "abc");
	assert_int_equal(nobody.sent, 0);
}

/* What others wrote, a command line for one, is no line of its own at the other end. */
static void test_lines_of_others(void **state)
{
	int pair[2];
	char said[100];
	struct report report;
	ssize_t n;

	(void)state;
	assert_int_equal(pipe(pair), 0);
	report = (struct report){ .fd = pair[1] };
	report_line(&report, "+ ", "act av x\n+ act av y\r+ z");
	n = read(pair[0], said, sizeof(said) - 1);
	assert_true(n > 0);
	said[n] = '\0';
	assert_string_equal(said, "+ act av x?+ act av y?+ z\n");
	close(pair[0]);
	close(pair[1]);
}

/* A reader that is gone does not stop the work. */
static void test_reader_gone(void **state)
{
	int pair[2];
	struct report report;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	close(pair[1]);
	report = (struct report){ .fd = pair[0] };
	assert_int_equal(step_exec(SH("echo a; echo b"), 10, &report, NULL), 0);
	assert_int_equal(report.sent, 0);
	close(pair[0]);
}

static void test_tables(void **state)
{
	static const struct step *const all[] = {
		steps_patches_install,	 steps_antivirus_start,	    steps_antivirus_enable,
		steps_antivirus_restore, steps_antivirus_reinstall, steps_firewall_enable,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		const struct step *s = all[i];

		for (; s->argv || s->call; s++) {
			assert_false(s->argv && s->call);
			if (!s->argv)
				continue;
			assert_int_equal(s->argv[0][0], '/');
			assert_in_range(s->limit_s, 1, 7200);
		}
		assert_true(s > all[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_knows_nothing),
		cmocka_unit_test(test_failure_names_program_and_words),
		cmocka_unit_test(test_owed),
		cmocka_unit_test(test_absent_and_unneeded),
		cmocka_unit_test(test_time_limit),
		cmocka_unit_test(test_remedy_limit),
		cmocka_unit_test(test_output_is_bounded),
		cmocka_unit_test(test_reader_gone),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_env_is_not_to_blame),
		cmocka_unit_test(test_lines_are_read),
		cmocka_unit_test(test_lines_of_others),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
