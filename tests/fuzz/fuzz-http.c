// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The first byte says how large the pieces are and how the connection ends, the rest is
 * the answer.  What is read must not depend on the pieces, nor exceed the limit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/fetch/http.h"

#define BODY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct source {
	const uint8_t *data;
	size_t len, piece;
	int end;
};

struct result {
	int r;
	struct http_head head;
	uint64_t len;
	size_t put;
	char body[BODY_MAX];
};

static ssize_t on_more(void *ctx, void *buf, size_t len, struct fault *fault)
{
	struct source *s = ctx;
	size_t n = s->len < s->piece ? s->len : s->piece;

	(void)fault;
	if (!n)
		return s->end;
	if (n > len)
		n = len;
	memcpy(buf, s->data, n);
	s->data += n;
	s->len -= n;
	return (ssize_t)n;
}

static int on_put(void *ctx, const void *data, size_t len, struct fault *fault)
{
	struct result *x = ctx;

	(void)fault;
	if (len > sizeof(x->body) - x->put)
		abort();
	memcpy(x->body + x->put, data, len);
	x->put += len;
	return 0;
}

static void read_all(const uint8_t *data, size_t len, size_t piece, int end, struct result *x)
{
	struct source s = { data, len, piece, end };
	struct http_in in = { .more = on_more, .ctx = &s };

	x->r = http_read_head(&in, &x->head, NULL);
	if (x->r == 0)
		x->r = http_read_body(&in, &x->head, BODY_MAX, on_put, x, &x->len, NULL);
	if (x->r == 0 && x->len != x->put)
		abort();
}

static bool same(const struct result *a, const struct result *b)
{
	if (a->r || b->r)
		return a->r == b->r;
	return a->head.status == b->head.status && a->head.framing == b->head.framing &&
	       a->head.keep == b->head.keep && a->len == b->len &&
	       !strcmp(a->head.etag, b->head.etag) &&
	       !strcmp(a->head.location, b->head.location) && !memcmp(a->body, b->body, a->put);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct result one = { 0 }, other = { 0 };
	int end;

	if (!len)
		return 0;
	end = data[0] & 1 ? -EIO : 0;
	read_all(data + 1, len - 1, 1u + (data[0] >> 1), end, &one);
	read_all(data + 1, len - 1, len, end, &other);
	if (!same(&one, &other))
		abort();
	return 0;
}
