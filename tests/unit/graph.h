/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Delegated roles in a repository of repo.h, really signed. */
#pragma once

#include "tests/unit/repo.h"

#define GRAPH_ROLES 40

/* From a delegator ("targets" or another role) to a role; a list of them ends with NULL. */
struct edge {
	const char *from, *to;
	const char *pattern; /* NULL: "*" and everything below one folder */
	bool terminating;
};

struct graph {
	struct repo *repo;
	struct {
		char *name;
		struct secret *key;
		json_t *body;
	} roles[GRAPH_ROLES];
	size_t n;
};

/* Makes and signs a role for each name; all of version 1 and with a key of its own. */
void graph_make(struct graph *g, struct repo *r, const struct edge *edges);
void graph_clear(struct graph *g);

/* Lists a target, whose text is the name of the role, and shelves it. */
void graph_add(struct graph *g, const char *role, const char *path);

json_t *graph_body(struct graph *g, const char *role);
struct secret *graph_key(struct graph *g, const char *role);

/* Roles as they are now, named by snapshot, and then the top-level files. */
void graph_sign(struct graph *g);

/* One role, signed by that key, on the server; {"version":N} for snapshot. */
void graph_put(struct graph *g, const char *role, struct secret *key);
