// SPDX-License-Identifier: GPL-2.0-or-later
/* What a server answers, in pieces of any size, and what of it is refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/cleanup.h"
#include "agent/base/count.h"
#include "agent/fetch/http.h"
#include "tests/unit/test.h"

#define OK   "HTTP/1.1 200 OK\r\n"
#define OK10 "HTTP/1.0 200 OK\r\n"
#define TE   "Transfer-Encoding: chunked\r\n"

struct source {
	const char *text;
	size_t len, at, piece; /* at most so many bytes at once */
	int end;	       /* what follows the text: 0 or -errno */
};

static ssize_t on_more(void *ctx, void *buf, size_t len, struct fault *fault)
{
	struct source *s = ctx;
	size_t n = s->len - s->at;

	if (n == 0)
		return s->end < 0 ? fault_set(fault, s->end, "cut") : 0;
	if (n > s->piece)
		n = s->piece;
	if (n > len)
		n = len;
	memcpy(buf, s->text + s->at, n);
	s->at += n;
	return (ssize_t)n;
}

struct sink {
	char text[256];
	size_t len;
};

static int on_put(void *ctx, const void *data, size_t len, struct fault *fault)
{
	struct sink *s = ctx;

	if (len > sizeof(s->text) - 1 - s->len)
		return fault_set(fault, -ENOSPC, "full");
	memcpy(s->text + s->len, data, len);
	s->len += len;
	return 0;
}

struct result {
	int r;
	struct http_head head;
	struct sink body;
	uint64_t len;
	size_t left; /* bytes of the text that were not part of the answer */
	struct fault fault;
};

static struct result read_text(const char *text, size_t piece, int end, uint64_t max)
{
	struct source s = { .text = text, .len = strlen(text), .piece = piece, .end = end };
	_free_ struct http_in *in = calloc(1, sizeof(*in));
	struct result x = { 0 };

	assert_non_null(in);
	in->more = on_more;
	in->ctx = &s;
	x.r = http_read_head(in, &x.head, &x.fault);
	if (x.r == 0)
		x.r = http_read_body(in, &x.head, max, on_put, &x.body, &x.len, &x.fault);
	x.left = s.len - s.at + (in->end - in->at);
	return x;
}

static const struct accepted {
	const char *text, *body;
	unsigned status;
	bool keep;
	size_t left;
} accepted[] = {
	{ OK "Content-Length: 5\r\n\r\nhello", "hello", 200, true, 0 },
	{ OK "content-length:5\t \r\n\r\nhelloHTTP", "hello", 200, true, 4 },
	{ OK "Content-Length: 0\r\n\r\n", "", 200, true, 0 },
	{ OK "Content-Length: 000005\r\nConnection: close\r\n\r\nhello", "hello", 200, false, 0 },
	{ OK "Content-Length: 1\r\nConnection: a, Close\r\n\r\nh", "h", 200, false, 0 },
	{ OK "\r\nhello", "hello", 200, false, 0 },
	{ OK10 "\r\nhello", "hello", 200, false, 0 },
	{ OK10 "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello", "hello", 200, false, 0 },
	{ OK TE "\r\n5\r\nhello\r\n0\r\n\r\n", "hello", 200, true, 0 },
	{ OK TE "\r\n5;a=b\r\nhello\r\n00A \r\n0123456789\r\n0\r\n\r\n", "hello0123456789", 200,
	  true, 0 },
	{ OK TE "\r\n0\r\nX-Sum: abc\r\nY: z\r\n\r\n", "", 200, true, 0 },
	{ OK "transfer-encoding: CHUNKED\r\n\r\n1\r\nh\r\n0\r\n\r\nx", "h", 200, true, 1 },
	{ "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", 304, true, 0 },
	{ "HTTP/1.1 204 None\r\n\r\n", "", 204, true, 0 },
	{ "HTTP/1.1 404\r\nContent-Length: 2\r\n\r\nno", "no", 404, true, 0 },
	{ "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n", "", 599, true, 0 },
	{ "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" OK
	  "Content-Length: 2\r\n\r\nok",
	  "ok", 200, true, 0 },
	{ OK "X-Latin: caf\xe9\r\nContent-Length: 0\r\n\r\n", "", 200, true, 0 },
};

