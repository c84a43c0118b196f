// SPDX-License-Identifier: GPL-2.0-or-later
/* tuf-client as a program, over HTTP, each run a new process; what it asks for, keeps and answers.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/io.h"
#include "tests/conformance/client-lab.h"
#include "tests/conformance/serve.h"
#include "tests/unit/graph.h"
#include "tests/unit/test.h"

static void expect_text(const struct lab *l, const char *name, const char *text)
{
	char *is = lab_read(l, name);

	assert_non_null(is);
	assert_string_equal(is, text);
	free(is);
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
		cmocka_unit_test(test_requests),   cmocka_unit_test(test_bad_starts),
		cmocka_unit_test(test_missing),	   cmocka_unit_test(test_downloads),
		cmocka_unit_test(test_role_names), cmocka_unit_test(test_diamond),
		cmocka_unit_test(test_ours),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
