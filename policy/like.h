/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy takes a host's firewall for the right one by: its fingerprint. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader;
struct member;

#define LIKE_MAX   16
#define LIKE_BYTES 16 /* of a fingerprint */
#define LIKE_TEXT  (2 * LIKE_BYTES + 1)

/* Zeros: any will do. */
struct like {
	bool last_good; /* the one that the agent keeps */
	size_t n;
	uint8_t list[LIKE_MAX][LIKE_BYTES]; /* or one of these */
};

static inline bool like_demanded(const struct like *l)
{
	return l->last_good || l->n;
}

/* Is it on the list? */
bool like_names(const struct like *l, const uint8_t fingerprint[LIKE_BYTES]);

/* A fingerprint as small hexadecimal digits; false for a text that is none. */
bool like_parse(const char *text, uint8_t ret[LIKE_BYTES]);
void like_text(const uint8_t fingerprint[LIKE_BYTES], char ret[LIKE_TEXT]);

/* A row of a shape (reader.h): a list of "last-good" and fingerprints into a struct like. */
int like_read(struct reader *r, const struct member *m, json_t *value, void *field);