static void test_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(accepted); i++)
		for (size_t piece = 1; piece < 200; piece += 3) {
			const struct accepted *a = &accepted[i];
			struct result x = read_text(a->text, piece, 0, 100);

			if (x.r)
				fail_msg("row %zu, pieces of %zu: %s", i, piece, x.fault.why);
			assert_int_equal(x.head.status, a->status);
			assert_int_equal(x.head.keep, a->keep);
			assert_string_equal(x.body.text, a->body);
			assert_int_equal(x.len, strlen(a->body));
			assert_int_equal(x.left, a->left);
		}
}

static const struct refused {
	const char *text;
	int r, end;
	const char *why;
} refused[] = {
	/* status line */
	{ "", -ECONNRESET, 0, "middle of its answer" },
	{ "", -EIO, -EIO, "cut" },
	{ "HTTP/1.1 200 OK", -ECONNRESET, 0, "middle of its answer" },
	{ "HTTP/1.1 200 OK\n\n", -EPROTO, 0, "byte 0x0a" },
	{ "HTTP/2 200\r\n\r\n", -EPROTO, 0, "not HTTP/1.1: HTTP/2 200" },
	{ "HTTP/1.2 200 OK\r\n\r\n", -EPROTO, 0, "not HTTP/1.1" },
	{ "http/1.1 200 OK\r\n\r\n", -EPROTO, 0, "not HTTP/1.1" },
	{ "HTTP/1.1  200 OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 20 OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 2000 OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 099 OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 600 OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 200OK\r\n\r\n", -EPROTO, 0, "no HTTP status" },
	{ "HTTP/1.1 101 Switch\r\n\r\n", -EPROTO, 0, "switch protocols" },
	/* fields */
	{ OK "Content-Length : 5\r\n\r\nhello", -EPROTO, 0, "\"Name: value\"" },
	{ OK ": 5\r\n\r\nhello", -EPROTO, 0, "\"Name: value\"" },
	{ OK "No colon\r\n\r\nhello", -EPROTO, 0, "\"Name: value\"" },
	{ OK "A: b\r\n c\r\n\r\n", -EPROTO, 0, "folded" },
	{ OK " A: b\r\n\r\n", -EPROTO, 0, "folded" },
	{ OK "A: b\rC: d\r\n\r\n", -EPROTO, 0, "carriage return" },
	{ OK "A: b\r\r\n\r\n", -EPROTO, 0, "carriage return" },
	{ OK "A: b\nC: d\r\n\r\n", -EPROTO, 0, "byte 0x0a" },
	{ OK "A: \x1b[2J\r\n\r\n", -EPROTO, 0, "byte 0x1b" },
	{ OK "A: \x7f\r\n\r\n", -EPROTO, 0, "byte 0x7f" },
	/* framing */
	{ OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", -EPROTO, 0, "twice" },
	{ OK "Content-Length: 5, 5\r\n\r\nhello", -EPROTO, 0, "not a size: 5, 5" },
	{ OK "Content-Length: -5\r\n\r\nhello", -EPROTO, 0, "not a size" },
	{ OK "Content-Length: +5\r\n\r\nhello", -EPROTO, 0, "not a size" },
	{ OK "Content-Length: 0x5\r\n\r\nhello", -EPROTO, 0, "not a size" },
	{ OK "Content-Length:\r\n\r\nhello", -EPROTO, 0, "not a size" },
	{ OK "Content-Length: 18446744073709551621\r\n\r\nhello", -EPROTO, 0, "not a size" },
	{ OK "Content-Length: 5\r\n" TE "\r\n0\r\n\r\n", -EPROTO, 0, "both" },
	{ OK TE "Content-Length: 5\r\n\r\n0\r\n\r\n", -EPROTO, 0, "both" },
	{ OK TE TE "\r\n0\r\n\r\n", -EPROTO, 0, "twice" },
	{ OK "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", -EPROTO, 0, "not chunked: gzip" },
	{ OK "Transfer-Encoding: \r\n\r\n0\r\n\r\n", -EPROTO, 0, "not chunked" },
	{ OK10 TE "\r\n0\r\n\r\n", -EPROTO, 0, "HTTP/1.0" },
	/* bodies */
	{ OK "Content-Length: 5\r\n\r\nhell", -ECONNRESET, 0, "with 1 bytes of the body missing" },
	{ OK "Content-Length: 5\r\n\r\nhell", -EIO, -EIO, "cut" },
	{ OK "\r\nhell", -EIO, -EIO, "cut" },
	{ OK "Content-Length: 101\r\n\r\n", -EFBIG, 0, "limit of 100 bytes" },
	{ OK "Content-Length: 999999999999999999\r\n\r\n", -EFBIG, 0, "limit of 100 bytes" },
	{ OK TE "\r\n65\r\n", -EFBIG, 0, "limit of 100 bytes" },
	{ OK TE "\r\n5\r\nhello\r\n60\r\n", -EFBIG, 0, "limit of 100 bytes" },
	{ OK TE "\r\nffffffffffffffff\r\n", -EFBIG, 0, "limit of 100 bytes" },
	{ OK TE "\r\n10000000000000005\r\nhello", -EPROTO, 0, "out of range" },
	{ OK TE "\r\n\r\nhello", -EPROTO, 0, "not a chunk size" },
	{ OK TE "\r\n-5\r\nhello", -EPROTO, 0, "not a chunk size: -5" },
	{ OK TE "\r\n0x5\r\nhello", -EPROTO, 0, "not a chunk size: 0x5" },
	{ OK TE "\r\n 5\r\nhello", -EPROTO, 0, "not a chunk size" },
	{ OK TE "\r\n5\nhello\r\n0\r\n\r\n", -EPROTO, 0, "byte 0x0a" },
	{ OK TE "\r\n5\r\nhello!\r\n0\r\n\r\n", -EPROTO, 0, "longer than it said" },
	{ OK TE "\r\n5\r\nhello0\r\n\r\n", -EPROTO, 0, "longer than it said" },
	{ OK TE "\r\n5\r\nhello\r\n", -ECONNRESET, 0, "middle" },
	{ OK TE "\r\n5\r\nhello\r\n0\r\n", -ECONNRESET, 0, "middle" },
	{ OK TE "\r\n0\r\nno trailer\r\n\r\n", -EPROTO, 0, "\"Name: value\"" },
	{ OK TE "\r\n0\r\nA: b\r\n c\r\n\r\n", -EPROTO, 0, "folded" },
	/* tags */
	{ OK "ETag: plain\r\n\r\n", -EPROTO, 0, "ETag is malformed: plain" },
	{ OK "ETag: \"a\"\r\nETag: \"a\"\r\n\r\n", -EPROTO, 0, "ETag is there twice" },
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refused); i++)
		for (size_t piece = 1; piece < 200; piece += 7) {
			const struct refused *a = &refused[i];
			struct result x = read_text(a->text, piece, a->end, 100);

			if (x.r != a->r || !strstr(x.fault.why, a->why))
				fail_msg("row %zu, pieces of %zu: %d \"%s\", not %d \"%s\"", i,
					 piece, x.r, x.fault.why, a->r, a->why);
		}
}

