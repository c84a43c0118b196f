// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ledger while it is written: killed at every system call, on a full disk, opened late; a trim
 * of which each call fails.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/ledger.h"
#include "agent/memory.h"
#include "tests/unit/ledgers.h"
#include "tests/unit/test.h"

static int fails_at; /* the how-manieth call from now on fails, once; 0: none does */
static bool owed;    /* something was written, and not synced since */

static bool stumble(void)
{
	errno = EIO;
	return fails_at && !--fails_at;
}

#define WRAP(type, name, args, pass)                        \
	type __real_##name args;                            \
	type __wrap_##name args;                            \
	type __wrap_##name args                             \
	{                                                   \
		return stumble() ? -1 : __real_##name pass; \
	}
WRAP(int, openat, (int d, const char *n, int f, mode_t m), (d, n, f, m))
WRAP(off_t, lseek, (int d, off_t to, int how), (d, to, how))
WRAP(int, renameat, (int a, const char *n, int b, const char *m), (a, n, b, m))
WRAP(int, fsync, (int d), (d))

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	owed = true;
	return stumble() ? -1 : __real_write(fd, p, n);
}

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd)
{
	int r = stumble() ? -1 : __real_fdatasync(fd);

	owed &= r < 0;
	return r;
}

/* A child writes 1, 2, 3... and says so after each; it dies at its n-th system call. */
static int write_and_die(int calls, int out)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct memory *m = NULL;
		struct fault fault = { 0 };

		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		if (memory_open(folder, &m, &fault) < 0)
			_exit(1);
		for (char i = 1; i <= 5; i++) {
			fail_since(m, "r", i);
			if (i == 3) /* many at once, so that the file is trimmed */
				for (int k = 0; k < 1100; k++) {
					memory_tell(m, ENTRY_REPAIR, "x", k, "%0200d", k);
					if (k % 150 == 0)
						memory_keep(m);
				}
			if (memory_keep(m) < 0 || write(out, &i, 1) != 1)
				_exit(1);
		}
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD);
	for (int i = 0; i < calls && WIFSTOPPED(status); i++) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		waitpid(pid, &status, 0);
	}
	if (!WIFSTOPPED(status))
		return 0;
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return 1;
}

static void test_killed_at_every_call(void **state)
{
	int calls = 0, died;

	(void)state;
	do {
		struct memory *m = anew();
		int64_t since;
		char said = 0;
		int out[2];

		memory_close(m);
		assert_int_equal(pipe(out), 0);
		died = write_and_die(calls++, out[1]);
		close(out[1]);
		while (read(out[0], &said, 1) == 1)
			;
		close(out[0]);
		m = reopen(NULL, 0);
		since = memory_past(m, "r")->since;
		assert_in_range(since, said, said + 1); /* what was said to be kept is kept */
		memory_close(m);
	} while (died);
	print_message("killed at each of %d stops at system calls\n", calls - 1);
	assert_true(calls > 50);
}

static void test_kept_is_synced(void **state)
{
	struct memory *m = anew();

	(void)state;
	for (int i = 1; i < 5; i++) {
		fail_since(m, "a", i);
		owed = false;
		fails_at = i % 2 ? 0 : 2; /* of the two calls the second, which syncs */
		assert_int_equal(memory_keep(m), i % 2 ? 0 : -EIO);
		assert_int_equal(owed, i % 2 == 0);
	}
	fails_at = 0;
	memory_close(m);
}

static void note_value(void *ctx, const struct entry *e)
{
	*(int64_t *)ctx = e->value;
}

/* Each call of a trim fails in its turn: what is said to be kept afterwards is kept. */
static void test_trim_fails(void **state)
{
	_free_ char *half = NULL, *text = NULL;
	struct memory *m = anew();
	int64_t last = 0;
	size_t len;
	int at = 0;

	(void)state;
	tell_many(m, 600);
	fail_since(m, "first", 77);
	assert_int_equal(memory_keep(m), 0);
	memory_close(m);
	assert_int_equal(io_read(AT_FDCWD, file("ledger"), 1 << 20, &half, &len), 0);
	assert_true(asprintf(&text, "%s%s", half, half) > 0);
	do {
		assert_int_equal(io_replace(AT_FDCWD, file("ledger"), text, 2 * len, 0600), 0);
		m = reopen(NULL, 0);
		fail_since(m, "a", 1);
		fails_at = ++at;
		memory_keep(m);
		fails_at = fails_at ? -1 : 0; /* none did, it was the last one */
		fail_since(m, "second", 88);
		assert_int_equal(memory_keep(m), 0);
		assert_int_equal(memory_read(m, note_value, &last), 0);
		assert_int_equal(last, 88);
		m = reopen(m, 0);
		assert_int_equal(memory_past(m, "first")->since, 77);
		assert_int_equal(memory_past(m, "a")->since, 1);
		assert_int_equal(memory_past(m, "second")->since, 88);
		memory_close(m);
	} while (!fails_at);
	fails_at = 0;
	print_message("a trim failed at each of %d calls\n", at - 1);
	assert_true(at > 10);
}

