// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lazaret-vet is killed before each system call that changes something on disk, and finds the
 * disk full at each of them: the store holds the old policy and feed or the new ones, and the
 * next run makes it whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "policy/store.h"
#include "tests/unit/cut.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

#define PAGE 4096

/* Has a store of version 1, and a server with version 2 and another feed. */
static int open_two(void **state)
{
	_free_ char *text = NULL;
	struct vet_said said;
	struct distro d;
	struct lab *l;
	size_t len;

	assert_int_equal(lab_open(state), 0);
	l = *state;
	assert_int_equal(io_read(AT_FDCWD, "/etc/os-release", 65536, &text, &len), 0);
	assert_int_equal(distro_read(text, len, &d, NULL), 0);
	lab_publish(l, LAB_FEED_POLICY("5min"), "");
	lab_feed(l, &d, d.release);
	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.err, 0);
	assert_int_equal(lab_shell(l, "cp a.feed old.feed && cp -a store before"), 0);
	lab_publish(l, LAB_FEED_POLICY("6min"), "");
	l->advisory++;
	lab_feed(l, &d, d.release);
	return 0;
}

static void assert_whole(struct lab *l, const char *when, int n)
{
	_close_ int store = openat(l->dir, "store", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct policy *policy = NULL;
	struct accepted a = { 0 };
	struct fault f = { 0 };

	if (store_read(store, &policy, &a, &f) != 0)
		fail_msg("%s %d: no policy: %s", when, n, f.why);
	assert_int_equal(policy->look_every, a.version == 3 ? 300 : 360);
	policy_free(policy);
	if (lab_shell(l, "cmp store/feed old.feed || cmp store/feed a.feed"))
		fail_msg("%s %d: the feed is neither the old nor the new one", when, n);
}

static void assert_mended(struct lab *l, const char *when, int n)
{
	struct vet_said said;

	assert_true(lab_refresh(l, &said));
	if (said.err || *said.feed_why || said.version != 5)
		fail_msg("%s %d: version %d, %s, %s", when, n, (int)said.version, said.why,
			 said.feed_why);
	if (lab_shell(l, "cmp store/feed a.feed && test $(ls -d store/generation-* | wc -l) = 1"))
		fail_msg("%s %d: not mended", when, n);
}

/* One question to a vet that dies before its n-th change; how many changes there were. */
static int cut(struct lab *l, int n)
{
	struct vet_ask ask = { VET_REFRESH };
	int talk[2], fetch[2], seen;
	pid_t vet, server;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fetch), 0);
	l->traced = true;
	vet = lab_vet(l, talk[1]);
	l->traced = false;
	server = fork();
	if (server == 0) {
		close(fetch[1]);
		lab_serve(l, fetch[0], vet);
		_exit(0);
	}
	assert_int_equal(msg_send(talk[0], &ask, sizeof(ask), &fetch[1], 1), 0);
	for (int i = 0; i < 2; i++)
		close(fetch[i]);
	seen = cut_follow(vet, n);
	for (int i = 0; i < 2; i++)
		close(talk[i]);
	waitpid(server, NULL, 0);
	return seen;
}

static void test_killed_at_each_change(void **state)
{
	struct lab *l = *state;
	int all = cut(l, CUT_NEVER);

	assert_mended(l, "not killed", 0);
	assert_in_range(all, 40, CUT_NEVER - 1);
	print_message("killed before each of %d changes\n", all);
	for (int n = 1; n <= all; n++) {
		lab_copy(l, "before", "store");
		assert_int_equal(cut(l, n), n);
		assert_whole(l, "killed before change", n);
		assert_mended(l, "killed before change", n);
	}
}

/* Leaves so many pages of the file system that the store is on. */
static void fill(struct lab *l, unsigned long pages)
{
	int fd = openat(l->dir, "store/filler", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct statvfs vfs;

	assert_int_equal(fstatvfs(fd, &vfs), 0);
	if (vfs.f_bfree > pages)
		assert_int_equal(posix_fallocate(fd, 0, (off_t)(vfs.f_bfree - pages) * PAGE), 0);
	close(fd);
}

static void test_disk_full_at_each_page(void **state)
{
	struct lab *l = *state;
	struct vet_said said;
	char path[100];
	int full = 0;

	snprintf(path, sizeof(path), "%s/store", l->path);
	for (unsigned long pages = 0; pages < CUT_NEVER; pages++) {
		assert_int_equal(mount("none", path, "tmpfs", 0, "size=1m"), 0);
		assert_int_equal(lab_shell(l, "cp -a before/. store"), 0);
		fill(l, pages);
		assert_true(lab_refresh(l, &said));
		assert_whole(l, "pages left:", (int)pages);
		if (said.err || *said.feed_why) {
			full++;
			assert_true(!said.err || said.err == -ENOSPC);
			assert_non_null(strstr(said.err ? said.why : said.feed_why, "No space"));
		}
		assert_int_equal(unlinkat(l->dir, "store/filler", 0), 0);
		assert_mended(l, "pages left:", (int)pages);
		assert_int_equal(umount2(path, MNT_DETACH), 0);
		if (!said.err && !*said.feed_why)
			break;
	}
	print_message("full at each of %d pages\n", full);
	assert_in_range(full, 2, 100);
}

/* What is mounted here is seen by nobody else. */
static int apart(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNS) || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, open_two, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_killed_at_each_change),
		ROW(test_disk_full_at_each_page),
	};

	return cmocka_run_group_tests_name("vet-cut", tests, apart, NULL);
}