/* A head of so many lines of so many bytes, answered to the end of the connection. */
static struct result read_lines(size_t lines, size_t bytes)
{
	size_t room = lines * (bytes + 2) + 64, n;
	_free_ char *text = malloc(room);

	assert_non_null(text);
	n = (size_t)sprintf(text, OK);
	for (size_t i = 0; i < lines; i++)
		n += (size_t)sprintf(text + n, "A: %0*d\r\n", (int)bytes - 3, 0);
	sprintf(text + n, "\r\n");
	return read_text(text, 1000, 0, 100);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(read_lines(HTTP_FIELDS_MAX, 10).r, 0);
	assert_int_equal(read_lines(HTTP_FIELDS_MAX + 1, 10).r, -EPROTO);
	assert_int_equal(read_lines(1, HTTP_LINE_MAX).r, 0);
	assert_int_equal(read_lines(1, HTTP_LINE_MAX + 1).r, -EPROTO);
	assert_int_equal(read_lines(15, 1000).r, 0);
	assert_int_equal(read_lines(17, 1000).r, -EPROTO);
}

/* Nothing but a hint, so no fault of it is one of the answer's. */
static void test_location(void **state)
{
	char *wide = calloc(1, 4096);

	(void)state;
	assert_string_equal(read_text(OK "Location: /a\r\n\r\n", 9, 0, 9).head.location, "/a");
	assert_string_equal(read_text(OK "\r\n", 9, 0, 9).head.location, "");
	assert_string_equal(
		read_text(OK "Location: /a\r\nLocation: /b\r\n\r\n", 9, 0, 9).head.location, "");
	sprintf(wide, OK "Location: /%01023d\r\n\r\n", 0);
	assert_string_equal(read_text(wide, 99, 0, 9).head.location, "");
	sprintf(wide, OK "Location: /%01022d\r\n\r\n", 0);
	assert_int_equal(strlen(read_text(wide, 99, 0, 9).head.location), 1023);
	free(wide);
}

