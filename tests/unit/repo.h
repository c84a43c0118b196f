/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TUF repository and a client's store in memory, really signed, with knobs for each
 * kind of wrong.  Made fresh with repo_new(), then roles are signed one by one.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/publisher/secret.h"
#include "policy/role.h"
#include "policy/tuf.h"

#define REPO_NOW   1000000000
#define REPO_KEYS  3
#define SHELF_ROOM 64
#define SEEN_ROOM  4096

struct shelf {
	struct {
		char *name, *text;
		size_t len;
	} files[SHELF_ROOM];
	size_t n;
};

struct repo_role {
	struct secret *keys[REPO_KEYS];
	size_t n_keys; /* listed in root */
	int threshold;
	size_t n_sign;	 /* how many of the keys sign */
	bool sign_twice; /* the first signature is there twice */
	int64_t version, expires;
	int64_t say_more; /* whoever names the file adds this to its version */
};

struct repo {
	struct repo_role roles[ROLE_COUNT];
	bool consistent;
	const char *target;	   /* what policy.json says */
	struct repo_role old_root; /* signs the next root as well, then goes */
	json_t *extra;		   /* more entries of snapshot's list, by name */
	json_t *delegations;	   /* of targets; NULL for none */
	const char *path;	   /* of the target that the client asks for */
	struct shelf server, store;
	char seen[SEEN_ROOM]; /* paths asked for, each with a blank after it */
	int keep_err;	      /* what keeping fails with, or 0 */
	int keep_after;	      /* so many succeed before */
	int64_t now;
};

struct repo *repo_new(void);
struct repo *repo_free(struct repo *r); /* always NULL */

void repo_new_keys(struct repo *r, enum role role); /* other secrets; root's old ones wait */
void repo_root(struct repo *r); /* next root on the server, signed by old and new keys */
void repo_sign(struct repo *r); /* targets, snapshot and timestamp as the knobs say */
void repo_bump(struct repo *r); /* raises the versions of these by one, then signs */
void repo_trust(struct repo *r, int64_t root); /* the client starts with that root, alone */

void shelf_put(struct shelf *s, const char *name, const char *text, size_t len);
int shelf_find(const struct shelf *s, const char *name); /* index or -ENOENT */
void shelf_drop(struct shelf *s, const char *name);

/* tuf_open() and tuf_refresh(); then the target's text must be *want unless that is NULL. */
int repo_client(struct repo *r, const char *want, struct fault *fault);
struct tuf_io repo_io(struct repo *r);
