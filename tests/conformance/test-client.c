// SPDX-License-Identifier: GPL-2.0-or-later
/* tuf-client as a program, over HTTP, each run a new process; what it asks for, keeps and answers.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/base/io.h"
#include "tests/conformance/serve.h"
#include "tests/unit/graph.h"
#include "tests/unit/test.h"

#define POLICY "--target-name policy.json download"
#define FRESH                                                                    \
	"metadata/2.root.json metadata/timestamp.json metadata/1.snapshot.json " \
	"metadata/1.targets.json "
#define ALL "root.json snapshot.json targets.json timestamp.json "

static int64_t in_days(int days)
{
	return io_now() + days * 86400L;
}

/* A repository of today, and a client that has its first root. */
static struct lab *lab(void)
{
	struct lab *l = calloc(1, sizeof(*l));
	struct repo *r = repo_new();
	char path[100];
	int i;

	lab_open(l, r);
	for (int role = 0; role < ROLE_COUNT; role++) {
		r->roles[role].expires = in_days(10);
		r->roles[role].version = 0;
	}
	while (r->server.n)
		shelf_drop(&r->server, r->server.files[0].name);
	repo_root(r);
	repo_bump(r);
	i = shelf_find(&r->server, "metadata/1.root.json");
	snprintf(path, sizeof(path), "%s/first", l->dir);
	assert_int_equal(io_replace(AT_FDCWD, path, r->server.files[i].text, r->server.files[i].len,
				    0600),
			 0);
	return l;
}

static void expect(struct lab *l, const char *args, int status, const char *seen)
{
	int is = lab_run(l, args);

	if (is != status) {
		char *err = lab_read(l, "err");

		fail_msg("%s: exit %d after %s: %s", args, is, l->seen, err ? err : "");
	}
	if (seen)
		assert_string_equal(l->seen, seen);
}

static void expect_files(const struct lab *l, const char *folder, const char *names)
{
	char list[SEEN_ROOM];

	lab_list(l, folder, list);
	assert_string_equal(list, names);
}

static void expect_text(const struct lab *l, const char *name, const char *text)
{
	char *is = lab_read(l, name);

	assert_non_null(is);
	assert_string_equal(is, text);
	free(is);
}

static bool kept(const struct lab *l, const char *name, const char *as)
{
	const struct shelf *s = &l->repo->server;
	char path[100], *text;
	bool same;

	snprintf(path, sizeof(path), "meta/%s", name);
	text = lab_read(l, path);
	same = text && !strcmp(text, s->files[shelf_find(s, as)].text);
	free(text);
	return same;
}

static void done(struct lab *l)
{
	lab_close(l);
	free(l);
}

static void put(struct lab *l, const char *name, const char *text)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", l->dir, name);
	assert_int_equal(io_replace(AT_FDCWD, path, text, strlen(text), 0600), 0);
}

static void test_requests(void **state)
{
	struct lab *l = lab();
	struct shelf *s = &l->repo->server;
	char longer[20000];
	int i;

	(void)state;
	i = shelf_find(s, "metadata/timestamp.json"); /* a byte more that means nothing */
	snprintf(longer, sizeof(longer), "%s ", s->files[i].text);
	shelf_put(s, "metadata/timestamp.json", longer, strlen(longer));
	expect(l, "init first", 0, "");
	expect_files(l, "meta", "root.json ");
	expect(l, "refresh", 0, FRESH);
	expect_files(l, "meta", ALL);
	assert_true(kept(l, "root.json", "metadata/1.root.json"));
	assert_true(kept(l, "timestamp.json", "metadata/timestamp.json"));
	assert_true(kept(l, "snapshot.json", "metadata/1.snapshot.json"));
	assert_true(kept(l, "targets.json", "metadata/1.targets.json"));
	expect(l, "refresh", 0, "metadata/2.root.json metadata/timestamp.json ");
	repo_bump(l->repo);
	repo_root(l->repo);
	expect(l, "refresh", 0,
	       "metadata/2.root.json metadata/3.root.json metadata/timestamp.json "
	       "metadata/2.snapshot.json metadata/2.targets.json ");
	done(l);
}

