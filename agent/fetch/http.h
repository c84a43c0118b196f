/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HTTP/1.1 as a client that asks with GET for files (RFC 9110, RFC 9112).  Strict:
 * where the RFC lets a client guess, the answer is refused with -EPROTO instead.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/base/err.h"
#include "agent/base/wire.h"

#define HTTP_LINE_MAX	 4096
#define HTTP_HEAD_MAX	 16384 /* status line, fields and trailers together */
#define HTTP_FIELDS_MAX	 100
#define HTTP_INTERIM_MAX 4 /* 1xx answers before the real one */

/*
 * More bytes from the other side: their number, 0 at its orderly end (an end that
 * an attacker on the way could have made is an error), or -errno with the fault set.
 */
typedef ssize_t (*http_more)(void *ctx, void *buf, size_t len, struct fault *fault);

/* The body, piece by piece: 0, or -errno with the fault set, which ends the reading. */
typedef int (*http_put)(void *ctx, const void *data, size_t len, struct fault *fault);

/* One answer being read; set `more` and `ctx`, the rest to zero. */
struct http_in {
	http_more more;
	void *ctx;
	uint64_t got; /* bytes taken from `more` so far */
	size_t head;  /* bytes of lines so far, against HTTP_HEAD_MAX */
	size_t at, end;
	char buf[8192];
	char line[HTTP_LINE_MAX + 1];
};

enum http_framing { HTTP_TO_END, HTTP_NO_BODY, HTTP_LENGTH, HTTP_CHUNKED };

struct http_head {
	unsigned status;
	enum http_framing framing;
	uint64_t length;	 /* for HTTP_LENGTH */
	bool keep;		 /* the connection may carry another request */
	uint32_t retry_after;	 /* seconds from now; 0: not said, or not to be understood */
	bool encoded;		 /* Content-Encoding other than identity */
	char etag[WIRE_TAG_MAX]; /* empty when there is none, or one too long to keep */
	char location[WIRE_LOCATION_MAX]; /* the same; empty also when there are two */
};

/* Reads up to the body; interim answers are skipped.  -EPROTO, or what `more` answered. */
int http_read_head(struct http_in *in, struct http_head *ret, struct fault *fault);

/*
 * Reads the body that `head` announced and puts it; *len becomes its length.
 * -EFBIG when it is longer than max, as soon as that is known.
 */
int http_read_body(struct http_in *in, const struct http_head *head, uint64_t max, http_put put,
		   void *ctx, uint64_t *len, struct fault *fault);

/* An entity tag as in RFC 9110 section 8.8.3, W/"..." included. */
bool http_etag_ok(const char *text);

/* What a hexadecimal digit counts; -1 for what is none. */
int http_hex(char c);
