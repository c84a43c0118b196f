// SPDX-License-Identifier: GPL-2.0-or-later
/* tuf-client against servers that are old, late, or have other keys. */
#include <string.h>
#include <time.h>

#include "agent/base/io.h"
#include "tests/conformance/client-lab.h"
#include "tests/conformance/serve.h"
#include "tests/unit/test.h"

static void test_rollback(void **state)
{
	struct lab *l = lab();
	struct repo *r = l->repo;

	(void)state;
	repo_bump(r);
	repo_bump(r);
	expect(l, "init first", 0, "");
	expect(l, "refresh", 0, NULL);
	r->roles[ROLE_TIMESTAMP].version = 2;
	repo_sign(r);
	expect(l, "refresh", 1, "metadata/2.root.json metadata/timestamp.json ");
	assert_false(kept(l, "timestamp.json", "metadata/timestamp.json"));
	r->roles[ROLE_TIMESTAMP].version = 3; /* again, with other words */
	r->roles[ROLE_SNAPSHOT].version = 4;
	repo_sign(r);
	expect(l, "refresh", 0, "metadata/2.root.json metadata/timestamp.json ");
	assert_false(kept(l, "timestamp.json", "metadata/timestamp.json"));
	r->roles[ROLE_TIMESTAMP].version = 4;
	r->roles[ROLE_SNAPSHOT].version = 2;
	repo_sign(r);
	expect(l, "refresh", 1, "metadata/2.root.json metadata/timestamp.json ");
	r->roles[ROLE_SNAPSHOT].version = 5;
	r->roles[ROLE_TARGETS].version = 2;
	repo_sign(r);
	expect(l, "refresh", 1,
	       "metadata/2.root.json metadata/timestamp.json metadata/5.snapshot.json ");
	assert_true(kept(l, "timestamp.json", "metadata/timestamp.json"));
	assert_false(kept(l, "snapshot.json", "metadata/5.snapshot.json"));
	repo_new_keys(r, ROLE_SNAPSHOT); /* new keys: lower is right again */
	repo_root(r);
	r->roles[ROLE_TIMESTAMP].version = 5;
	repo_sign(r);
	expect(l, "refresh", 0, NULL);
	assert_true(kept(l, "targets.json", "metadata/2.targets.json"));
	done(l);
}

/* Under faketime(1): what was good goes stale, and nothing stale is kept. */
/* faketime and AddressSanitizer both want to be preloaded first. */
#ifndef __SANITIZE_ADDRESS__
static void test_time(void **state)
{
	struct lab *l = lab();
	struct repo *r = l->repo;
	char date[32];
	time_t later = in_days(11);

	(void)state;
	if (system("faketime -f +1d true 2>/dev/null") != 0) {
		done(l);
		skip();
	}
	strftime(date, sizeof(date), "%F %T", localtime(&later));
	expect(l, "init first", 0, "");
	expect(l, POLICY, 0, NULL);
	l->at = date;
	expect(l, POLICY, 1, "metadata/2.root.json ");
	r->roles[ROLE_ROOT].expires = in_days(20);
	repo_root(r);
	expect(l, POLICY, 1, NULL);
	assert_true(kept(l, "root.json", "metadata/2.root.json"));
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		repo_bump(r);
		expect(l, POLICY, 1, NULL);
		r->roles[role].expires = in_days(20);
	}
	repo_bump(r);
	expect(l, POLICY, 0, NULL);
	done(l);
}
#endif

static void test_expired(void **state)
{
	static const char *const names[] = { [ROLE_TIMESTAMP] = "meta/timestamp.json",
					     [ROLE_SNAPSHOT] = "meta/snapshot.json",
					     [ROLE_TARGETS] = "meta/targets.json" };
	struct lab *l = lab();

	(void)state;
	expect(l, "init first", 0, "");
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		l->repo->roles[role].expires = io_now() - 1;
		repo_bump(l->repo);
		expect(l, "refresh", 1, NULL);
		assert_null(lab_read(l, names[role]));
		l->repo->roles[role].expires = in_days(1);
	}
	l->repo->roles[ROLE_ROOT].expires = io_now() - 1;
	repo_root(l->repo);
	expect(l, "refresh", 1, "metadata/2.root.json metadata/3.root.json ");
	assert_true(kept(l, "root.json", "metadata/2.root.json"));
	done(l);
}

static void test_keys(void **state)
{
	struct lab *l = lab();
	struct repo *r = l->repo;

	(void)state;
	expect(l, "init first", 0, "");
	expect(l, "refresh", 0, NULL);
	for (int role = ROLE_ROOT; role < ROLE_COUNT; role++) {
		repo_new_keys(r, role);
		repo_root(r);
		repo_bump(r);
		expect(l, "refresh", 0, NULL);
		repo_new_keys(r, role); /* not told by root */
		if (role == ROLE_ROOT) {
			r->old_root.n_sign = 0;
			repo_root(r);
		}
		repo_bump(r);
		expect(l, "refresh", 1, NULL);
		if (role == ROLE_ROOT)
			break; /* nothing mends this */
	}
	assert_true(kept(l, "root.json", "metadata/2.root.json"));
	done(l);
	l = lab();
	l->repo->roles[ROLE_SNAPSHOT].threshold = 5; /* more than keys: a valid root */
	repo_root(l->repo);
	repo_bump(l->repo);
	expect(l, "init first", 0, "");
	expect(l, "refresh", 1, NULL);
	assert_true(kept(l, "root.json", "metadata/2.root.json"));
	expect_files(l, "meta", "root.json timestamp.json ");
	done(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_time),
#endif
		cmocka_unit_test(test_rollback),
		cmocka_unit_test(test_expired),
		cmocka_unit_test(test_keys),
	};

	return cmocka_run_group_tests_name("client-trust", tests, NULL, NULL);
}
