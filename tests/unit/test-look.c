// SPDX-License-Identifier: GPL-2.0-or-later
/* Looks at patches one after the other: what is remembered, and what counts while others write. */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/posture/findings.h"
#include "agent/posture/patches.h"
#include "agent/posture/posture.h"
#include "tests/unit/apthost.h"
#include "tests/unit/changed.h"
#include "tests/unit/root.h"
#include "tests/unit/test.h"

static void look(const struct root *r, struct patches *p, int64_t now, uint64_t max_age,
		 struct finding *f)
{
	const struct requirement req = { .check = CHECK_PATCHES,
					 .with.patches = { .index_max_age = max_age,
							   .fails_on = PATCHES_FAIL_ON } };
	const struct host host = { .root = r->fd, .now = now, .patches = p };

	look_patches(&req, &host, f);
}

static void set_time(const struct root *r, const char *path, long at)
{
	const struct timespec t[2] = { { at, 0 }, { at, 0 } };

	assert_int_equal(utimensat(r->fd, path, t, 0), 0);
}

/* What has not changed is not read; what cannot be read leaves the last findings to be seen. */
static void test_memory(void **state)
{
	struct patches *p = patches_new();
	struct apt_host host = { SSL, .security = OFFER("libssl3", "3.0.3-1", "") };
	struct finding f;
	struct root r;
	size_t n;
	int64_t when;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &host);
	set_time(&r, DPKG_STATUS, NOON - DAY);
	look(&r, p, NOON, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	findings_list(patches_findings(p, &when), &n);
	assert_int_equal(n, 1);
	assert_int_equal(when, NOON);

	/* Another content of the same size and time: only who reads it would see. */
	root_text(&r, DPKG_STATUS, INSTALLED("libssl3", "install", "Source: openssl\n", "9.9.9-9"));
	set_time(&r, DPKG_STATUS, NOON - DAY);
	look(&r, p, NOON + 60, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.items[0], "libssl3 3.0.1-1 -> 3.0.3-1");
	look(&r, p, NOON + DAY, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_PASS);

	root_text(&r, DPKG_STATUS, SSL);
	look(&r, p, NOON + DAY, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	root_text(&r, DPKG_STATUS, "Package: libssl3\nSta");
	for (int i = 0; i < 2; i++) {
		look(&r, p, NOON + DAY + 7200, 7 * DAY, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_non_null(strstr(f.what, "middle of a line; 2 h ago 1 pending"));
		assert_string_equal(f.items[0], "libssl3 3.0.1-1 -> 3.0.3-1");
	}
	/* With time alone the lists become too old. */
	root_text(&r, DPKG_STATUS, SSL);
	put_suite(&r, "bookworm-security", RELEASE("bookworm-security", "Debian-Security"), NULL);
	look(&r, p, NOON + DAY, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	look(&r, p, NOON + 7 * DAY, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	/* Until apt hears that they are unchanged. */
	changed_name = "bookworm-security_InRelease";
	changed_at = NOON + 7 * DAY;
	look(&r, p, NOON + 7 * DAY, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_PASS);
	changed_name = NULL;
	patches_free(p);
	root_close(&r);
}

/* A process that holds a lock until it is killed. */
static pid_t hold(const struct root *r, const char *path)
{
	struct flock l = { .l_type = F_WRLCK };
	int pipes[2], fd;
	pid_t child;
	char c;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = openat(r->fd, path, O_RDWR);
		if (fcntl(fd, F_SETLK, &l) < 0 || write(pipes[1], "x", 1) != 1)
			_exit(1);
		pause();
		_exit(0);
	}
	close(pipes[1]);
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(pipes[0]);
	return child;
}

/* Lists that apt is writing: the last findings with their age, which count for a while. */
static void test_fetching(void **state)
{
	static const struct {
		const char *offer;
		enum grade counts;
	} cases[] = { { NULL, GRADE_PASS },
		      { OFFER("libssl3", "3.0.3-1", "Source: openssl\n"), GRADE_FAIL } };
	const char *const release = LIST "bookworm-security_InRelease";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct apt_host host = { .status = SSL, .security = cases[i].offer };
		struct patches *p = patches_new();
		struct finding f;
		struct root r;
		pid_t apt;

		assert_int_equal(root_open(&r), 0);
		put_host(&r, &host);
		root_text(&r, APT_LISTS "/lock", "");
		look(&r, p, NOON, DAY, &f);
		assert_int_equal(f.grade, cases[i].counts);
		assert_false(f.meanwhile);
		apt = hold(&r, APT_LISTS "/lock");
		unlinkat(r.fd, release, 0);
		root_text(&r, release, "");
		look(&r, p, NOON + 20, DAY, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_true(f.meanwhile);
		assert_int_equal(finding_counts(&f), cases[i].counts);
		assert_int_equal(f.lacking, cases[i].counts == GRADE_FAIL);
		assert_string_equal(f.what,
				    i ? "apt is fetching its package lists; 20 s ago 1 pending"
				      : "apt is fetching its package lists; 20 s ago 0 pending");
		/* For longer it does not count; and never when nothing was known before. */
		look(&r, p, NOON + 700, DAY, &f);
		assert_int_equal(finding_counts(&f), GRADE_UNKNOWN);
		look(&r, NULL, NOON + 20, DAY, &f);
		assert_string_equal(f.what, "apt is fetching its package lists");
		assert_int_equal(finding_counts(&f), GRADE_UNKNOWN);
		kill(apt, SIGKILL);
		waitpid(apt, NULL, 0);
		/* Nobody is at work: they are damaged. */
		look(&r, p, NOON + 20, DAY, &f);
		assert_int_equal(f.grade, GRADE_UNKNOWN);
		assert_false(f.meanwhile);
		assert_null(strstr(f.what, "fetching"));
		patches_free(p);
		root_close(&r);
	}
}

/* Half done while somebody holds dpkg's lock is at work; without a holder it was interrupted. */
static void test_at_work(void **state)
{
	const struct apt_host host = { .status = SSL
				       "Package: b\nStatus: install ok half-installed\n\n" };
	struct finding f;
	struct root r;
	pid_t dpkg;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &host);
	root_text(&r, DPKG_LOCK, "");
	dpkg = hold(&r, DPKG_LOCK);
	look(&r, NULL, NOON, 7 * DAY, &f);
	kill(dpkg, SIGKILL);
	waitpid(dpkg, NULL, 0);
	assert_int_equal(f.grade, GRADE_UNKNOWN);
	assert_string_equal(f.what, "dpkg is at work");
	look(&r, NULL, NOON, 7 * DAY, &f);
	assert_int_equal(f.grade, GRADE_FAIL);
	assert_string_equal(f.what, "dpkg was interrupted: b is not complete");
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_fetching),
		cmocka_unit_test(test_at_work),
	};

	return cmocka_run_group_tests_name("look", tests, NULL, NULL);
}
