/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shelf of repo.h by HTTP on loopback, and tuf-client run against it. */
#pragma once

#include "tests/unit/repo.h"

#define SERVE_PREFIX "te%5Bst%2F%3F" /* a folder whose name must arrive as it is */

struct lab {
	struct repo *repo;
	char dir[64];	      /* with meta/ and targets/, the client's */
	const char *slam;     /* a path for which the connection is closed without a word */
	const char *at;	      /* faketime's date, or NULL */
	char seen[SEEN_ROOM]; /* the last run's requests, each with a blank after it */
};

void lab_open(struct lab *l, struct repo *r);
void lab_close(struct lab *l); /* frees the repo, too */

/* Runs the client with the server's addresses and these arguments; its exit code. */
int lab_run(struct lab *l, const char *args);

/* A file below dir as a string, or NULL; the caller frees it. */
char *lab_read(const struct lab *l, const char *name);

/* What a folder below dir holds, sorted, each name with a blank after it. */
void lab_list(const struct lab *l, const char *folder, char out[SEEN_ROOM]);
