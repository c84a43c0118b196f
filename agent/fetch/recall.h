/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A TLS session from one run to the next (RFC 5077, RFC 8446 section 4.6.1): it lies in a
 * piece of memory that lazaretd keeps and hands along, FETCH_MEMORY_SIZE bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mbedtls_ssl_session;

/*
 * A session stands for a certificate that was verified once.  After this long it is
 * verified anew, however often the session was resumed and renewed in between.
 */
#define RECALL_MAX_MS (24 * 3600 * 1000ull)

struct recall {
	int fd; /* the memory; -1: nothing is remembered */
	unsigned char identity[32];
};

/*
 * What a session belongs to: server, port, and the very files of CA, certificate and
 * key (which they are and when they changed; fstat(2)).  With any other it is not resumed.
 */
void recall_identify(struct recall *r, const char *host, const char *port, const int *files,
		     size_t n_files);

/* Is there a session to be resumed? */
bool recall_holds(const struct recall *r);

/*
 * The session kept last, into an initialised *to; *since becomes when its certificate was
 * verified (io_boot_ms()).  False, and *to is empty, when there is none, it belongs to
 * another server, is too old, or is damaged.
 */
bool recall_load(const struct recall *r, struct mbedtls_ssl_session *to, uint64_t *since);

/* In place of the one before; one that does not fit is not kept. */
void recall_keep(const struct recall *r, const struct mbedtls_ssl_session *session, uint64_t since);

/* There is none any more, whoever it belongs to. */
void recall_forget(const struct recall *r);