static void test_bad_starts(void **state)
{
	static const char *const bad[] = { "", "{}", "[]", "{\"signed\":{},\"signatures\":[]}" };
	struct lab *l = lab();

	(void)state;
	expect(l, "refresh", 1, ""); /* no root at all */
	for (size_t i = 0; i < 4; i++) {
		put(l, "bad", bad[i]);
		lab_run(l, "init bad");
		assert_string_equal(l->seen, "");
		expect(l, "refresh", 1, "");
	}
	expect(l, "init nothing-there", 1, "");
	expect(l, "", 1, "");
	expect(l, "fetch", 1, "");
	expect(l, "download", 1, "");
	expect(l, "refresh more", 1, "");
	expect(l, "--what refresh", 1, "");
	expect(l, "init first", 0, "");
	expect(l, "refresh", 0, FRESH);
	done(l);
}

static void test_missing(void **state)
{
	struct lab *l = lab();

	(void)state;
	expect(l, "init first", 0, "");
	l->slam = "metadata/timestamp.json";
	expect(l, "refresh", 1, "metadata/2.root.json metadata/timestamp.json ");
	l->slam = NULL;
	shelf_drop(&l->repo->server, "metadata/1.snapshot.json");
	expect(l, "refresh", 1, NULL);
	expect_files(l, "meta", "root.json timestamp.json ");
	repo_bump(l->repo);
	shelf_drop(&l->repo->server, "metadata/2.targets.json");
	expect(l, "refresh", 1, NULL);
	expect_files(l, "meta", "root.json snapshot.json timestamp.json ");
	done(l);
}

static void test_downloads(void **state)
{
	struct lab *l = lab();
	struct repo *r = l->repo;

	(void)state;
	expect(l, "init first", 0, "");
	expect(l, POLICY, 0,
	       FRESH "targets/a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e."
		     "policy.json ");
	expect_text(l, "targets/policy.json", "first");
	expect(l, POLICY, 0, "metadata/2.root.json metadata/timestamp.json ");
	r->target = "second";
	repo_bump(r);
	expect(l, POLICY, 0, NULL);
	expect_files(l, "targets", "policy.json ");
	expect_text(l, "targets/policy.json", "second");
	expect(l, "--target-name none --target-name policy.json download", 1, NULL);
	expect(l, "--target-name policy.json --target-name none download", 1, NULL);
	r->target = "third";
	repo_bump(r);
	for (size_t i = 0; i < r->server.n; i++)
		if (!strcmp(r->server.files[i].text, "third"))
			r->server.files[i].text[0] = 'T';
	expect(l, POLICY, 1, NULL);
	expect_text(l, "targets/policy.json", "second");
	put(l, "targets/policy.json", "tampered");
	expect(l, POLICY, 1, NULL);
	expect_files(l, "targets", "policy.json ");
	done(l);
}

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

static void test_role_names(void **state)
{
	static const char *const names[][3] = {
		{ "?", "metadata/1.%3F.json ", "%3F.json " ALL },
		{ "#", "metadata/1.%23.json ", "%23.json " ALL },
		{ "/x", "metadata/1.%2Fx.json ", "%2Fx.json " ALL },
		{ "../x", "metadata/1...%2Fx.json ", "..%2Fx.json " ALL },
	};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct edge edges[] = { { "targets", names[i][0], 0, 0 }, { 0 } };
		struct lab *l = lab();
		struct graph g;

		graph_make(&g, l->repo, edges);
		graph_add(&g, names[i][0], "a/x");
		graph_sign(&g);
		expect(l, "init first", 0, "");
		/* Whatever a target is called, whoever may list it is asked. */
		expect(l, "--target-name 'no such' download", 1, NULL);
		assert_non_null(strstr(l->seen, names[i][1]));
		expect(l, "--target-name a/x download", 0, NULL);
		expect_files(l, "meta", names[i][2]);
		expect_text(l, "targets/a%2Fx", names[i][0]);
		expect(l, "--target-name a/x download", 0,
		       "metadata/2.root.json metadata/timestamp.json ");
		graph_clear(&g);
		done(l);
	}
}

