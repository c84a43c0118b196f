// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/count.h"
#include "policy/delegation.h"
#include "policy/json.h"
#include "policy/target.h"
#include "tests/unit/graph.h"
#include "tests/unit/test.h"

static struct graph *graph(void **state, const struct edge *edges)
{
	struct graph *g = calloc(1, sizeof(*g));

	graph_make(g, repo_new(), edges);
	g->repo->path = "a/x";
	*state = g;
	return g;
}

static int tear_down(void **state)
{
	struct graph *g = *state;

	if (g) {
		graph_clear(g);
		repo_free(g->repo);
		free(g);
	}
	return 0;
}

static void expect(struct graph *g, int error, const char *want)
{
	struct fault f = { 0 };
	int r = repo_client(g->repo, want, &f);

	if (r != error)
		fail_msg("%d instead of %d: %s", r, error, f.why);
	if (r < 0)
		assert_string_not_equal(f.why, "");
}

/* Delegated roles that were asked for, in order: "A B ". */
static void visits(const char *seen, char *out)
{
	char one[100];

	*out = '\0';
	for (; *seen; seen += strcspn(seen, " ") + 1) {
		int n = 0;

		if (sscanf(seen, "metadata/1.%n%90[^ ]", &n, one) == 1 && one[0] >= 'A' &&
		    one[0] <= 'Z')
			sprintf(out + strlen(out), "%.*s ", (int)strcspn(one, "."), one);
	}
}

static const struct walk {
	const char *what;
	struct edge edges[12];
	const char *holder; /* lists the target; NULL: nobody */
	const char *visited;
} walks[] = {
	{ "one", { { "targets", "A", 0, 0 } }, "A", "A " },
	{ "nobody has it", { { "targets", "A", 0, 0 }, { "targets", "B", 0, 0 } }, NULL, "A B " },
	{ "pre-order",
	  { { "targets", "A", 0, 0 },
	    { "targets", "B", 0, 0 },
	    { "A", "C", 0, 0 },
	    { "A", "D", 0, 0 },
	    { "C", "E", 0, 0 } },
	  NULL,
	  "A C E D B " },
	{ "found on the way",
	  { { "targets", "A", 0, 0 }, { "targets", "B", 0, 0 }, { "A", "C", 0, 0 } },
	  "C",
	  "A C " },
	{ "terminating, same level",
	  { { "targets", "A", 0, 0 }, { "targets", "B", 0, 1 }, { "targets", "C", 0, 0 } },
	  "C",
	  "A B " },
	{ "terminating, but searched itself",
	  { { "targets", "A", 0, 1 }, { "A", "B", 0, 0 }, { "targets", "C", 0, 0 } },
	  "B",
	  "A B " },
	{ "terminating, levels above",
	  { { "targets", "A", 0, 0 },
	    { "targets", "B", 0, 0 },
	    { "A", "C", 0, 1 },
	    { "A", "D", 0, 0 },
	    { "C", "E", 0, 0 } },
	  "B",
	  "A C E " },
	{ "terminating for other targets",
	  { { "targets", "A", "b/*", 1 }, { "targets", "B", "a/?", 0 } },
	  "B",
	  "B " },
	{ "cycle",
	  { { "targets", "A", 0, 0 },
	    { "targets", "B", 0, 0 },
	    { "B", "C", 0, 0 },
	    { "C", "D", 0, 0 },
	    { "D", "B", 0, 0 },
	    { "D", "A", 0, 0 } },
	  NULL,
	  "A B C D " },
	{ "to itself", { { "targets", "A", 0, 0 }, { "A", "A", 0, 0 } }, NULL, "A " },
	{ "twice",
	  { { "targets", "A", 0, 0 },
	    { "targets", "B", 0, 0 },
	    { "A", "C", 0, 0 },
	    { "B", "C", 0, 0 },
	    { "B", "D", 0, 0 } },
	  "D",
	  "A C B D " },
	{ "the pattern of each",
	  { { "targets", "A", "a/*", 0 }, { "A", "B", "*", 0 }, { "A", "C", "a/x", 0 } },
	  "C",
	  "A C " },
	{ "first listed wins",
	  { { "targets", "B", 0, 0 }, { "targets", "A", 0, 0 } },
	  "A",
	  "B A " },
};

static void test_walks(void **state)
{
	for (size_t i = 0; i < COUNT(walks); i++) {
		const struct walk *w = &walks[i];
		struct graph *g = graph(state, w->edges);
		bool found = w->holder && strstr(w->visited, w->holder);
		char visited[SEEN_ROOM];

		if (w->holder)
			graph_add(g, w->holder, "a/x");
		graph_sign(g);
		expect(g, found ? 0 : -ENOENT, w->holder);
		visits(g->repo->seen, visited);
		if (strcmp(visited, w->visited) != 0)
			fail_msg("%s: %s instead of %s", w->what, visited, w->visited);
		expect(g, found ? 0 : -ENOENT, w->holder); /* now all of it is in the store */
		visits(g->repo->seen, visited);
		assert_string_equal(visited, "");
		tear_down(state);
	}
	*state = NULL;
}

