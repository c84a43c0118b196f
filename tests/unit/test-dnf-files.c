// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of repositories that are no evidence, hidden, too many or old; and those that changed. */
#include <errno.h>
#include <time.h>

#include "agent/base/count.h"
#include "agent/posture/dnf.h"
#include "agent/posture/modules.h"
#include "agent/posture/parts.h"
#include "agent/posture/repos.h"
#include "agent/posture/trace.h"
#include "tests/unit/dnfhost.h"
#include "tests/unit/rpmhost.h"
#include "tests/unit/test.h"

static const struct row plain = PLAIN;

struct unseen {
	struct root root;
	struct fault fault;
};

static int look_unseen(void *ctx)
{
	const struct dnf_ask ask = { .now = time(NULL), .max_age = DAY };
	struct unseen *u = ctx;
	char found[2048];

	u->fault = (struct fault){ 0 };
	return look(&u->root, "a-3-1.x86_64", &ask, false, found, sizeof(found), &u->fault);
}

/* Who knows what the files would say that nobody here may read? */
static void test_hidden(void **state)
{
	static const char *const paths[] = { DNF_REPOS, MODULES_STATE, MODULES_STATE "/m.module",
					     "etc/dnf/repos.override.d" };
	struct unseen u;
	char why[100];

	(void)state;
	assert_int_equal(root_open(&u.root), 0);
	put_host(&u.root, &plain);
	root_text(&u.root, MODULES_STATE "/m.module", "[m]\nstate=enabled\nstream=9\n");
	root_text(&u.root, "etc/dnf/repos.override.d/x.repo", "");
	assert_int_equal(root_as_user(&u.root, look_unseen, &u), 0);
	for (size_t i = 0; i < COUNT(paths); i++) {
		assert_int_equal(fchmodat(u.root.fd, paths[i], 0, 0), 0);
		assert_int_equal(root_as_user(&u.root, look_unseen, &u), -EACCES);
		snprintf(why, sizeof(why), "/%s: Permission denied", paths[i]);
		assert_string_equal(u.fault.why, why);
		assert_int_equal(fchmodat(u.root.fd, paths[i], 0755, 0), 0);
	}
	root_close(&u.root);
}

static void test_many(void **state)
{
	struct unseen u;
	char path[100];

	(void)state;
	assert_int_equal(root_open(&u.root), 0);
	put_host(&u.root, &plain);
	for (int i = 1; i < PARTS_MAX; i++) {
		snprintf(path, sizeof(path), DNF_REPOS "/x%d.repo", i);
		root_text(&u.root, path, "");
	}
	assert_int_equal(look_unseen(&u), 0);
	root_text(&u.root, DNF_REPOS "/one-more.repo", "");
	assert_int_equal(look_unseen(&u), -E2BIG);
	assert_string_equal(u.fault.why, "/" DNF_REPOS ": more than 256 files");
	root_close(&u.root);
}

static void touch(const struct root *r, const char *name, int64_t when)
{
	const struct timespec t[2] = { { when, 0 }, { when, 0 } };

	assert_int_equal(utimensat(r->fd, name, t, 0), 0);
}

/* dnf touches the primary file when the server has nothing newer. */
static void test_age(void **state)
{
	int64_t now = time(NULL);
	struct dnf_ask ask = { .now = now, .max_age = 2 * DAY };
	struct fault fault = { 0 };
	char found[2048];
	struct root r;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &plain);
	touch(&r, CACHE "repomd.xml", now - 5 * DAY);
	touch(&r, CACHE "primary.xml", now - DAY);
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault), 0);
	touch(&r, CACHE "primary.xml", now - 3 * DAY);
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault),
			 -ESTALE);
	assert_string_equal(fault.why, "repository updates: its metadata was last fetched 3 d ago; "
				       "the policy allows 2 d");
	assert_string_equal(found, plain.found);
	ask.now = now - 10 * DAY;
	fault = (struct fault){ 0 };
	assert_int_equal(look(&r, "a-1-1.x86_64", &ask, false, found, sizeof(found), &fault),
			 -ETIME);
	root_close(&r);
}

/* What was fetched, configured or chosen anew is noticed; what is read is not changed by it. */
static void test_trace(void **state)
{
	static const char *const paths[] = { REPO,
					     CACHE "repomd.xml",
					     DNF_CONF,
					     "etc/dnf/modules.d/m.module",
					     "etc/dnf/plugins/versionlock.list",
					     "etc/zypp/locks" };
	struct root r;
	uint64_t was;

	(void)state;
	assert_int_equal(root_open(&r), 0);
	put_host(&r, &plain);
	was = trace_repositories(r.fd);
	assert_true(was == trace_repositories(r.fd));
	for (size_t i = 0; i < COUNT(paths); i++) {
		uint64_t now;

		assert_int_equal(rpmhost_put(&r, paths[i], "[x]\n"), 0);
		touch(&r, paths[i], 1000 + (int64_t)i);
		now = trace_repositories(r.fd);
		assert_true(now != was);
		was = now;
	}
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hidden),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
