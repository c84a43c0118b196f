// SPDX-License-Identifier: GPL-2.0-or-later
/* The real lazaret-policy and lazaret-vet, with this test as lazaret-fetch between them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "agent/base/cleanup.h"
#include "agent/base/io.h"
#include "agent/base/msg.h"
#include "agent/base/wire.h"
#include "policy/distro.h"
#include "policy/publisher/sign.h"
#include "policy/store.h"
#include "tests/unit/test.h"
#include "tests/unit/vet-lab.h"

static void assert_said(struct lab *l, int err, uint64_t version, const char *words)
{
	struct vet_said said;

	assert_true(lab_refresh(l, &said));
	if (!strstr(said.why, words))
		fail_msg("\"%s\" does not say \"%s\"", said.why, words);
	assert_int_equal(said.err, err);
	assert_int_equal(said.version, version);
}

static void test_way_of_a_policy(void **state)
{
	struct lab *l = *state;
	struct vet_said said;

	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.err, 0);
	assert_int_equal(said.changed, 1);
	assert_int_equal(said.version, 1);
	assert_in_range(said.expires, io_now() + 13 * 86400, io_now() + 14 * 86400);
	assert_string_equal(said.why, "");
	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.changed, 0);
	assert_int_equal(l->requests, 1);
	lab_publish(l, LAB_POLICY("6min"), "");
	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.changed, 1);
	assert_int_equal(said.version, 2);
	assert_int_equal(lab_run(l, "bump --expires 1d repo"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.changed, 0);
	assert_in_range(said.expires, io_now() + 86000, io_now() + 86400);
}

static void test_refusals_keep_the_last(void **state)
{
	struct lab *l = *state;

	assert_said(l, 0, 1, "");
	lab_publish(l, LAB_POLICY("6min"), "--expires 0s");
	assert_said(l, -ESTALE, 1, "policy refused: metadata/timestamp.json: expired at ");
	lab_publish(l, LAB_POLICY("6min"), "");
	lab_put(l, "web/metadata/3.targets.json", "{}");
	assert_said(l, -EBADMSG, 1, "policy refused: metadata/3.targets.json: has 2 bytes instead");
	assert_int_equal(unlinkat(l->dir, "web/metadata/3.targets.json", 0), 0);
	assert_said(l, -ENOENT, 1,
		    "policy not refreshed: metadata/3.targets.json: the server does not have it");
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	l->status = 500;
	assert_said(l, -EPROTO, 1,
		    "policy not refreshed: metadata/timestamp.json: the server answered with "
		    "status 500");
	l->status = 0;
	l->lie = true;
	assert_said(l, -EPROTO, 1, "lazaret-fetch wrote ");
	l->lie = false;
	l->err = -ENETUNREACH;
	assert_said(l, -ENETUNREACH, 1,
		    "policy not refreshed: metadata/2.root.json: no route to the server");
	l->err = -ENOENT; /* of the network, not of a file */
	assert_said(l, -EIO, 1, "no route to the server");
	l->err = 0;
	assert_said(l, 0, 3, "");
}

static int64_t read_floor(struct lab *l)
{
	_free_ char *text = NULL;
	size_t len;

	assert_int_equal(io_read(l->dir, "store/floor", 100, &text, &len), 0);
	return strtoll(text, NULL, 10);
}

static void write_checked(struct lab *l, int64_t when)
{
	char etag[200], digest[200], text[500];
	_free_ char *was = NULL;
	size_t len;

	assert_int_equal(io_read(l->dir, "store/metadata/timestamp.etag", 500, &was, &len), 0);
	assert_int_equal(sscanf(was, "%199s %199s", etag, digest), 2);
	snprintf(text, sizeof(text), "%s\n%s\n%lld\n", etag, digest, (long long)when);
	lab_put(l, "store/metadata/timestamp.etag", text);
}

static void assert_requests(struct lab *l, int n)
{
	assert_said(l, 0, 1, "");
	assert_int_equal(l->requests, n);
}

