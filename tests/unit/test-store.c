// SPDX-License-Identifier: GPL-2.0-or-later
/* The linker hands these calls of the store to the test (--wrap), which fails or dies in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/base/io.h"
#include "policy/floor.h"
#include "policy/store.h"
#include "tests/unit/test.h"

#define POLICY(mode, every)                                                                    \
	"{\"mode\":\"" mode "\",\"look_every\":\"" every "\",\"requirements\":[{\"id\":\"f\"," \
	"\"check\":\"firewall\",\"grace\":\"0s\"}],"                                           \
	"\"allow\":{\"policy\":[{\"to\":\"192.0.2.1\",\"tcp\":[443]}]}}"
#define OLD   POLICY("audit", "5min")
#define NEW   POLICY("enforce", "6min")
#define DIED  99
#define STEPS 200 /* more than a store_put() takes */

static int steps = -1; /* calls left before the trouble; -1: no trouble */
static int trouble;    /* the error all later calls give, or 0 to die at once */

static bool stumble(bool may_fail)
{
	if (steps < 0 || (steps > 0 && --steps > 0))
		return false;
	if (!trouble)
		_exit(DIED);
	errno = trouble;
	return may_fail;
}

#define WRAP(type, name, args, pass, may_fail)                      \
	type __real_##name args;                                    \
	type __wrap_##name args;                                    \
	type __wrap_##name args                                     \
	{                                                           \
		return stumble(may_fail) ? -1 : __real_##name pass; \
	}
WRAP(int, mkdirat, (int d, const char *n, mode_t m), (d, n, m), true)
WRAP(ssize_t, write, (int d, const void *p, size_t n), (d, p, n), true)
WRAP(int, fsync, (int d), (d), true)
WRAP(int, symlinkat, (const char *t, int d, const char *n), (t, d, n), true)
WRAP(int, renameat, (int a, const char *n, int b, const char *m), (a, n, b, m), true)
/* Whatever is full or broken, removing still works; but one can die there. */
WRAP(int, unlinkat, (int d, const char *n, int f), (d, n, f), false)

struct place {
	char path[64];
	int dir;
};

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->path, "/tmp/test-store.XXXXXX");
	assert_non_null(mkdtemp(p->path));
	assert_int_equal(store_open(p->path, &p->dir, NULL), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	char command[100];

	close(p->dir);
	snprintf(command, sizeof(command), "rm -rf %s", p->path);
	assert_int_equal(system(command), 0);
	free(p);
	return 0;
}

static int put(int dir, const char *text, uint64_t version, bool *changed)
{
	struct accepted a = { version, 2000, 1000 };
	bool ignored;

	return store_put(dir, text, strlen(text), &a, changed ? changed : &ignored, NULL);
}

/* The version in force, after checking that all of its generation belongs together. */
static uint64_t in_force(int dir)
{
	struct policy *policy = NULL;
	struct accepted a = { 0 };
	struct fault f = { 0 };
	struct stat st;

	if (store_read(dir, &policy, &a, &f) != 0)
		fail_msg("store_read: %s", f.why);
	assert_int_equal(a.expires, 2000);
	assert_int_equal(policy->look_every, a.version == 1 ? 300 : 360);
	assert_int_equal(fstatat(dir, "current/enforce", &st, 0) == 0,
			 policy->mode == MODE_ENFORCE);
	policy_free(policy);
	return a.version;
}

static int count_generations(int dir)
{
	DIR *d = fdopendir(openat(dir, ".", O_RDONLY | O_DIRECTORY));
	struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		n += !strncmp(e->d_name, "generation-", 11) || strstr(e->d_name, ".new");
	closedir(d);
	return n;
}

static void test_put_and_read(void **state)
{
	struct place *p = *state;
	struct policy *policy = NULL;
	_free_ char *text = NULL;
	struct allow allow = { 0 };
	struct accepted a;
	bool changed;
	size_t len;

	assert_int_equal(store_read(p->dir, &policy, &a, NULL), -ENOENT);
	assert_int_equal(put(p->dir, OLD, 1, &changed), 0);
	assert_true(changed);
	assert_int_equal(in_force(p->dir), 1);
	assert_int_equal(put(p->dir, OLD, 1, &changed), 0);
	assert_false(changed);
	assert_int_equal(put(p->dir, NEW, 2, &changed), 0);
	assert_true(changed);
	assert_int_equal(in_force(p->dir), 2);
	assert_int_equal(count_generations(p->dir), 1);
	assert_int_equal(io_read(p->dir, "current/allow.json", 4096, &text, &len), 0);
	assert_int_equal(policy_parse_allow(text, len, &allow, NULL), 0);
	assert_int_equal(allow.n_out, 1);
	allow_free(&allow);
}

static void test_expiry_alone_is_no_change(void **state)
{
	struct place *p = *state;
	struct accepted a = { 1, 3000, 1500 }, got;
	struct policy *policy = NULL;
	bool changed;

	assert_int_equal(put(p->dir, OLD, 1, NULL), 0);
	assert_int_equal(store_put(p->dir, OLD, strlen(OLD), &a, &changed, NULL), 0);
	assert_false(changed);
	assert_int_equal(store_read(p->dir, &policy, &got, NULL), 0);
	assert_int_equal(got.expires, 3000);
	policy_free(policy);
}

static void test_one_writer(void **state)
{
	struct place *p = *state;
	struct fault f = { 0 };
	int other;

	assert_int_equal(store_open(p->path, &other, &f), -EBUSY);
	assert_non_null(strstr(f.why, "another lazaret-vet"));
}

