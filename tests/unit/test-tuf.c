// SPDX-License-Identifier: GPL-2.0-or-later
/* What a client of TUF asks for, whose signatures it counts, and what it keeps. */
#include <errno.h>
#include <string.h>

#include "tests/unit/client.h"
#include "tests/unit/repo.h"
#include "tests/unit/test.h"

#define FLIPS_A_FILE 60

static void test_requests(void **state)
{
	struct repo *r = *state;

	assert_accepted(r, "first");
	assert_memory_equal(r->seen,
			    "metadata/2.root.json metadata/timestamp.json metadata/1.snapshot.json "
			    "metadata/1.targets.json targets/a7937b64b8ca",
			    109);
	assert_accepted(r, "first");
	assert_string_equal(r->seen, "metadata/2.root.json metadata/timestamp.json ");
	r->target = "second";
	repo_bump(r);
	assert_accepted(r, "second");
	assert_true(stored(r, "timestamp.json", "metadata/timestamp.json"));
	assert_true(stored(r, "snapshot.json", "metadata/2.snapshot.json"));
	assert_true(stored(r, "targets.json", "metadata/2.targets.json"));
}

static void test_plain_names(void **state)
{
	struct repo *r = *state;

	r->consistent = false;
	repo_root(r);
	repo_trust(r, 2);
	repo_bump(r);
	assert_accepted(r, "first");
	assert_string_equal(r->seen,
			    "metadata/3.root.json metadata/timestamp.json metadata/snapshot.json "
			    "metadata/targets.json targets/policy.json ");
}

static void test_thresholds(void **state)
{
	static const enum role roles[] = { ROLE_TIMESTAMP, ROLE_SNAPSHOT, ROLE_TARGETS };
	struct repo *r = *state;

	for (size_t i = 0; i < 3; i++) {
		struct repo_role *role = &r->roles[roles[i]];

		role->n_keys = 3;
		role->threshold = 2;
		repo_root(r);
		repo_bump(r);
		assert_refused(r, -EBADMSG, "has 1 of 2 needed signatures");
		role->n_sign = 2;
		repo_bump(r);
		assert_accepted(r, "first");
	}
	r->roles[ROLE_SNAPSHOT].threshold = 4; /* of three keys: a valid root, never fulfilled */
	repo_root(r);
	repo_bump(r);
	assert_refused(r, -EBADMSG, "has 2 of 4 needed signatures");
	assert_true(stored(r, "root.json", "metadata/5.root.json"));
}

static void test_wrong_keys(void **state)
{
	struct repo *r = *state;

	assert_accepted(r, "first");
	for (int role = ROLE_TIMESTAMP; role < ROLE_COUNT; role++) {
		struct repo_role was = r->roles[role];

		memset(r->roles[role].keys, 0, sizeof(was.keys));
		repo_new_keys(r, role); /* which root does not name */
		repo_bump(r);
		assert_refused(r, -EBADMSG, "has 0 of 1 needed signatures");
		for (size_t i = 0; i < REPO_KEYS; i++)
			secret_free(r->roles[role].keys[i]);
		memcpy(r->roles[role].keys, was.keys, sizeof(was.keys));
		repo_bump(r);
		assert_accepted(r, "first");
	}
}

static void test_repeated_keyid(void **state)
{
	struct repo *r = *state;

	r->roles[ROLE_TARGETS].n_keys = r->roles[ROLE_TARGETS].threshold = 2;
	r->roles[ROLE_TARGETS].sign_twice = true;
	repo_root(r);
	repo_bump(r);
	assert_refused(r, -EBADMSG, "is signed twice by key");
}

static void test_root_rotation(void **state)
{
	struct repo *r = *state;

	assert_accepted(r, "first");
	repo_new_keys(r, ROLE_ROOT);
	repo_root(r);
	repo_new_keys(r, ROLE_ROOT);
	repo_root(r);
	assert_accepted(r, "first");
	assert_true(stored(r, "root.json", "metadata/3.root.json"));
	repo_new_keys(r, ROLE_ROOT);
	r->old_root.n_sign = 0; /* nobody that the host trusts signed this */
	repo_root(r);
	assert_refused(r, -EBADMSG, "metadata/4.root.json: has 0 of 1 needed signatures");
	assert_true(stored(r, "root.json", "metadata/3.root.json"));
}

static void test_root_must_sign_itself(void **state)
{
	struct repo *r = *state;

	repo_new_keys(r, ROLE_ROOT);
	r->roles[ROLE_ROOT].n_sign = 0;
	repo_root(r);
	assert_refused(r, -EBADMSG, "has 0 of 1 needed signatures");
}

static void test_root_version(void **state)
{
	struct repo *r = *state;
	int i;

	r->roles[ROLE_ROOT].version = 2;
	repo_root(r); /* 3, offered as 2 */
	i = shelf_find(&r->server, "metadata/3.root.json");
	shelf_put(&r->server, "metadata/2.root.json", r->server.files[i].text,
		  r->server.files[i].len);
	assert_refused(r, -EBADMSG, "says it is version 3");
}