/* Nothing new costs one request; what is not sure costs two. */
static void test_unchanged_poll(void **state)
{
	struct lab *l = *state;

	assert_requests(l, 5);
	assert_requests(l, 1);
	write_checked(l, io_now() - 86401);
	assert_requests(l, 2);
	assert_requests(l, 1);
	write_checked(l, io_now() + 100); /* a clock that was ahead */
	assert_requests(l, 2);
	lab_put(l, "store/metadata/timestamp.etag", "nonsense");
	assert_requests(l, 2);
	assert_int_equal(lab_run(l, "bump repo"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_requests(l, 2);
	assert_requests(l, 1);
	l->no_tags = true;
	assert_requests(l, 2);
	assert_requests(l, 2);
}

/* "Still the same" is believed of files that verify, and of nothing else. */
static void test_unchanged_is_verified(void **state)
{
	struct lab *l = *state;
	int64_t later = io_now() + 15 * 86400;
	char line[32];

	assert_requests(l, 5);
	l->same = true;
	assert_int_equal(lab_run(l, "bump repo"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_requests(l, 1); /* a lie: until the timestamp expires, or for a day */
	lab_put(l, "store/metadata/snapshot.json", "{}");
	assert_requests(l, 2);
	lab_put(l, "store/targets/policy.json", "{}");
	assert_requests(l, 2);
	lab_put(l, "store/metadata/timestamp.json", "{}");
	assert_requests(l, 2);
	/* Expired: the whole is asked for, and that is what is refused. */
	snprintf(line, sizeof(line), "%lld\n", (long long)later);
	lab_put(l, "store/floor", line);
	write_checked(l, later);
	assert_said(l, -ESTALE, 1, "policy refused: metadata/timestamp.json: expired at ");
	assert_int_equal(l->requests, 3);
	assert_int_equal(lab_run(l, "bump --expires 16d repo"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_requests(l, 3);
}

/* The clock was two weeks ahead at the last refresh, and now it is set back. */
static void test_clock_set_back(void **state)
{
	struct lab *l = *state;
	int64_t seen = io_now() + 14 * 86400 + 60;
	char line[32];

	assert_said(l, 0, 1, "");
	assert_in_range(read_floor(l), io_now() - 60, io_now());
	snprintf(line, sizeof(line), "%lld\n", (long long)seen);
	lab_put(l, "store/floor", line);
	assert_said(l, -ESTALE, 1, "policy refused: metadata/timestamp.json: expired at ");
	assert_int_equal(read_floor(l), seen);
	/* What is signed to last longer is taken all the same. */
	assert_int_equal(lab_run(l, "bump --expires 15d repo"), 0);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_said(l, 0, 1, "");
	assert_int_equal(read_floor(l), seen);
	lab_put(l, "store/floor", "nonsense\n");
	assert_said(l, 0, 1, "");
	assert_in_range(read_floor(l), io_now() - 60, io_now());
}

/* Well signed, but no policy: a publisher's mistake takes nothing from the host either. */
static void test_signed_nonsense(void **state)
{
	static const char text[] = "{\n\"mode\":\"sleep\"}";
	const struct sign_item item = { SIGN_POLICY, text, strlen(text) };
	const struct options options = { .life = 1000, .has_life = true };
	struct lab *l = *state;
	struct workshop w;
	char path[80];

	assert_said(l, 0, 1, "");
	snprintf(path, sizeof(path), "%s/repo", l->path);
	assert_int_equal(workshop_open(path, &options, WORKSHOP_WRITE, &w, NULL), 0);
	assert_int_equal(sign_targets(&w, "targets", &item, 1, &options, NULL), 0);
	assert_int_equal(release_run(&w, &options, NULL), 0);
	workshop_close(&w);
	assert_int_equal(lab_run(l, "publish repo web"), 1);
	lab_says(l, "not published: policy.json, line 1, column 1: member \"requ");
	lab_copy(l, "repo/metadata", "web/metadata");
	lab_copy(l, "repo/targets", "web/targets");
	assert_said(l, -EINVAL, 1, "policy.json version 2, line 1, column 1: member \"requ");
	assert_said(l, -EINVAL, 1, "policy.json version 2, line 1, column 1: member \"requ");
	lab_publish(l, LAB_POLICY("6min"), "");
	assert_said(l, 0, 3, "");
}

/* Another publisher's repository, whole and well signed. */
static void test_other_keys(void **state)
{
	struct lab *l = *state;

	assert_said(l, 0, 1, "");
	assert_int_equal(lab_run(l, "init --no-passphrase all --threshold targets=2 other"), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(lab_run(l, "sign other policy.json"), 0);
	assert_int_equal(lab_shell(l, "rm -r web"), 0);
	assert_int_equal(lab_run(l, "publish other web"), 0);
	assert_said(l, -EBADMSG, 1, "metadata/timestamp.json: has 0 of 1 needed signatures");
}

/* The timestamp's and the targets' keys are stolen, and then root's own are replaced. */
static void test_keys_rotate(void **state)
{
	struct lab *l = *state;

	assert_said(l, 0, 1, "");
	assert_int_equal(lab_run(l, "verify web"), 0);
	lab_says(l, "policy version 1, mode audit");
	assert_int_equal(lab_run(l, "init --no-passphrase all thief"), 0);
	assert_int_equal(lab_run(l, "verify --root repo/metadata/1.root.json thief"), 1);
	lab_says(l, "not valid: metadata/timestamp.json: ");
	lab_copy(l, "repo", "thief");
	assert_int_equal(lab_run(l, "rotate --no-passphrase all repo timestamp targets"), 0);
	lab_says(l, "root version 2 is signed");
	/* The new keys have signed what the old ones had. */
	assert_int_equal(lab_run(l, "verify repo"), 0);
	lab_says(l, "policy version 2, mode audit");
	lab_publish(l, LAB_POLICY("6min"), "");
	assert_int_equal(lab_run(l, "verify --json web"), 0);
	lab_says(l, "\"version\":3,");
	assert_said(l, 0, 3, "");
	for (int i = 0; i < 3; i++)
		assert_int_equal(lab_run(l, "sign thief policy.json"), 0);
	assert_int_equal(lab_shell(l, "cp -r web ours"), 0);
	assert_int_equal(lab_run(l, "publish thief web"), 0);
	assert_said(l, -EBADMSG, 3, "policy refused: metadata/timestamp.json: has 0 of 1 needed");
	assert_int_equal(lab_shell(l, "rm -r web && mv ours web"), 0);
	assert_int_equal(lab_run(l, "rotate --no-passphrase all --threshold 2 repo root"), 0);
	assert_int_equal(lab_run(l, "rotate repo"), 0);
	lab_publish(l, LAB_POLICY("7min"), "");
	assert_said(l, 0, 4, "");
	/* A new host starts from the first root, too. */
	assert_int_equal(lab_run(l, "verify --root repo/metadata/1.root.json web"), 0);
	assert_int_equal(unlinkat(l->dir, "repo/keys/root-2.pem", 0), 0);
	assert_int_equal(lab_run(l, "rotate --no-passphrase all repo targets"), 3);
	lab_says(l, "draft/root.json waits: version 5 has 1 of 2 signatures; missing: root-2\n");
	assert_int_equal(lab_run(l, "publish repo web"), 3);
	lab_says(l, "not published:\ndraft/root.json waits: version 5 has 1 of 2 signatures");
	assert_int_equal(lab_run(l, "rotate --no-passphrase all repo targets"), 1);
	lab_says(l, "not rotated: draft/root.json waits already");
	/* What needs no new root goes on meanwhile. */
	assert_int_equal(lab_run(l, "bump repo"), 0);
	assert_int_equal(lab_run(l, "publish --leave-drafts repo web"), 0);
	assert_said(l, 0, 4, "");
}

static void test_killed_at_each_request(void **state)
{
	struct lab *l = *state;
	struct vet_said said;

	assert_said(l, 0, 1, "");
	lab_publish(l, LAB_POLICY("6min"), "");
	for (l->kill_at = 1; !lab_refresh(l, &said); l->kill_at++) {
		struct policy *policy = NULL;
		struct accepted a;
		_close_ int store = openat(l->dir, "store", O_RDONLY | O_DIRECTORY);

		assert_int_equal(store_read(store, &policy, &a, NULL), 0);
		assert_int_equal(a.version, 1);
		policy_free(policy);
	}
	assert_in_range(l->kill_at, 3, 10);
	assert_int_equal(said.version, 2);
}

static void test_bad_question(void **state)
{
	struct lab *l = *state;
	struct vet_ask ask = { 7 };
	int talk[2], status;
	pid_t vet;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk), 0);
	vet = lab_vet(l, talk[1]);
	assert_int_equal(msg_send(talk[0], &ask, sizeof(ask), NULL, 0), 0);
	assert_int_equal(waitpid(vet, &status, 0), vet);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	close(talk[0]);
	close(talk[1]);
}

static void assert_feed(struct lab *l, const char *words, bool there)
{
	struct vet_said said;

	assert_true(lab_refresh(l, &said));
	assert_int_equal(said.err, 0);
	if (*words ? !strstr(said.feed_why, words) : *said.feed_why)
		fail_msg("\"%s\" does not say \"%s\"", said.feed_why, words);
	assert_int_equal(lab_shell(l, "cmp store/feed a.feed"), !there);
}

/* Its own way beside the policy's: a bad or missing one changes neither it nor the one before. */
static void test_way_of_a_feed(void **state)
{
	struct lab *l = *state;
	_free_ char *text = NULL;
	struct distro d;
	char args[200];
	size_t len;

	assert_int_equal(io_read(AT_FDCWD, "/etc/os-release", 65536, &text, &len), 0);
	assert_int_equal(distro_read(text, len, &d, NULL), 0);
	lab_publish(l, LAB_FEED_POLICY("5min"), "");
	assert_feed(l, "no trusted role lists the target a/", false);
	lab_feed(l, &d, d.release);
	assert_feed(l, "", true);
	assert_feed(l, "", true);
	assert_int_equal(l->requests, 1);
	lab_put(l, "bad.feed", "lazaret\x1a");
	snprintf(args, sizeof(args), "add-target --as a/%s-%s.feed repo bad.feed", d.id, d.release);
	assert_int_equal(lab_run(l, args), 0);
	lab_publish(l, LAB_FEED_POLICY("6min"), "");
	for (int i = 0; i < 2; i++) {
		assert_feed(l, "no feed that this version reads", true);
		assert_true(l->requests > 1);
	}
	assert_int_equal(lab_shell(l, "grep -q 6min store/current/policy.json"), 0);
	assert_int_equal(lab_shell(l, "cp a.feed last.feed"), 0);
	lab_feed(l, &d, "99");
	assert_int_equal(lab_shell(l, "cp last.feed a.feed"), 0);
	assert_feed(l, "is for", true);
	lab_feed(l, &d, d.release);
	assert_int_equal(lab_shell(l, "rm -r store/targets web/targets/a"), 0);
	assert_feed(l, "the server does not have it", true);
	assert_int_equal(lab_run(l, "publish repo web"), 0);
	assert_feed(l, "", true);
	lab_publish(l, LAB_POLICY("5min"), "");
	assert_feed(l, "", false);
}

#define ROW(f) cmocka_unit_test_setup_teardown(f, lab_open, lab_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_way_of_a_policy),	  ROW(test_refusals_keep_the_last),
		ROW(test_clock_set_back),	  ROW(test_keys_rotate),
		ROW(test_unchanged_poll),	  ROW(test_unchanged_is_verified),
		ROW(test_signed_nonsense),	  ROW(test_other_keys),
		ROW(test_killed_at_each_request), ROW(test_bad_question),
		ROW(test_way_of_a_feed),
	};

	return cmocka_run_group_tests_name("vet", tests, NULL, NULL);
}
