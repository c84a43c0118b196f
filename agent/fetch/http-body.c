// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "agent/fetch/http-in.h"

#define CHUNK_LINE_MAX 256 /* size and extensions, which nobody sends */

struct body {
	struct http_in *in;
	http_put put;
	void *ctx;
	uint64_t max, len;
	struct fault *fault;
};

static int too_big(struct body *b)
{
	return fault_set(b->fault, -EFBIG, "the body is larger than the limit of %llu bytes",
			 (unsigned long long)b->max);
}

/* Passes on what stands in the buffer, at most n bytes of it; *n becomes what is left to pass. */
static int pass_some(struct body *b, uint64_t *n)
{
	struct http_in *in = b->in;
	size_t some = in->end - in->at;
	int r;

	if (some > *n)
		some = (size_t)*n;
	if (some > b->max - b->len)
		return too_big(b);
	r = b->put(b->ctx, in->buf + in->at, some, b->fault);
	if (r < 0)
		return r;
	in->at += some;
	b->len += some;
	*n -= some;
	return 0;
}

static int pass_exactly(struct body *b, uint64_t n)
{
	if (n > b->max - b->len)
		return too_big(b);
	while (n) {
		int r = http_fill(b->in, b->fault);

		if (r == 0)
			r = fault_set(b->fault, -ECONNRESET,
				      "the server closed with %llu bytes of the body missing",
				      (unsigned long long)n);
		else if (r > 0)
			r = pass_some(b, &n);
		if (r < 0)
			return r;
	}
	return 0;
}

static int pass_to_end(struct body *b)
{
	int r;

	while ((r = http_fill(b->in, b->fault)) > 0) {
		uint64_t n = UINT64_MAX;

		r = pass_some(b, &n);
		if (r < 0)
			return r;
	}
	return r;
}

int http_hex(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF", *p = c ? strchr(digits, c) : NULL;

	return p ? (int)((p - digits) % 16) : -1;
}

/* RFC 9112 section 7.1; extensions are ignored, as it demands. */
static int read_chunk_size(struct body *b, uint64_t *size)
{
	const char *p = b->in->line;
	uint64_t n = 0;
	int r;

	b->in->head =
		0; /* chunks may be many; the bound is max, and that none but the last is empty */
	r = http_line(b->in, CHUNK_LINE_MAX, b->fault);
	if (r < 0)
		return r;
	for (; http_hex(*p) >= 0; p++) {
		if (n >> 60)
			return fault_set(b->fault, -EPROTO, "chunk size out of range: %.40s",
					 b->in->line);
		n = n << 4 | (uint64_t)http_hex(*p);
	}
	if (p == b->in->line || (*p && !strchr("; \t", *p)))
		return fault_set(b->fault, -EPROTO, "not a chunk size: %.40s", b->in->line);
	*size = n;
	return 0;
}

static int skip_trailers(struct body *b)
{
	for (unsigned n = 0; n <= HTTP_FIELDS_MAX; n++) {
		char *name, *value;
		int r = http_line(b->in, HTTP_LINE_MAX, b->fault);

		if (r < 0 || !b->in->line[0])
			return r;
		r = http_field(b->in, &name, &value, b->fault);
		if (r < 0)
			return r;
	}
	return fault_set(b->fault, -EPROTO, "the answer has more than %d trailer lines",
			 HTTP_FIELDS_MAX);
}

static int pass_chunks(struct body *b)
{
	for (;;) {
		uint64_t size = 0;
		int r = read_chunk_size(b, &size);

		if (r < 0)
			return r;
		if (size == 0)
			return skip_trailers(b);
		r = pass_exactly(b, size);
		if (r == 0)
			r = http_line(b->in, CHUNK_LINE_MAX, b->fault);
		if (r == 0 && b->in->line[0])
			r = fault_set(b->fault, -EPROTO, "a chunk is longer than it said");
		if (r < 0)
			return r;
	}
}

int http_read_body(struct http_in *in, const struct http_head *head, uint64_t max, http_put put,
		   void *ctx, uint64_t *len, struct fault *fault)
{
	struct body b = { .in = in, .put = put, .ctx = ctx, .max = max, .fault = fault };
	int r = 0;

	switch (head->framing) {
	case HTTP_NO_BODY: break;
	case HTTP_LENGTH: r = pass_exactly(&b, head->length); break;
	case HTTP_CHUNKED: r = pass_chunks(&b); break;
	case HTTP_TO_END: r = pass_to_end(&b); break;
	}
	if (r < 0)
		return r;
	*len = b.len;
	return 0;
}