/* The bound of a file's size stands for the disk's: a write is cut short, then refused. */
static void test_full_disk(void **state)
{
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit full = { 0, RLIM_INFINITY };
	struct memory *m = anew();
	struct stat st;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fail_since(m, "a", 1);
	assert_int_equal(memory_keep(m), 0);
	assert_int_equal(stat(file("ledger"), &st), 0);
	for (int left = 0; left < 60; left += 7) {
		full.rlim_cur = (rlim_t)(st.st_size + left);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
		fail_since(m, "b", 2 + left);
		assert_true(memory_keep(m) < 0);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	m = reopen(m, 0); /* as it was */
	assert_int_equal(all_of(m).n, 1);

	/* So much is noted while it is full that it does not fit: what holds is kept anyway. */
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	for (int i = 0; i < 2000; i++) {
		fail_since(m, "b", 10 + i);
		memory_keep(m);
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	assert_int_equal(memory_keep(m), 0);
	m = reopen(m, 0);
	assert_int_equal(memory_past(m, "b")->since, 2009);
	assert_int_equal(memory_past(m, "a")->since, 1);
	memory_close(m);
}

static void pass_over(void *ctx, const struct entry *e)
{
	(void)ctx, (void)e;
}

/* It cannot be read at first, and is opened with the first entry, which does not fit. */
static void test_opened_late(void **state)
{
	struct rlimit files, few, full = { 0, RLIM_INFINITY };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	const struct entry late = { .kind = ENTRY_FAILING, .name = "b", .value = 2 };
	struct memory *m = anew();
	struct fault fault = { 0 };
	struct ledger *l = NULL;
	struct stat st;
	int next;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	fail_since(m, "a", 1);
	assert_int_equal(memory_keep(m), 0);
	assert_int_equal(stat(file("ledger"), &st), 0);
	memory_close(m);

	next = dup(0);
	close(next);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	few = (struct rlimit){ (rlim_t)next + 1, files.rlim_max }; /* the folder, and no more */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(ledger_open(folder, pass_over, NULL, &l, &fault), -EMFILE);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);

	full.rlim_cur = (rlim_t)st.st_size + 5;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
	ledger_add(l, &late);
	assert_int_equal(ledger_sync(l), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	ledger_close(l);
	m = reopen(NULL, 0);
	assert_int_equal(memory_past(m, "a")->since, 1);
	memory_close(m);
}

/* The same of one that a power cut left unfinished: its end does not spoil what comes. */
static void test_opened_late_and_unfinished(void **state)
{
	static const struct entry late[] = {
		{ .kind = ENTRY_FAILING, .name = "b", .value = 2 },
		{ .kind = ENTRY_FAILING, .name = "c", .value = 3 },
	};
	struct memory *m = anew();
	struct fault fault = { 0 };
	struct ledger *l = NULL;
	struct stat st;

	(void)state;
	fail_since(m, "a", 1);
	fail_since(m, "a", 9);
	assert_int_equal(memory_keep(m), 0);
	memory_close(m);
	assert_int_equal(stat(file("ledger"), &st), 0);
	assert_int_equal(truncate(file("ledger"), st.st_size - 5), 0);
	fails_at = 1; /* the folder is opened by another call */
	assert_int_equal(ledger_open(folder, pass_over, NULL, &l, &fault), -EIO);
	for (int i = 0; i < 2; i++) {
		ledger_add(l, &late[i]);
		fails_at = i ? 0 : 4; /* the last call: the end is still to be told from the rest */
		assert_int_equal(ledger_sync(l), i ? 0 : -EIO);
	}
	ledger_close(l);
	m = reopen(NULL, -EBADMSG);
	assert_int_equal(memory_past(m, "a")->since, 1);
	assert_int_equal(memory_past(m, "b")->since, 2);
	assert_int_equal(memory_past(m, "c")->since, 3);
	memory_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_killed_at_every_call),
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_opened_late),
		cmocka_unit_test(test_opened_late_and_unfinished),
		cmocka_unit_test(test_kept_is_synced),
		cmocka_unit_test(test_trim_fails),
	};

	return cmocka_run_group_tests_name("ledger", tests, make_folder, drop_folder);
}