/* A and B both trust C, by different keys: what A's sign is not for B, in one run as in two. */
static void test_diamond(void **state)
{
	static const struct edge edges[] = { { "targets", "A", "a/*", 0 },
					     { "targets", "B", "b/*", 0 },
					     { "A", "C", 0, 0 },
					     { "B", "C", 0, 0 },
					     { 0 } };
	struct lab *l = lab();
	struct secret *other = NULL;
	json_t *public, *roles, *keys;
	struct graph g;

	(void)state;
	graph_make(&g, l->repo, edges);
	graph_add(&g, "C", "a/x");
	graph_add(&g, "C", "b/x");
	graph_sign(&g);
	expect(l, "init first", 0, "");
	expect(l, "--target-name a/x --target-name b/x download", 0, NULL);
	expect_files(l, "targets", "a%2Fx b%2Fx ");
	assert_int_equal(secret_make(&other, NULL), 0);
	assert_int_equal(secret_public(other, &public, NULL), 0);
	roles = json_object_get(json_object_get(graph_body(&g, "B"), "delegations"), "roles");
	keys = json_object_get(json_object_get(graph_body(&g, "B"), "delegations"), "keys");
	json_object_set_new(keys, secret_id(other), public);
	json_object_set_new(json_array_get(roles, 0), "keyids", json_pack("[s]", secret_id(other)));
	json_object_set_new(graph_body(&g, "B"), "version", json_integer(2));
	graph_sign(&g);
	expect(l, "--target-name a/x --target-name b/x download", 1, NULL);
	expect(l, "--target-name a/x download", 0, NULL);
	expect(l, "--target-name b/x download", 1, NULL);
	secret_free(other);
	graph_clear(&g);
	done(l);
}

/* What lazaret-policy publishes is a repository like any other. */
static void test_ours(void **state)
{
	static const char make[] =
		"cd %s && P=$(dirname $(readlink /proc/%d/exe))/../../policy/lazaret-policy && "
		"echo '{\"mode\":\"audit\",\"look_every\":\"5min\",\"requirements\":[{\"id\":\"f\","
		"\"check\":\"firewall\",\"grace\":\"0s\"}]}' >policy.json && $P init "
		"--no-passphrase all repo && "
		"$P sign repo policy.json && $P publish repo web && "
		"cp web/metadata/1.root.json first >/dev/null";
	struct lab *l = lab();
	char command[1000], list[SEEN_ROOM];
	struct shelf *s = &l->repo->server;

	(void)state;
	while (s->n)
		shelf_drop(s, s->files[0].name);
	snprintf(command, sizeof(command), make, l->dir, getpid());
	strcat(command, " 2>&1");
	assert_int_equal(system(command), 0);
	for (int i = 0; i < 2; i++) {
		static const char *const folders[] = { "metadata", "targets" };
		char folder[100], path[PATH_MAX];

		snprintf(folder, sizeof(folder), "web/%s", folders[i]);
		lab_list(l, folder, list);
		for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
			char *text;

			snprintf(path, sizeof(path), "web/%s/%s", folders[i], name);
			text = lab_read(l, path);
			shelf_put(s, path + strlen("web/"), text, strlen(text));
			free(text);
		}
	}
	expect(l, "init first", 0, "");
	expect(l, POLICY, 0, NULL);
	assert_non_null(strstr(l->seen, "metadata/1.snapshot.json metadata/1.targets.json "));
	done(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_requests), cmocka_unit_test(test_bad_starts),
		cmocka_unit_test(test_missing),	 cmocka_unit_test(test_downloads),
#ifndef __SANITIZE_ADDRESS__
		cmocka_unit_test(test_time),
#endif
		cmocka_unit_test(test_rollback), cmocka_unit_test(test_expired),
		cmocka_unit_test(test_keys),	 cmocka_unit_test(test_role_names),
		cmocka_unit_test(test_diamond),	 cmocka_unit_test(test_ours),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
