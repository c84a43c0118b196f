// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-keep is killed before each system call that changes something on disk: there are the
 * copies before or the new ones, never half of them, and the next run makes the new ones.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "agent/base/count.h"
#include "agent/remedy/copies.h"
#include "tests/unit/cut.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

#define RULES	 20000 /* bytes: more than one write of a small buffer */
#define KEPT	 COPIES_FOLDER "/" COPIES_FILE
#define KEPT_NEW COPIES_FOLDER "/" COPIES_FILE ".new"

static struct root lab; /* its etc and lib are this process' /etc and /var/lib */

struct text {
	char *data;
	size_t len;
};

static void configure(char rule)
{
	static char rules[RULES];

	memset(rules, rule, sizeof(rules));
	assert_int_equal(root_put(&lab, "etc/ufw/user.rules", rules, sizeof(rules)), 0);
	assert_int_equal(root_put(&lab, "etc/default/ufw", &rule, 1), 0);
}

static const char *program(char out[PATH_MAX])
{
	char self[PATH_MAX];

	assert_non_null(realpath(program_invocation_name, self));
	*strrchr(self, '/') = '\0';
	assert_true(snprintf(out, PATH_MAX, "%s/../../agent/remedy/lazaret-keep", self) < PATH_MAX);
	return out;
}

/* One run that dies before its n-th change; how many changes there were. */
static int keep(int n)
{
	char path[PATH_MAX];
	pid_t child;

	program(path);
	child = fork();
	if (child == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		/* A sanitizer cannot look for leaks in who is traced. */
		setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == 0 && dup2(null, STDOUT_FILENO) >= 0)
			execl(path, path, (char *)NULL);
		_exit(127);
	}
	return cut_follow(child, n);
}

static struct text kept(void)
{
	struct text t = { 0 };

	assert_int_equal(io_read(AT_FDCWD, KEPT, COPIES_MAX, &t.data, &t.len), 0);
	return t;
}

static bool same(const struct text *a, const struct text *b)
{
	return a->len == b->len && !memcmp(a->data, b->data, a->len);
}

/* The rules say what to try next; so at no moment there is a copy that others could read. */
static void assert_roots_alone(void)
{
	static const struct {
		const char *path;
		mode_t mode;
	} rows[] = {
		{ COPIES_FOLDER, S_IFDIR | 0700 },
		{ KEPT, S_IFREG | 0600 },
		{ KEPT_NEW, S_IFREG | 0600 },
	};
	struct stat st;

	for (size_t i = 0; i < COUNT(rows); i++) {
		if (lstat(rows[i].path, &st) < 0)
			continue;
		assert_int_equal(st.st_uid, 0);
		assert_int_equal(st.st_mode, rows[i].mode);
	}
}

static void assert_one_of(const struct text *before, const struct text *after, int n)
{
	struct text now = { 0 };
	struct copies *copies = NULL;
	int r = io_read(AT_FDCWD, KEPT, COPIES_MAX, &now.data, &now.len);

	assert_roots_alone();
	if (r == -ENOENT && !before)
		return;
	if (r < 0 || (!same(&now, after) && (!before || !same(&now, before))))
		fail_msg("killed before change %d: neither the old copies nor the new ones", n);
	assert_int_equal(copies_parse(now.data, now.len, &copies), 0);
	copies_free(copies);
	free(now.data);
}

static void test_killed_at_each_change(void **state)
{
	struct text before, after;
	int all;

	(void)state;
	configure('a');
	keep(CUT_NEVER);
	before = kept();
	configure('b');
	all = keep(CUT_NEVER);
	after = kept();
	assert_false(same(&before, &after));
	assert_in_range(all, 5, 100);
	print_message("killed before each of %d changes\n", all);
	for (int n = 1; n <= all; n++) {
		assert_int_equal(io_replace(AT_FDCWD, KEPT, before.data, before.len, 0600), 0);
		assert_int_equal(keep(n), n);
		assert_one_of(&before, &after, n);
		keep(CUT_NEVER);
		assert_one_of(NULL, &after, n);
		assert_int_equal(access(KEPT_NEW, F_OK), -1);
	}
	free(before.data);
	free(after.data);
}

static void test_killed_the_first_time(void **state)
{
	struct text after;
	int all;

	(void)state;
	configure('c');
	keep(CUT_NEVER);
	after = kept();
	nftw(COPIES_FOLDER, root_unlink, 16, FTW_DEPTH | FTW_PHYS);
	all = keep(CUT_NEVER);
	for (int n = 1; n <= all; n++) {
		nftw(COPIES_FOLDER, root_unlink, 16, FTW_DEPTH | FTW_PHYS);
		assert_int_equal(keep(n), n);
		assert_one_of(NULL, &after, n);
		keep(CUT_NEVER);
		assert_one_of(NULL, &after, n);
		assert_int_equal(access(KEPT, F_OK), 0);
	}
	free(after.data);
}

static int bind(const char *name, const char *onto)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", lab.path, name);
	return mount(path, onto, NULL, MS_BIND, NULL);
}

/* What is mounted here is seen by nobody else. */
static int open_lab(void **state)
{
	(void)state;
	if (root_open(&lab) < 0 || root_put(&lab, "lib/lazaret/x", "", 0) < 0)
		return -1;
	configure('0');
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	       bind("etc", "/etc") || bind("lib", "/var/lib");
}

static int close_lab(void **state)
{
	(void)state;
	umount2("/etc", MNT_DETACH);
	umount2("/var/lib", MNT_DETACH);
	root_close(&lab);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_each_change),
		cmocka_unit_test(test_killed_the_first_time),
	};

	return cmocka_run_group_tests_name("keep-cut", tests, open_lab, close_lab);
}
