/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real repository, data/sigstore, from root 5 to its targets, and changes of it. */
#pragma once

#include "policy/json.h"
#include "tests/unit/repo.h"
#include "tests/unit/test.h"

#define FIRST_ROOT 5
#define LAST_ROOT  15
#define N_TARGETS  12
#define N_OTHERS   4

extern const char *const sigstore_targets[N_TARGETS];
extern const char *const sigstore_others[N_OTHERS]; /* of metadata, beside roots */

/* A client that trusts the first root alone, for cmocka: *state is a struct repo. */
int sigstore_set_up(void **state);
int sigstore_tear_down(void **state);

/* The client starts with that root and nothing else; what it says of the repository as it is now. */
void sigstore_trust(struct repo *r, int root);
int sigstore_client(struct repo *r);

/* Puts a file of data/sigstore on a shelf; a target at its place on a server. */
void sigstore_load(struct shelf *s, const char *name, const char *as);
void sigstore_load_target(struct shelf *s, const char *target);

/* From which root a client comes to that file first. */
int sigstore_root_before(const char *name);

/* With this text in the file's place a new client refuses the repository; `what` was changed. */
void sigstore_must_refuse(struct repo *r, const char *name, const char *text, size_t len,
			  const char *what);
void sigstore_must_refuse_json(struct repo *r, const char *name, const json_t *file,
			       const char *what);

/* The caller drops the file. */
json_t *sigstore_read(struct repo *r, const char *name);

/* Another value of the same type; NULL when there is none so near. */
json_t *sigstore_changed(const json_t *value);