static void test_keep_and_load(void **state)
{
	struct place *p = *state;
	char *text = NULL;
	size_t len;

	assert_int_equal(store_keep(&p->dir, "root.json", "abc", 3), 0);
	assert_int_equal(store_keep(&p->dir, "targets/policy.json", "de", 2), 0);
	assert_int_equal(store_load(&p->dir, "root.json", &text, &len), 0);
	assert_string_equal(text, "abc");
	free(text);
	assert_int_equal(io_read(p->dir, "targets/policy.json", 9, &text, &len), 0);
	assert_int_equal(len, 2);
	free(text);
	assert_int_equal(store_load(&p->dir, "snapshot.json", &text, &len), -ENOENT);
}

/* Killed before each of its calls in turn: the old policy or the new one, and room for a next. */
static void test_killed_anywhere(void **state)
{
	struct place *p = *state;
	int status = -1, n;

	for (n = 1; n < STEPS && status != 0; n++) {
		pid_t pid;

		assert_int_equal(put(p->dir, OLD, 1, NULL), 0);
		pid = fork();
		if (pid == 0) {
			steps = n;
			_exit(put(p->dir, NEW, 2, NULL) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		assert_true(WEXITSTATUS(status) == DIED || WEXITSTATUS(status) == 0);
		in_force(p->dir);
	}
	assert_in_range(n, 15, STEPS - 1);
	assert_int_equal(in_force(p->dir), 2);
	assert_int_equal(count_generations(p->dir), 1);
}

static void test_disk_full_anywhere(void **state)
{
	struct place *p = *state;
	int r = -1, n;

	trouble = ENOSPC;
	for (n = 1; n < STEPS && r != 0; n++) {
		assert_int_equal(put(p->dir, OLD, 1, NULL), 0);
		steps = n;
		r = put(p->dir, NEW, 2, NULL);
		steps = -1;
		assert_true(r == 0 || r == -ENOSPC);
		in_force(p->dir);
		assert_int_equal(count_generations(p->dir), 1);
	}
	trouble = 0;
	assert_in_range(n, 10, STEPS - 1);
}

static void test_floor_moves(void **state)
{
	static const struct {
		int64_t floor, clock, bound, want;
	} rows[] = {
		{ 0, 1000, 0, 0 },	     /* nothing was accepted yet */
		{ 0, 1000, 2000, 1000 },     /* follows the clock */
		{ 1000, 500, 2000, 1000 },   /* not back */
		{ 1000, 99999, 2000, 2000 }, /* not beyond what was signed */
		{ 2000, 1500, 3000, 2000 },  /* the clock is right again, the floor waits */
		{ 5000, 1500, 3000, 5000 },  /* a shorter expiry takes nothing back */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(floor_move(rows[i].floor, rows[i].clock, rows[i].bound),
				 rows[i].want);
}

static void test_floor_is_kept(void **state)
{
	static const char *const damaged[] = { "",     "\n",	"12",
					       "-5\n", "1e9\n", "9999999999999999999\n" };
	struct place *p = *state;
	int64_t now;

	assert_int_equal(floor_read(p->dir), 0);
	assert_int_equal(floor_raise(p->dir, 100000, 200000, &now, NULL), 0);
	assert_int_equal(now, 100000);
	assert_int_equal(floor_raise(p->dir, 100000 + FLOOR_STEP - 1, 200000, &now, NULL), 0);
	assert_int_equal(floor_read(p->dir), 100000);
	assert_int_equal(floor_raise(p->dir, 400, 200000, &now, NULL), 0);
	assert_int_equal(now, 100000);
	/* Expired is written at once, whatever the step. */
	assert_int_equal(floor_raise(p->dir, 500000, 100001, &now, NULL), 0);
	assert_int_equal(now, 500000);
	assert_int_equal(floor_read(p->dir), 100001);
	for (size_t i = 0; i < COUNT(damaged); i++) {
		const char *text = damaged[i];

		assert_int_equal(io_replace(p->dir, FLOOR_FILE, text, strlen(text), 0644), 0);
		assert_int_equal(floor_read(p->dir), 0);
	}
}

/* Whatever happens while it is written, it never goes down. */
static void test_floor_survives(void **state)
{
	static const int troubles[] = { 0, ENOSPC };
	struct place *p = *state;
	int64_t now;

	assert_int_equal(floor_raise(p->dir, 100000, 900000, &now, NULL), 0);
	for (int i = 0; i < 2; i++) {
		int64_t to = 200000 + 100000 * i;
		int status = -1, n;

		for (n = 1; n < STEPS && status != 0; n++) {
			pid_t pid = fork();

			if (pid == 0) {
				steps = n;
				trouble = troubles[i];
				_exit(floor_raise(p->dir, to, 900000, &now, NULL) < 0);
			}
			assert_int_equal(waitpid(pid, &status, 0), pid);
			assert_in_range(floor_read(p->dir), 100000, to);
		}
		assert_in_range(n, 4, STEPS - 1);
		assert_int_equal(floor_read(p->dir), to);
	}
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_put_and_read),	   ROW(test_expiry_alone_is_no_change),
		ROW(test_one_writer),	   ROW(test_keep_and_load),
		ROW(test_killed_anywhere), ROW(test_disk_full_anywhere),
		ROW(test_floor_moves),	   ROW(test_floor_is_kept),
		ROW(test_floor_survives),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
