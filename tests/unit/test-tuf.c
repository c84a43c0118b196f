// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "policy/publisher/draft.h"
#include "tests/unit/repo.h"
#include "tests/unit/test.h"

#define FLIPS_A_FILE 60

/* The client must answer that, say something like it, and still trust what it had. */
#define assert_refused(repo, error, words)                                       \
	do {                                                                     \
		struct fault f_ = { 0 };                                         \
		assert_int_equal(repo_client((repo), NULL, &f_), (error));       \
		if (!strstr(f_.why, (words)))                                    \
			fail_msg("\"%s\" does not say \"%s\"", f_.why, (words)); \
	} while (0)
#define assert_accepted(repo, text)                        \
	do {                                               \
		struct fault f_ = { 0 };                   \
		if (repo_client((repo), (text), &f_) != 0) \
			fail_msg("refused: %s", f_.why);   \
	} while (0)

static int set_up(void **state)
{
	*state = repo_new();
	return 0;
}

static int tear_down(void **state)
{
	repo_free(*state);
	return 0;
}

static int stored(const struct repo *r, const char *name, const char *as)
{
	int i = shelf_find(&r->store, name), k = shelf_find(&r->server, as);

	return i >= 0 && k >= 0 && !strcmp(r->store.files[i].text, r->server.files[k].text);
}

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
		ROW(test_expiry),
		ROW(test_rollback),
		ROW(test_vanished_entry),
		ROW(test_same_timestamp_again),
		ROW(test_root_rotation),
		ROW(test_root_must_sign_itself),
		ROW(test_root_version),
		ROW(test_fast_forward_recovery),
		ROW(test_mix_and_match),
		ROW(test_two_of_one_version),
		ROW(test_version_in_the_file),
		ROW(test_missing),
		ROW(test_too_long),
		ROW(test_keep_fails),
		ROW(test_changed_anywhere),
		ROW(test_changed_store),
		ROW(test_target_paths),
	};

	return cmocka_run_group_tests_name("tuf", tests, NULL, NULL);
}