static const struct edge one[] = { { "targets", "A", 0, 0 }, { "targets", "B", 0, 0 }, { 0 } };

/* Each way in which a role may fail ends the search; B has the target, but is not asked. */
static void test_failures(void **state)
{
	struct graph *g = graph(state, one);
	struct repo *r = g->repo;
	char visited[SEEN_ROOM];

	graph_add(g, "B", "a/x");
	graph_sign(g);
	shelf_drop(&r->server, "metadata/1.A.json");
	expect(g, -ENODATA, NULL);
	visits(r->seen, visited);
	assert_string_equal(visited, "A ");

	graph_put(g, "A", graph_key(g, "B"));
	expect(g, -EBADMSG, NULL);

	graph_sign(g);
	json_object_del(r->extra, "A.json");
	repo_trust(r, 1);
	repo_bump(r);
	expect(g, -ENODATA, NULL); /* not in snapshot: not even asked for */
	assert_null(strstr(r->seen, "A.json"));

	json_object_set_new(graph_body(g, "A"), "expires", json_string("2001-09-09T01:46:40Z"));
	graph_sign(g);
	expect(g, -ESTALE, NULL);
	assert_int_equal(shelf_find(&r->store, "A.json"), -ENOENT);

	json_object_set_new(graph_body(g, "A"), "expires", json_string("2001-09-09T01:46:41Z"));
	graph_sign(g);
	expect(g, 0, "B");
	assert_true(shelf_find(&r->store, "A.json") >= 0);
}

/* A target that only has hashes of another time is of no use; what is beside it, is. */
static void test_unknown_hash(void **state)
{
	struct graph *g = graph(state, one);
	json_t *targets;

	graph_add(g, "B", "a/x");
	targets = json_object_get(graph_body(g, "A"), "targets");
	json_object_set_new(targets, "b/y",
			    json_pack("{s:i, s:{s:s}}", "length", 1, "hashes", "sha3-256", "00"));
	graph_sign(g);
	expect(g, 0, "B");
	json_object_set_new(targets, "a/x", json_deep_copy(json_object_get(targets, "b/y")));
	json_object_set_new(graph_body(g, "A"), "version", json_integer(2));
	graph_sign(g);
	expect(g, -EBADMSG, NULL);
}

static void test_versions(void **state)
{
	struct graph *g = graph(state, one);
	struct repo *r = g->repo;

	graph_add(g, "B", "a/x");
	json_object_set_new(graph_body(g, "A"), "version", json_integer(3));
	graph_sign(g);
	expect(g, 0, "B");
	assert_non_null(strstr(r->seen, "metadata/3.A.json "));
	json_object_set_new(graph_body(g, "A"), "version", json_integer(2));
	graph_sign(g);
	expect(g, -EPERM, NULL);
	json_object_set_new(graph_body(g, "A"), "version", json_integer(4));
	graph_sign(g);
	json_object_set_new(r->extra, "A.json", json_pack("{s:i}", "version", 5));
	repo_bump(r);
	shelf_put(&r->server, "metadata/5.A.json",
		  r->server.files[shelf_find(&r->server, "metadata/4.A.json")].text,
		  r->server.files[shelf_find(&r->server, "metadata/4.A.json")].len);
	expect(g, -EBADMSG, NULL);
	/* Lengths and hashes count when they are given. */
	json_object_set_new(r->extra, "A.json", json_pack("{s:i, s:i}", "version", 4, "length", 9));
	repo_trust(r, 1);
	repo_bump(r);
	expect(g, -EBADMSG, NULL);
}

/* What one delegator's keys signed is nothing to the other delegator. */
static void test_diamond(void **state)
{
	static const struct edge edges[] = { { "targets", "A", "a/*", 0 },
					     { "targets", "B", "b/*", 0 },
					     { "A", "C", "a/*", 0 },
					     { 0 } };
	struct graph *g = graph(state, edges);
	struct repo *r = g->repo;
	struct secret *other = NULL;
	struct tuf_io io = repo_io(r);
	struct tuf *t = NULL;
	json_t *public, *d;
	char *text;
	size_t len;

	assert_int_equal(secret_make(&other, NULL), 0);
	assert_int_equal(secret_public(other, &public, NULL), 0);
	d = json_pack("{s:{s:o}, s:[{s:s, s:[s], s:i, s:b, s:[s]}]}", "keys", secret_id(other),
		      public, "roles", "name", "C", "keyids", secret_id(other), "threshold", 1,
		      "terminating", 0, "paths", "b/*");
	json_object_set_new(graph_body(g, "B"), "delegations", d);
	graph_add(g, "C", "a/x");
	graph_add(g, "C", "b/x");
	graph_add(g, "C", "c/x");
	graph_sign(g);
	assert_int_equal(tuf_open(&io, &t, NULL), 0);
	assert_int_equal(tuf_refresh(t, NULL), 0);
	assert_int_equal(tuf_target(t, "a/x", &text, &len, NULL), 0);
	free(text);
	assert_int_equal(tuf_target(t, "b/x", &text, &len, NULL), -EBADMSG);
	assert_int_equal(tuf_target(t, "c/x", &text, &len, NULL), -ENOENT);
	assert_int_equal(tuf_target(t, "a/x", &text, &len, NULL), 0);
	free(text);
	graph_put(g, "C", other);
	assert_int_equal(tuf_target(t, "b/x", &text, &len, NULL), 0);
	free(text);
	tuf_close(t);
	secret_free(other);
}