static void test_missing(void **state)
{
	struct repo *r = *state;

	shelf_drop(&r->server, "metadata/1.snapshot.json");
	assert_refused(r, -ENOENT, "metadata/1.snapshot.json: the server does not have it");
	assert_true(stored(r, "timestamp.json", "metadata/timestamp.json"));
	shelf_drop(&r->server, "metadata/timestamp.json");
	assert_refused(r, -ENOENT, "metadata/timestamp.json: the server does not have it");
	shelf_drop(&r->store, "root.json");
	assert_refused(r, -ENOENT, "trusted root.json");
}

static void test_too_long(void **state)
{
	struct repo *r = *state;
	char *blanks = malloc(20000);

	memset(blanks, ' ', 20000);
	shelf_put(&r->server, "metadata/timestamp.json", blanks, 20000);
	assert_refused(r, -EFBIG, "longer than the 16384 bytes");
	shelf_put(&r->server, "metadata/2.root.json", blanks, 20000);
	assert_refused(r, -EBADMSG, "metadata/2.root.json");
	free(blanks);
}

/* Keeping fails at each step in turn; the next run finds its way from whatever there is. */
static void test_keep_fails(void **state)
{
	struct repo *r = *state;

	for (int i = 0; i < 5; i++) {
		assert_accepted(r, NULL);
		r->target = i % 2 ? "odd" : "even";
		repo_root(r);
		repo_bump(r);
		r->keep_err = -ENOSPC;
		r->keep_after = i;
		assert_refused(r, -ENOSPC, "cannot be kept in the store: No space left");
		r->keep_err = 0;
		assert_accepted(r, r->target);
	}
}

/* What a liar changed is refused, or changes nothing that counts (a letter's case in hex). */
static void try_text(struct repo *r, const char *name, const char *text, size_t len)
{
	struct fault f = { 0 };

	repo_trust(r, 1);
	shelf_put(&r->server, name, text, len);
	if (repo_client(r, "first", &f) < 0)
		assert_true(f.why[0] != '\0');
}

static void test_changed_anywhere(void **state)
{
	struct repo *r = *state;

	r->roles[ROLE_ROOT].expires++;
	repo_root(r);
	for (size_t i = 0; i < r->server.n; i++) {
		char *name = strdup(r->server.files[i].name);
		size_t len = r->server.files[i].len;
		char *good = malloc(len);
		char *bad = malloc(len);

		memcpy(good, r->server.files[i].text, len);
		for (size_t k = 0; k < FLIPS_A_FILE; k++) {
			memcpy(bad, good, len);
			bad[k * len / FLIPS_A_FILE] ^= (char)(1 << k % 8);
			try_text(r, name, bad, len);
			try_text(r, name, good, k * len / FLIPS_A_FILE);
		}
		shelf_put(&r->server, name, good, len);
		free(good);
		free(bad);
		free(name);
	}
	repo_trust(r, 1);
	assert_accepted(r, "first");
}

/* The trusted copies are checked anew each time: whoever changed them gains nothing. */
static void test_changed_store(void **state)
{
	static const char *const names[] = { "timestamp.json", "snapshot.json", "targets.json",
					     "targets/policy.json" };
	struct repo *r = *state;

	assert_accepted(r, "first");
	for (size_t i = 0; i < 4; i++) {
		shelf_put(&r->store, names[i], "{}", 2);
		assert_accepted(r, "first");
	}
	shelf_put(&r->store, "root.json", "{}", 2);
	assert_refused(r, -EBADMSG, "trusted root.json");
}

static void test_target_paths(void **state)
{
	static const char *const bad[] = { "", "a b", "a\n", "\xc3\xa4" };
	struct repo *r = *state;
	struct tuf_io io = repo_io(r);
	struct tuf *t = NULL;
	char *text;
	size_t len;

	assert_int_equal(tuf_open(&io, &t, NULL), 0);
	assert_int_equal(tuf_targets_version(t), 0);
	assert_int_equal(tuf_expires(t), 0);
	assert_int_equal(tuf_refresh(t, NULL), 0);
	assert_int_equal(tuf_targets_version(t), 1);
	assert_int_equal(tuf_expires(t), REPO_NOW + 1000);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(tuf_target(t, bad[i], &text, &len, NULL), -ENOENT);
	assert_int_equal(tuf_target(t, "../policy.json", &text, &len, NULL), -ENOENT);
	tuf_close(t);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_requests),
		ROW(test_plain_names),
		ROW(test_thresholds),
		ROW(test_wrong_keys),
		ROW(test_repeated_keyid),
		ROW(test_root_rotation),
		ROW(test_root_must_sign_itself),
		ROW(test_root_version),
		ROW(test_missing),
		ROW(test_too_long),
		ROW(test_keep_fails),
		ROW(test_changed_anywhere),
		ROW(test_changed_store),
		ROW(test_target_paths),
	};

	return cmocka_run_group_tests_name("tuf", tests, NULL, NULL);
}