static void test_etag(void **state)
{
	char longer[WIRE_TAG_MAX + 40];
	struct result x;

	(void)state;
	assert_string_equal(read_text(OK "ETag: \"6b-1\"\r\n\r\n", 9, 0, 9).head.etag, "\"6b-1\"");
	assert_string_equal(read_text(OK "ETag: W/\"\"\r\n\r\n", 9, 0, 9).head.etag, "W/\"\"");
	snprintf(longer, sizeof(longer), OK "ETag: \"%0*d\"\r\n\r\n", WIRE_TAG_MAX - 2, 0);
	x = read_text(longer, 9, 0, 9);
	assert_int_equal(x.r, 0);
	assert_string_equal(x.head.etag, "");
	assert_false(http_etag_ok("\"a\"b\""));
	assert_false(http_etag_ok("\"a\r\nX: y\""));
	assert_false(http_etag_ok("\"a"));
	assert_false(http_etag_ok("w/\"a\""));
	assert_false(http_etag_ok(""));
}

static void test_encoding(void **state)
{
	(void)state;
	assert_true(read_text(OK "Content-Encoding: gzip\r\n\r\n", 9, 0, 9).head.encoded);
	assert_false(read_text(OK "Content-Encoding: identity\r\n\r\n", 9, 0, 9).head.encoded);
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *value;
		uint32_t want;
	} rows[] = {
		{ "120", 120 },
		{ "0", 0 },
		{ "999999999", 999999999 },
		{ "99999999999999999999", 999999999 },
		{ "Wed, 21 Oct 2015 07:28:00 GMT", 0 },
		{ "Fri, 31 Dec 9999 23:59:59 GMT", 999999999 },
		{ "Fri, 31 Dec 9999 23:59:59", 0 },
		{ "-5", 0 },
		{ "5 s", 0 },
		{ "", 0 },
		{ "soon", 0 },
	};
	char text[200];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct result x;

		snprintf(text, sizeof(text), OK "Retry-After: %s\r\n\r\n", rows[i].value);
		x = read_text(text, 9, 0, 9);
		assert_int_equal(x.r, 0);
		assert_int_equal(x.head.retry_after, rows[i].want);
	}
}

static void test_full_disk(void **state)
{
	char text[400];

	(void)state;
	snprintf(text, sizeof(text), OK "Content-Length: 300\r\n\r\n%0*d", 300, 0);
	assert_int_equal(read_text(text, 50, 0, 1000).r, -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),    cmocka_unit_test(test_refused),
		cmocka_unit_test(test_limits),	    cmocka_unit_test(test_etag),
		cmocka_unit_test(test_encoding),    cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_retry_after), cmocka_unit_test(test_location),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
