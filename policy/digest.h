/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* The hashes that TUF metadata may name, with their length in bytes. */
enum digest {
	DIGEST_SHA256,
	DIGEST_SHA512,
	DIGEST_COUNT,
};

#define DIGEST_MAX  64
#define DIGEST_TEXT (2 * DIGEST_MAX + 1)

struct digest_kind {
	const char *name; /* "sha256" */
	size_t len;
};

extern const struct digest_kind digest_kinds[DIGEST_COUNT];

/* The hash in raw bytes; 0 or -EIO. */
int digest_make(enum digest kind, const void *data, size_t len, uint8_t ret[DIGEST_MAX]);

/* The first n bytes of its SHA-256, where space is dear. */
int digest_make_short(const void *data, size_t len, uint8_t *ret, size_t n);

/* All of it in lower-case hex with a NUL. */
int digest_make_text(enum digest kind, const void *data, size_t len, char ret[DIGEST_TEXT]);

/* Hex to at most max bytes.  Their number, or -EINVAL. */
int digest_unhex(const char *hex, uint8_t *ret, size_t max);
