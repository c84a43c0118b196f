// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "policy/canon.h"
#include "policy/names.h"
#include "policy/publisher/draft.h"
#include "tests/unit/graph.h"
#include "tests/unit/test.h"

static size_t find(const struct graph *g, const char *role)
{
	size_t i = 0;

	while (i < g->n && strcmp(g->roles[i].name, role) != 0)
		i++;
	return i;
}

static size_t need(struct graph *g, const char *role)
{
	size_t i = find(g, role);

	if (i < g->n)
		return i;
	assert_true(i < GRAPH_ROLES);
	g->roles[i].name = strdup(role);
	assert_int_equal(secret_make(&g->roles[i].key, NULL), 0);
	assert_int_equal(draft_new(ROLE_TARGETS, 1, g->repo->roles[ROLE_TARGETS].expires,
				   &g->roles[i].body, NULL),
			 0);
	json_object_set_new(g->roles[i].body, "targets", json_object());
	return g->n++;
}

/* Where a delegator lists whom it trusts. */
static json_t *delegations_of(struct graph *g, const char *from)
{
	json_t *made;

	if (!strcmp(from, "targets")) {
		if (!g->repo->delegations)
			g->repo->delegations = json_pack("{s:{}, s:[]}", "keys", "roles");
		return g->repo->delegations;
	}
	made = json_object_get(graph_body(g, from), "delegations");
	if (!made) {
		made = json_pack("{s:{}, s:[]}", "keys", "roles");
		json_object_set_new(graph_body(g, from), "delegations", made);
	}
	return made;
}

static void add_edge(struct graph *g, const struct edge *e)
{
	struct secret *key = g->roles[need(g, e->to)].key;
	json_t *d = delegations_of(g, e->from), *public, *role, *paths;

	assert_int_equal(secret_public(key, &public, NULL), 0);
	json_object_set_new(json_object_get(d, "keys"), secret_id(key), public);
	paths = e->pattern ? json_pack("[s]", e->pattern) : json_pack("[s, s]", "*", "*/*");
	role = json_pack("{s:s, s:[s], s:i, s:b, s:o}", "name", e->to, "keyids", secret_id(key),
			 "threshold", 1, "terminating", e->terminating, "paths", paths);
	json_array_append_new(json_object_get(d, "roles"), role);
}

void graph_make(struct graph *g, struct repo *r, const struct edge *edges)
{
	*g = (struct graph){ .repo = r };
	for (; edges->from; edges++)
		add_edge(g, edges);
	graph_sign(g);
}

void graph_clear(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		free(g->roles[i].name);
		secret_free(g->roles[i].key);
		json_decref(g->roles[i].body);
	}
	g->n = 0;
}

json_t *graph_body(struct graph *g, const char *role)
{
	return g->roles[need(g, role)].body;
}

struct secret *graph_key(struct graph *g, const char *role)
{
	return g->roles[need(g, role)].key;
}

void graph_add(struct graph *g, const char *role, const char *path)
{
	json_t *mark = NULL;
	struct mark m;
	char at[NAME_ROOM];

	assert_int_equal(draft_mark(role, strlen(role), 0, &mark), 0);
	assert_int_equal(mark_parse(mark, &m, NULL), 0);
	json_object_set_new(json_object_get(graph_body(g, role), "targets"), path, mark);
	path_of_target(path, g->repo->consistent ? &m : NULL, at);
	shelf_put(&g->repo->server, at, role, strlen(role));
}

void graph_put(struct graph *g, const char *role, struct secret *key)
{
	json_t *body = graph_body(g, role), *file;
	int64_t version = json_integer_value(json_object_get(body, "version"));
	char path[NAME_ROOM], name[NAME_ROOM], *data, *sig, *text;
	size_t len;

	assert_int_equal(canon_write(body, &data, &len, NULL), 0);
	assert_int_equal(secret_sign(key, data, len, &sig, NULL), 0);
	file = json_pack("{s:[{s:s, s:s}], s:O}", "signatures", "keyid", secret_id(key), "sig", sig,
			 "signed", body);
	text = json_dumps(file, JSON_INDENT(1));
	path_of_role(role, g->repo->consistent ? version : 0, path);
	shelf_put(&g->repo->server, path, text, strlen(text));
	snprintf(name, sizeof(name), "%s.json", role);
	json_object_set_new(g->repo->extra, name, json_pack("{s:I}", "version", version));
	json_decref(file);
	free(data);
	free(sig);
	free(text);
}

void graph_sign(struct graph *g)
{
	for (size_t i = 0; i < g->n; i++)
		graph_put(g, g->roles[i].name, g->roles[i].key);
	repo_bump(g->repo);
}