static void test_expiry_counts(void **state)
{
	struct graph *g = graph(state, one);
	struct tuf_io io = repo_io(g->repo);
	struct tuf *t = NULL;
	char *text;
	size_t len;

	json_object_set_new(graph_body(g, "A"), "expires", json_string("2001-09-09T01:46:41Z"));
	json_object_set_new(graph_body(g, "B"), "expires", json_string("2001-09-09T01:46:42Z"));
	graph_add(g, "B", "a/x");
	graph_sign(g);
	assert_int_equal(tuf_open(&io, &t, NULL), 0);
	assert_int_equal(tuf_refresh(t, NULL), 0);
	assert_int_equal(tuf_expires(t), REPO_NOW + 1000);
	assert_int_equal(tuf_target(t, "a/x", &text, &len, NULL), 0);
	assert_int_equal(tuf_expires(t), REPO_NOW + 2); /* A did not lead to it */
	free(text);
	tuf_close(t);
}

static void test_odd_names(void **state)
{
	static const char *const names[][2] = {
		{ "?", "metadata/1.%3F.json " },
		{ "#", "metadata/1.%23.json " },
		{ "/x", "metadata/1.%2Fx.json " },
		{ "../x", "metadata/1...%2Fx.json " },
		{ "\xc3\xa4 b", "metadata/1.%C3%A4%20b.json " },
	};

	for (size_t i = 0; i < 5; i++) {
		struct edge edges[] = { { "targets", names[i][0], 0, 0 }, { 0 } };
		struct graph *g = graph(state, edges);

		graph_add(g, names[i][0], "a/x");
		graph_sign(g);
		expect(g, 0, names[i][0]);
		assert_non_null(strstr(g->repo->seen, names[i][1]));
		expect(g, 0, names[i][0]);
		assert_null(strstr(g->repo->seen, names[i][1]));
		tear_down(state);
	}
	*state = NULL;
}

static void test_plain_names(void **state)
{
	struct repo *r = repo_new();
	struct graph *g = calloc(1, sizeof(*g));

	r->consistent = false;
	repo_root(r);
	repo_trust(r, 2);
	*state = g;
	graph_make(g, r, one);
	graph_add(g, "B", "a/x");
	graph_sign(g);
	r->path = "a/x";
	expect(g, 0, "B");
	assert_non_null(strstr(r->seen, " metadata/A.json metadata/B.json targets/a/x "));
}

/* A chain longer than anybody needs: bounded, and said so. */
static void test_too_many(void **state)
{
	char names[TARGET_ROLES_MAX + 2][8] = { "targets" };
	struct edge edges[TARGET_ROLES_MAX + 2] = { 0 };
	struct graph *g;

	for (size_t i = 0; i < TARGET_ROLES_MAX + 1; i++) {
		sprintf(names[i + 1], "R%zu", i);
		edges[i] = (struct edge){ names[i], names[i + 1], 0, 0 };
	}
	g = graph(state, edges);
	graph_add(g, "R31", "a/x");
	graph_sign(g);
	expect(g, 0, "R31");
	json_object_clear(json_object_get(graph_body(g, "R31"), "targets"));
	graph_add(g, "R32", "a/x");
	graph_sign(g);
	repo_trust(g->repo, 1);
	expect(g, -E2BIG, NULL);
}

/* TAP 15 from end to end: the target is in the one bin where it must be. */
static void test_bins(void **state)
{
	static const struct edge edges[] = { { "targets", "b-1", 0, 0 }, { 0 } };
	struct graph *g = graph(state, edges);
	const char *id = secret_id(graph_key(g, "b-1"));

	json_object_set_new(g->repo->delegations, "succinct_roles",
			    json_pack("{s:[s], s:i, s:s, s:i}", "keyids", id, "threshold", 1,
				      "name_prefix", "b", "bit_length", 4));
	json_object_del(g->repo->delegations, "roles");
	graph_add(g, "b-1", "a/x");
	graph_sign(g);
	expect(g, 0, "b-1");
	assert_non_null(strstr(g->repo->seen, "metadata/1.b-1.json "));
	g->repo->path = "other"; /* whose bin is not in snapshot */
	expect(g, -ENODATA, NULL);
}

#define ROW(f) cmocka_unit_test_teardown(f, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_walks),	ROW(test_failures),    ROW(test_versions),
		ROW(test_unknown_hash), ROW(test_diamond),     ROW(test_expiry_counts),
		ROW(test_odd_names),	ROW(test_plain_names), ROW(test_too_many),
		ROW(test_bins),
	};

	return cmocka_run_group_tests_name("delegation", tests, NULL, NULL);
}
