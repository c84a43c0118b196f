// SPDX-License-Identifier: GPL-2.0-or-later
/* Versions and dates: what is older, mixed or frozen is refused. */
#include <errno.h>

#include "tests/unit/client.h"
#include "tests/unit/repo.h"
#include "tests/unit/test.h"

static void test_expiry(void **state)
{
	struct repo *r = *state;

	assert_accepted(r, "first");
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		r->roles[role].expires = REPO_NOW; /* now is too late already */
		repo_bump(r);
		assert_refused(r, -ESTALE, "expired at 2001-09-09T01:46:40Z");
		r->roles[role].expires = REPO_NOW + 1000;
		repo_bump(r);
		assert_accepted(r, "first");
	}
	r->now = REPO_NOW + 1000; /* what was good and is here already */
	assert_refused(r, -ESTALE, "expired");
	r->now = REPO_NOW;
	r->roles[ROLE_ROOT].expires = REPO_NOW;
	repo_root(r);
	assert_refused(r, -ESTALE, "the newest root, version 2: expired");
	assert_true(stored(r, "root.json", "metadata/2.root.json"));
	r->roles[ROLE_ROOT].expires = REPO_NOW + 1; /* an expired one in between is no fault */
	repo_root(r);
	assert_accepted(r, "first");
}

static void test_rollback(void **state)
{
	struct repo *r = *state;
	int64_t *v[ROLE_COUNT];

	for (int role = 0; role < ROLE_COUNT; role++)
		v[role] = &r->roles[role].version;
	repo_bump(r);
	repo_bump(r);
	assert_accepted(r, "first");
	*v[ROLE_TIMESTAMP] = 2;
	repo_sign(r);
	assert_refused(r, -EPERM, "goes back to version 2 from 3");
	*v[ROLE_TIMESTAMP] = 4;
	*v[ROLE_SNAPSHOT] = 2;
	repo_sign(r);
	assert_refused(r, -EPERM, "goes back to version 2 of snapshot.json from 3");
	assert_false(stored(r, "timestamp.json", "metadata/timestamp.json"));
	*v[ROLE_SNAPSHOT] = 4;
	*v[ROLE_TARGETS] = 2;
	repo_sign(r);
	assert_refused(r, -EPERM, "goes back to version 2 of targets.json from 3");
	*v[ROLE_TARGETS] = 5;
	repo_bump(r);
	assert_accepted(r, "first");
}

static void test_vanished_entry(void **state)
{
	struct repo *r = *state;

	json_object_set_new(r->extra, "extra.json", json_pack("{s:i}", "version", 1));
	repo_bump(r);
	assert_accepted(r, "first");
	json_object_clear(r->extra);
	repo_bump(r);
	assert_refused(r, -EPERM, "does not name extra.json any more");
}

static void test_same_timestamp_again(void **state)
{
	struct repo *r = *state;

	assert_accepted(r, "first");
	r->target = "second";
	r->roles[ROLE_SNAPSHOT].version++;
	repo_sign(r);
	assert_accepted(r, "first"); /* the old one stays, whatever the new one says */
	assert_false(stored(r, "timestamp.json", "metadata/timestamp.json"));
}

/* New keys end what a thief of the old ones signed: lower versions are right again. */
static void test_fast_forward_recovery(void **state)
{
	struct repo *r = *state;

	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++)
		r->roles[role].version = 1000000;
	repo_sign(r);
	assert_accepted(r, "first");
	r->roles[ROLE_TIMESTAMP].version = r->roles[ROLE_SNAPSHOT].version = 2;
	r->roles[ROLE_TARGETS].version = 2;
	repo_sign(r);
	assert_refused(r, -EPERM, "goes back to version 2 from 1000000");
	for (enum role role = ROLE_TIMESTAMP; role <= ROLE_SNAPSHOT; role++) {
		for (int i = ROLE_TIMESTAMP; i < ROLE_COUNT; i++)
			r->roles[i].version -= role == ROLE_SNAPSHOT;
		repo_new_keys(r, role); /* either of them will do */
		repo_root(r);
		repo_sign(r);
		assert_accepted(r, "first");
	}
	assert_true(stored(r, "targets.json", "metadata/1.targets.json"));
}

/* Each file well signed, but not of one time. */
static void test_mix_and_match(void **state)
{
	struct repo *r = *state;
	int i;

	assert_accepted(r, "first");
	r->target = "second";
	repo_bump(r);
	i = shelf_find(&r->server, "metadata/1.targets.json");
	shelf_put(&r->server, "metadata/2.targets.json", r->server.files[i].text,
		  r->server.files[i].len);
	assert_refused(r, -EBADMSG, "metadata/2.targets.json: ");
	i = shelf_find(&r->server, "metadata/1.snapshot.json");
	shelf_put(&r->server, "metadata/2.snapshot.json", r->server.files[i].text,
		  r->server.files[i].len);
	repo_trust(r, 1);
	assert_refused(r, -EBADMSG, "metadata/2.snapshot.json: ");
	i = shelf_find(&r->server, "metadata/timestamp.json");
	shelf_put(&r->server, "metadata/2.root.json", r->server.files[i].text,
		  r->server.files[i].len);
	assert_refused(r, -EBADMSG, "metadata/2.root.json: ");
}

/* The same version, signed twice with different words. */
static void test_two_of_one_version(void **state)
{
	static const char *const kept[] = { "metadata/timestamp.json", "metadata/1.snapshot.json" };
	struct repo *r = *state;
	struct shelf before = { 0 };

	for (size_t i = 0; i < 2; i++) {
		int k = shelf_find(&r->server, kept[i]);

		shelf_put(&before, kept[i], r->server.files[k].text, r->server.files[k].len);
	}
	r->target = "other";
	repo_sign(r);
	for (size_t i = 0; i < 2; i++)
		shelf_put(&r->server, before.files[i].name, before.files[i].text,
			  before.files[i].len);
	assert_refused(r, -EBADMSG, "metadata/1.targets.json: ");
	while (before.n)
		shelf_drop(&before, before.files[0].name);
}

static void test_version_in_the_file(void **state)
{
	struct repo *r = *state;

	r->roles[ROLE_SNAPSHOT].say_more = 1;
	repo_bump(r);
	assert_refused(r, -EBADMSG, "metadata/3.snapshot.json: is version 2 instead of 3");
	r->roles[ROLE_SNAPSHOT].say_more = 0;
	r->roles[ROLE_TARGETS].say_more = 1;
	repo_trust(r, 1);
	repo_bump(r);
	assert_refused(r, -EBADMSG, "metadata/4.targets.json: is version 3 instead of 4");
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_expiry),
		ROW(test_rollback),
		ROW(test_vanished_entry),
		ROW(test_same_timestamp_again),
		ROW(test_fast_forward_recovery),
		ROW(test_mix_and_match),
		ROW(test_two_of_one_version),
		ROW(test_version_in_the_file),
	};

	return cmocka_run_group_tests_name("rollback", tests, NULL, NULL);
}
