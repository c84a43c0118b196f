// SPDX-License-Identifier: GPL-2.0-or-later
/* Before a restart of the host: nobody writes packages, and nobody begins to. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "agent/base/count.h"
#include "agent/remedy/package-locks.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

struct others {
	pid_t pid;
	int say; /* closed, it ends */
};

/* Another process, which has a lock by fcntl(2) where `path` is given; returns when it has. */
static struct others other(const struct root *root, const char *path)
{
	struct others o;
	int up[2], down[2];
	char byte = 0;

	assert_int_equal(pipe(up) | pipe(down), 0);
	o.pid = fork();
	if (o.pid == 0) {
		struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
		int fd = path ? openat(root->fd, path, O_RDWR | O_CREAT, 0644) : -1;

		close(down[1]);
		byte = !path || fcntl(fd, F_SETLK, &l) == 0;
		_exit(write(up[1], &byte, 1) == 1 && read(down[0], &byte, 1) < 0);
	}
	close(up[1]);
	close(down[0]);
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_true(byte);
	close(up[0]);
	o.say = down[1];
	return o;
}

static void end(struct others *o)
{
	close(o->say);
	waitpid(o->pid, NULL, 0);
}

/* The locks that are taken stay with whoever took them: each time in a process of its own. */
static int take_once(const struct root *root, struct fault *fault)
{
	int up[2], r = 0;
	pid_t pid;

	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (pid == 0) {
		r = package_locks_take(root->fd, fault);
		_exit(write(up[1], &r, sizeof(r)) < 0 || write(up[1], fault, sizeof(*fault)) < 0);
	}
	close(up[1]);
	assert_int_equal(read(up[0], &r, sizeof(r)), sizeof(r));
	assert_int_equal(read(up[0], fault, sizeof(*fault)), sizeof(*fault));
	close(up[0]);
	waitpid(pid, NULL, 0);
	return r;
}

static const char *const folders[] = { "var/lib/dpkg/x", "var/lib/dnf/x", "run/dnf/x",
				       "var/lib/rpm/x", "usr/lib/sysimage/rpm/x" };

static void make_folders(const struct root *root)
{
	for (size_t i = 0; i < COUNT(folders); i++)
		assert_int_equal(root_put(root, folders[i], "", 0), 0);
}

static void test_nobody_has_any(void **state)
{
	struct fault fault = { 0 };
	struct root root;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	assert_int_equal(take_once(&root, &fault), 0);
	assert_int_equal(faccessat(root.fd, "var", F_OK, 0), -1);
	make_folders(&root);
	assert_int_equal(take_once(&root, &fault), 0);
	root_close(&root);
}

static void test_somebody_has_one(void **state)
{
	static const char *const paths[] = {
		"var/lib/dpkg/lock-frontend",	  "var/lib/dpkg/lock",
		"run/dnf/rpmtransaction.lock",	  "var/lib/rpm/.rpm.lock",
		"usr/lib/sysimage/rpm/.rpm.lock",
	};
	const char *path;
	struct root root;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	make_folders(&root);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct others o = other(&root, paths[i]);
		struct fault fault = { 0 };

		assert_int_equal(take_once(&root, &fault), -EBUSY);
		assert_non_null(strstr(fault.why, paths[i]));
		assert_int_equal(package_locks_holder(root.fd, &path), o.pid);
		assert_string_equal(path, paths[i]);
		end(&o);
		assert_int_equal(take_once(&root, &fault), 0);
		assert_int_equal(package_locks_holder(root.fd, &path), 0);
	}
	root_close(&root);
}

/* It is waited for by whom it would keep from its work, and does not keep a host up. */
static void test_lists_are_fetched(void **state)
{
	struct fault fault = { 0 };
	const char *path;
	struct root root;
	struct others o;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	assert_int_equal(root_put(&root, "var/lib/apt/lists/x", "", 0), 0);
	o = other(&root, "var/lib/apt/lists/lock");
	assert_int_equal(package_locks_holder(root.fd, &path), o.pid);
	assert_int_equal(take_once(&root, &fault), 0);
	end(&o);
	root_close(&root);
}

/* What we took nobody else gets, before we end. */
static void test_they_are_kept(void **state)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct root root;
	int up[2], fd;
	char byte;
	pid_t pid;

	(void)state;
	assert_int_equal(root_open(&root), 0);
	make_folders(&root);
	assert_int_equal(pipe(up), 0);
	pid = fork();
	if (pid == 0) {
		struct fault fault;

		byte = package_locks_take(root.fd, &fault) == 0;
		_exit(write(up[1], &byte, 1) == 1 && pause());
	}
	assert_int_equal(read(up[0], &byte, 1), 1);
	assert_true(byte);
	fd = openat(root.fd, "var/lib/rpm/.rpm.lock", O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_SETLK, &l), -1);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(fcntl(fd, F_SETLK, &l), 0);
	close(fd);
	close(up[0]);
	close(up[1]);
	root_close(&root);
}

static void put_text(const struct root *root, const char *path, const char *text)
{
	assert_int_equal(root_put(root, path, text, strlen(text)), 0);
}

static void test_who_is_named(void **state)
{
	static const char *const paths[] = { "run/zypp.pid", "run/zypp-rpm.pid",
					     "var/lib/dnf/rpmdb_lock.pid" };
	struct root root;
	char pid[16];

	(void)state;
	assert_int_equal(root_open(&root), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		struct others o = other(&root, NULL);
		struct fault fault = { 0 };

		snprintf(pid, sizeof(pid), "%d\n", (int)o.pid);
		put_text(&root, paths[i], pid);
		assert_int_equal(take_once(&root, &fault), -EBUSY);
		assert_non_null(strstr(fault.why, paths[i]));
		/* It ended, and whose child it is has not looked yet. */
		close(o.say);
		assert_int_equal(waitid(P_PID, (id_t)o.pid, NULL, WEXITED | WNOWAIT), 0);
		assert_int_equal(take_once(&root, &fault), 0);
		waitpid(o.pid, NULL, 0);
		assert_int_equal(take_once(&root, &fault), 0);
		put_text(&root, paths[i], "");
		assert_int_equal(take_once(&root, &fault), 0);
		put_text(&root, paths[i], "no number");
		assert_int_equal(take_once(&root, &fault), 0);
	}
	root_close(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nobody_has_any),	  cmocka_unit_test(test_somebody_has_one),
		cmocka_unit_test(test_lists_are_fetched), cmocka_unit_test(test_they_are_kept),
		cmocka_unit_test(test_who_is_named),
	};

	return cmocka_run_group_tests_name("locks", tests, NULL, NULL);
}
